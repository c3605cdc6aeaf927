#!/usr/bin/env bash
# Every interceptor is exported. A function that scheduler/runtime defines and scheduler/exports.map does not name links, and is never
# called: programs go on calling the C library's.
#
#   exports.sh LIBRARY OBJECT...      exit 0: all are exported, 1: some are not; prints each, with what to do
#
# In the objects of scheduler/runtime every C function with default visibility is an interceptor, and so is every C++ function with default
# visibility that is not inline (a weak symbol): those stand in for functions of libstdc++. A hidden C function is an interceptor whose file
# lacks `#pragma GCC visibility push(default)`, unless its name begins with interleave_, as the targets of doors do.
set -euo pipefail
library=$1
shift

exported=$(mktemp)
trap 'rm -f "$exported"' EXIT
nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u > "$exported"

# VISIBILITY NAME FILE, of functions that are defined and not local to their file.
functions() {
  for object in "$@"; do
    readelf -sW "$object" | awk -v file="$(basename "${object%.o}")" \
      '$4 == "FUNC" && $5 == "GLOBAL" && $7 != "UND" { print $6, $8, file }'
  done
}

all=$(functions "$@")
offences=$(
  awk '$1 == "DEFAULT" { print $2, $3 }' <<< "$all" | sort | join -v 1 - "$exported" |
    sed -E 's/^([^ ]*) (.*)$/\2: \1 is never called: add a line for it to scheduler\/exports.map and a row to docs\/surface.md/'
  awk '$1 == "HIDDEN" && $2 !~ /^(_Z|interleave_|__clang_call_terminate$)/ { print $3 ": " $2 \
    " is hidden and never called: put it behind #pragma GCC visibility push(default), or call it interleave_" $2 }' <<< "$all"
)
if [ -n "$offences" ]; then
  printf '%s\n' "$offences"
  exit 1
fi
echo "$(grep -c '^DEFAULT' <<< "$all") interceptors in $# files, all exported"
