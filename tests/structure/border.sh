#!/usr/bin/env bash
# The border of libinterleave.so: it exports the doors and the public API, and no template of the standard crosses it.
#
#   border.sh LIBRARY      exit 0: as it should be, 1: not
#
# A template that crossed would be shared with the program: an instrumented copy would run inside the engine, or the engine's
# uninstrumented copy inside the program.
set -euo pipefail
library=$1

# Keeps the symbols that are templates of the standard: mangled, one of the abbreviations that stand for one (Ss: std::string);
# demangled, template arguments in the name itself, which ends where the parameters begin.
std_templates() {
  awk '{ print $1 }' | while read -r symbol; do printf '%s %s\n' "$symbol" "$(c++filt "$symbol")"; done |
    awk '{
      mangled = $1; sub(/^[^ ]* /, ""); name = $0
      sub(/operator[-<>=]+/, "operator", name); sub(/\(.*/, "", name)
      if (mangled ~ /^_Z(T[VTIS]|GV)?(N[VKRO]*)?S[absiod]/ || (name ~ /std::/ && name ~ /</)) print
    }'
}

# C functions that may be exported: what the version script names.
doors='__tsan_.*|__cxa_(guard_(acquire|release|abort)|atexit|thread_atexit)|__atomic_.*|(pthread|sem|thrd|mtx|cnd)_.*|call_once'
doors+='|sched_yield|syscall|(m|c|re)alloc|reallocarray|free|posix_memalign|aligned_alloc|memalign|p?valloc|malloc_usable_size'
doors+='|mem(cpy|move|set)|str[a-z]*|stpcpy|bzero|clock_gettime|gettimeofday|time|(clock_)?nanosleep|u?sleep'
doors+='|getrandom|getentropy|s?rand(_r)?|random|abort|_?exit|_Exit|quick_exit'

exported() { nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }'; }
imported() { nm -D --undefined-only "$library" | awk '{ sub(/@.*/, "", $2); print $2 }'; }

offences=$(
  exported | { grep -vE "^($doors)\$" || true; } | { grep -vE '^_Z(T[ISV]|GV)?(N[VKRO]*)?10interleave' || true; } | c++filt | sed 's/^/exports what is no door: /'
  exported | std_templates | sed 's/^/exports a template of the standard: /'
  imported | std_templates | sed 's/^/imports a template of the standard: /'
)
if [ -n "$offences" ]; then
  printf '%s\n' "$offences"
  exit 1
fi
echo "$(exported | wc -l) symbols exported, all of them doors or API; $(imported | wc -l) imported, none a template of the standard"
