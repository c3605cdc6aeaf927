#!/usr/bin/env bash
# Holds docs/surface.md to the truth. Prints one line per offence.
#
#   surface.sh TABLE LIBRARY TESTS      exit 0: none, 1: some
#
# A row is `| names | how | test |`. Every function of these families that the C library has by default is in the table, and every C
# function that the library exports, of whatever family; each once. Hooks of the compilers are left out. A function that is said to be modelled (step, local) or refused has a door; one that
# is as is has none. Every test that is named is a TEST_CASE of a file below TESTS.
set -euo pipefail
table=$1 library=$2 tests=$3

families='^(pthread|sem|thrd|mtx|cnd|tss|sched|timer|timerfd|clock)_|^(call_once|clock|nanosleep|usleep|sleep|time|[gs]ettimeofday'
families+='|timespec_getr?(es)?|getrandom|getentropy|arc4random.*|s?rand(om)?(_r)?|(init|set)state(_r)?|.*rand48(_r)?|(seed|lcong)48(_r)?'
families+='|[gs]etitimer|u?alarm|gettid|getcpu|get_nprocs(_conf)?|sysconf|syscall|strtok(_r)?|strerror(_r)?|strsignal|f(try|un)?lockfile'
families+='|sigprocmask|sigwait|sigwaitinfo|sigtimedwait|sigsuspend|pause|v?fork)$'

in_family() { { grep -E "$families" || true; } | sort -u; }
hooks='^(_Z|__tsan_|__sanitizer_|__atomic_|(WTF)?Annotate|RunningOnValgrind$|ValgrindSlowdown$|ThreadSanitizerQuery$)'
doors() { nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' | { grep -vE "$hooks" || true; } | sort -u; }
# A single @ marks what old programs alone are linked with.
of_c_library() { ldd "$library" | awk '/libc\.so/ { print $3 }' | xargs nm -D --defined-only | awk '$3 ~ /@@/ { sub(/@.*/, "", $3); print $3 }' | in_family; }

# NAME<tab>HOW, a line for each name in backticks of the first column.
rows() {
  awk -F'|' '/^\| `/ { n = split($2, names, "`"); how = $3; gsub(/^ +| +$/, "", how); for (i = 2; i <= n; i += 2) print names[i] "\t" how }' "$table"
}
named() { rows | cut -f1 | in_family; }
said_to_be() { rows | grep -P "\t($1)\b" | cut -f1 | in_family; }

known_tests=$(mktemp)
trap 'rm -f "$known_tests"' EXIT
grep -rhoP '^TEST_CASE\("\K[^"]*(?=")' --include='*.cpp' "$tests" > "$known_tests"

offences=$(
  of_c_library | comm -23 - <(named) | sed 's/^/not in the table: /'
  doors | comm -23 - <(rows | cut -f1 | sort -u) | sed 's/^/has a door and is not in the table: /'
  rows | cut -f1 | sort | uniq -d | sed 's/^/more than once in the table: /'
  said_to_be 'step|local|refused' | comm -23 - <(doors) | sed 's/^/said to be modelled or refused, and has no door: /'
  rows | grep -P "\tas is\b" | cut -f1 | sort -u | comm -12 - <(doors) | sed 's/^/said to be left as it is, and has a door: /'
  awk -F'|' '/^\| `/ { test = $4; gsub(/^ +| +$/, "", test); print test }' "$table" | sort -u |
    while read -r test; do grep -qxF -- "$test" "$known_tests" || echo "no such test: $test"; done
)
if [ -n "$offences" ]; then
  printf '%s\n' "$offences"
  exit 1
fi
echo "$(rows | wc -l) names, $(named | wc -l) of them functions of the C library"
