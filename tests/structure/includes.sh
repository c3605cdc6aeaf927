#!/usr/bin/env bash
# The direction of includes, as a table. Prints one line per offending include.
#
#   includes.sh ROOT       exit 0: none, 1: some
#
# A row says what a file may include of ours, as patterns of paths below <interleave/>; the first row that matches the file
# counts. What is not listed is forbidden, so a new room or a new dependency has to be written down here. Rooms that are not
# installed (cli, tests, bench) may quote the headers beside a file.
set -euo pipefail
cd "$1"

api='interleave.hpp|catch2.hpp|gtest.hpp|doctest.hpp|boost.hpp'
table="
primitives/.*              primitives/[^/]*
checkers/.*                $api|checkers/[^/]*|scheduler/(observer|trace|operation|clock|services|hooks|unseen|mode)[.]hpp
scheduler/strategies/.*    interleave.hpp|scheduler/[^/]*
scheduler/runtime/.*       interleave.hpp|scheduler/[^/]*|scheduler/runtime/[^/]*
scheduler/.*               $api|scheduler/[^/]*
scenarios/.*               interleave.hpp|scenarios/[^/]*|scenarios/zoo/[^/]*|primitives/[^/]*|checkers/[^/]*|scheduler/observer[.]hpp
cli/.*                     interleave.hpp|scenarios/[^/]*|scheduler/(observer|stress|environment|report|schedule|nearest|services)[.]hpp
(tests|bench)/.*           .*
"

rooms=()
for room in primitives scheduler checkers scenarios cli tests bench; do
  if [ -d "$room" ]; then rooms+=("$room"); fi
done

sources() { find "${rooms[@]}" -name '*.[hc]pp' | grep -vE '^tests/(consumer|structure/bad)/' | sort; }

offences=$(
  sources | xargs -r grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null | awk -v table="$table" '
    BEGIN {
      rows = 0
      split(table, lines, "\n")
      for (i = 1; i in lines; ++i)
        if (split(lines[i], words, /[ \t]+/) >= 2) { ++rows; file_of[rows] = "^" words[1] "$"; allowed_of[rows] = "^(" words[2] ")$" }
    }
    function offence(why) { print file ":" line ": " why ": " what }
    {
      split($0, parts, ":"); file = parts[1]; line = parts[2]
      match($0, /[<"][^>"]*[>"]/); what = substr($0, RSTART, RLENGTH); path = substr(what, 2, length(what) - 2)

      if (what ~ /^"/ && file !~ /^(cli|tests|bench)\//) { offence("our headers are included as users include them, <interleave/...>"); next }
      if (path ~ /^boost\// && file !~ /^(scheduler\/fiber\.[hc]pp$|bench\/|scenarios\/zoo\/)/ && !(path ~ /^boost\/test\// && file ~ /boost/))
        offence("only scheduler/fiber names Boost")
      if (file ~ /^primitives\// && path ~ /^(fmt|boost|nlohmann|CLI|catch2)\//) offence("the primitives need POSIX and the standard library only")
      if (path !~ /^interleave\//) next

      sub(/^interleave\//, "", path)
      for (row = 1; row <= rows; ++row) if (file ~ file_of[row]) break
      if (row > rows) offence("no row of the table is about this file")
      else if (path !~ allowed_of[row]) offence("against the direction of includes")
    }'
)

# The bare switch that the benchmarks measure against is Boost's as well; the zoo has clients of Boost, and Boost.Test has an adapter. A name
# in quotes is of the program that is looked at.
boost=$(sources | grep -vE '^(scheduler/fiber\.[hc]pp$|scheduler/boost|tests/boost_adapter/|bench/|scenarios/zoo/boost_)' |
  xargs -r grep -nE '(^|[^"])boost::' /dev/null | sed 's/$/   <- only scheduler\/fiber names Boost/' || true)
offences+=${boost:+${offences:+$'\n'}$boost}

if [ -n "$offences" ]; then
  printf '%s\n' "$offences"
  exit 1
fi
echo "$(sources | wc -l) files include in the right direction"
