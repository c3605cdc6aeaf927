#!/usr/bin/env bash
# The linking rule: an executable holds no uninstrumented copy of a function of the standard library.
#
#   instrumented.sh EXECUTABLE...     exit 0: none, 1: some; prints each
#
# The linker keeps one copy of an inline function. If that one comes from an object compiled without -fsanitize=thread, what it
# reads and writes is invisible: counts of shared_ptr, elements of a vector. An instrumented function calls __tsan_func_entry if
# it calls anything, and __tsan_read or __tsan_write for memory that is not its own stack. So a function in std:: or __gnu_cxx::
# that calls no __tsan_ hook is an uninstrumented copy if it calls another function, or accesses memory through a register
# other than the stack's.
set -euo pipefail

status=0
for executable in "$@"; do
  # A function's verdict per line: "checked NAME" or "bare NAME".
  verdicts=$(
    objdump -d --no-show-raw-insn "$executable" | awk '
      function judge() {
        if (name != "") print (hook || !(calls || memory) ? "checked" : "bare"), name
      }
      /^[0-9a-f]+ <.*>:$/ {
        judge()
        name = $2; gsub(/[<>:]/, "", name)
        # Functions in std:: and __gnu_cxx::, not entries of the procedure linkage table.
        if (name !~ /^_Z(N[VKRO]*)?(S[tabsiod]|9__gnu_cxx)/ || name ~ /@/) name = ""
        hook = calls = memory = 0
        next
      }
      name == "" { next }
      /__tsan_/ { hook = 1; next }
      /\tcall/ { ++calls; next }
      # Neither lea nor nop touch memory. What the stack, frame and instruction pointer address is not shared, nor is %fs.
      /\(%/ && !/\tlea/ && !/nop[wl] / && !/\(%(rsp|rbp|rip)/ && !/%fs:/ { ++memory }
      END { judge() }'
  )
  bare=$(printf '%s\n' "$verdicts" | sed -n 's/^bare //p' | c++filt | sort)
  if [ -n "$bare" ]; then
    printf '%s\n' "$bare" | sed "s|^|$(basename "$executable"): uninstrumented: |"
    status=1
  else
    echo "$(basename "$executable"): $(printf '%s\n' "$verdicts" | grep -c '^checked') functions of the standard library, all instrumented"
  fi
done
exit $status
