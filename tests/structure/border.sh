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

# A door stands in front of a function that exists: of the C library, of the standard library, or a hook of the compilers.
real_functions() {
  ldd "$library" | awk '/lib(c|stdc\+\+)\.so/ { print $3 }' | xargs -r nm -D --defined-only | awk '{ sub(/@.*/, "", $3); print $3 }'
  exported | grep -E '^((__tsan|__sanitizer|__atomic)_|(WTF)?Annotate|RunningOnValgrind$|ValgrindSlowdown$|ThreadSanitizerQuery$)' || true
}

exported() { nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }'; }
imported() { nm -D --undefined-only "$library" | awk '{ sub(/@.*/, "", $2); print $2 }'; }

offences=$(
  exported | { grep -vE '^_Z(T[ISV]|GV)?(N[VKRO]*)?10interleave' || true; } | sort -u | comm -23 - <(real_functions | sort -u) |
    c++filt | sed 's/^/exports what is no door: /'
  exported | std_templates | sed 's/^/exports a template of the standard: /'
  imported | std_templates | sed 's/^/imports a template of the standard: /'
)
if [ -n "$offences" ]; then
  printf '%s\n' "$offences"
  exit 1
fi
echo "$(exported | wc -l) symbols exported, all of them doors or API; $(imported | wc -l) imported, none a template of the standard"
