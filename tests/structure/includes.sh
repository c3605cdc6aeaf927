#!/usr/bin/env bash
# The direction of includes. Prints one line per offending include.
#
#   includes.sh ROOT       exit 0: none, 1: some
#
# The folders of scheduler/ stand on floors: a folder includes itself and folders of lower floors, so that no folders go round. What is not
# listed is forbidden: a new folder gets a row. Includes name a header from the root ("scheduler/model/operation.hpp"); those that users
# include are named as users do (<interleave/interleave.hpp>). docs/architecture.md has the same table, with where to begin to read. Rooms that are not installed (cli, tests, bench) may quote the headers beside a file.
set -euo pipefail
cd "$1"

# floor, folder, what it is for
floors="
1   support          data structures and text, which know nothing of us
2   api              what users include, what checkers hang on to, and the environment's variables
3   adapters         test frameworks
3   model            the words: operation, choice, schedule, strategy
3   modules          what is loaded into the process, and its machine code
4   symbols          names and places for addresses
4   fibers           stacks, switches, and what each thread has of its own
4   strategies       one file each
4   stress           the same API on real threads
5   memory           the executions' memory, and how it is rolled back
5   report           a report as text, suppressions, what a pass rests on
6   liveness         threads that spin or go round, states, loops that count
6   races            shadow memory, happens-before, use after the end
7   strategies/dpor  the reducing search
7   execution        one run of one program
8   explain          from a failing schedule to what is told of it
8   unseen           code that is not instrumented: found, trapped, told of
9   containment      crashes, hangs, other processes and threads
10  runtime          the doors, one file a family
11  explore          the loop over executions, what is begun anew, the API
"

# file, what it may include: patterns of paths from the root
rooms_table="
primitives/.*      primitives/[^/]*
checkers/.*        checkers/[^/]*|scheduler/api/[^/]*|scheduler/(explain/recorder|model/operation|support/tsan_ignored_mutex|support/interception_mode)[.]hpp
scenarios/.*       scenarios/[^/]*|scenarios/zoo/[^/]*|primitives/[^/]*|checkers/[^/]*|scheduler/api/(interleave|observer)[.]hpp
cli/.*             scenarios/[^/]*|scheduler/(api/[^/]*|stress/stress[.]hpp|report/(report|screen|fields|codec|json|report_files|trace_graph|outcome_table|corpus|annotation)[.]hpp|model/schedule[.]hpp|support/(did_you_mean|clean_text)[.]hpp)
(tests|bench)/.*   .*
"

# To be cut, one by one.
exceptions="
"

rooms=()
for room in primitives scheduler checkers scenarios cli tests bench; do
  if [ -d "$room" ]; then rooms+=("$room"); fi
done

sources() { find "${rooms[@]}" -name '*.[hc]pp' | grep -vE '^tests/(consumer|structure/bad)/' | sort; }

# FILE:LINE:PATH of each include of ours, the public names as what they stand for.
ours() {
  sources | xargs -r grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*(<interleave/|")' /dev/null |
    sed -E 's/^([^:]*:[0-9]+):.*[<"]([^>"]+)[>"].*/\1:\2/
      s#:interleave/(interleave[.]hpp)$#:scheduler/api/\1#
      s#:interleave/((catch2|gtest|doctest|boost)[.]hpp)$#:scheduler/adapters/\1#
      s#:interleave/scheduler/((observer|framework|services)[.]hpp)$#:scheduler/api/\1#
      s#:interleave/((primitives|checkers|scenarios)/.*)$#:\1#'
}

offences=$(
  ours | awk -F: -v floors="$floors" -v rooms_table="$rooms_table" -v exceptions="$exceptions" '
    BEGIN {
      n = split(floors, lines, "\n")
      for (i = 1; i <= n; ++i) if (split(lines[i], words, /[ \t]+/) >= 2) floor_of[words[2]] = words[1] + 0
      n = split(rooms_table, lines, "\n")
      for (i = 1; i <= n; ++i)
        if (split(lines[i], words, /[ \t]+/) >= 2) { ++rows; file_of[rows] = "^" words[1] "$"; allowed_of[rows] = "^(" words[2] ")$" }
      n = split(exceptions, lines, "\n")
      for (i = 1; i <= n; ++i) if (lines[i] != "") excepted[lines[i]] = 1
    }
    function offence(why) { print $1 ":" $2 ": " why ": " $3 }
    function folder(path) { sub(/^scheduler\//, "", path); sub(/\/?[^\/]*$/, "", path); return path }
    {
      if ($3 ~ /^interleave\//) { offence("users have no such header, and ours are named from the root"); next }
      if ($3 !~ /\// && $1 ~ /^(cli|tests|bench)\//) next
      if ($1 ~ /^scheduler\//) {
        from = folder($1); to = folder($3)
        if (!(from in floor_of)) offence("no row is about the folder of this file")
        else if ($3 !~ /^scheduler\//) offence("the engine includes what is its own, named from the root")
        else if (!(to in floor_of)) offence("no row is about that folder")
        else if (from != to && floor_of[to] >= floor_of[from] && !(($1 " " $3) in excepted)) offence("up, or across on one floor")
        next
      }
      for (row = 1; row <= rows; ++row) if ($1 ~ file_of[row]) break
      if (row > rows) offence("no row of the table is about this file")
      else if ($3 !~ allowed_of[row]) offence("against the direction of includes")
    }'
  sources | xargs -r grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<(boost|fmt|nlohmann|CLI|catch2)/' /dev/null | awk -F: '
    $3 ~ /<boost\// && $1 !~ /^(scheduler\/fibers\/fiber\.[hc]pp$|bench\/|scenarios\/zoo\/)/ && !($3 ~ /<boost\/test\// && $1 ~ /boost/) {
      print $1 ":" $2 ": only scheduler/fibers/fiber names Boost: " $3 }
    $1 ~ /^primitives\// { print $1 ":" $2 ": the primitives need POSIX and the standard library only: " $3 }'
)

# Files that include each other in a circle. Only headers are included.
loops=$(ours | sed -E 's/^([^:]*):[0-9]+:(.*)$/\1 \2/' | grep -E '^scheduler/[^ ]*[.]hpp scheduler/' | tsort 2>&1 > /dev/null |
  sed -nE 's/^tsort: (scheduler.*)$/\1: in a circle of includes/p' || true)
offences+=${loops:+${offences:+$'\n'}$loops}

# The bare switch that the benchmarks measure against is Boost's as well; the zoo has clients of Boost, and Boost.Test has an adapter. A name
# in quotes is of the program that is looked at.
boost=$(sources | grep -vE '^(scheduler/fibers/fiber\.[hc]pp$|scheduler/adapters/boost|tests/boost_adapter/|bench/|scenarios/zoo/boost_)' |
  xargs -r grep -nE '(^|[^"])boost::' /dev/null | sed 's/$/   <- only scheduler\/fibers\/fiber names Boost/' || true)
offences+=${boost:+${offences:+$'\n'}$boost}

if [ -n "$offences" ]; then
  printf '%s\n' "$offences"
  exit 1
fi
echo "$(sources | wc -l) files include in the right direction: $(grep -cE '^[0-9]' <<< "$floors") folders on $(tail -2 <<< "$floors" | grep -oE '^[0-9]+') floors"
