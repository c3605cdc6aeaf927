# Sourced by the scripts of this folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }

# Configures and builds a preset; further arguments are targets.
build() {
  local preset=$1
  shift
  say "build $preset"
  # A build directory that was configured elsewhere (a moved or copied tree) cannot be reused.
  local cache=build/$preset/CMakeCache.txt
  if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"; then rm -rf "build/$preset"; fi
  cmake --preset "$preset" > /dev/null
  cmake --build --preset "$preset" ${1:+--target "$@"}
}
