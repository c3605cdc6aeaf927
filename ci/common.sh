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
  cmake --preset "$preset" > /dev/null || return
  cmake --build --preset "$preset" ${1:+--target "$@"}
}

# clang 14's ThreadSanitizer cannot map its shadow if the kernel spreads addresses over more than 28 bits. Sets `still`, a prefix
# for commands that run its programs: nothing where it can start, or one that switches the randomisation off for a command.
still=()
need_threadsanitizer() {
  local bits
  bits=$(cat /proc/sys/vm/mmap_rnd_bits 2> /dev/null || echo 28)
  if [ "$bits" -le 28 ]; then return; fi
  if setarch "$(uname -m)" -R true 2> /dev/null; then
    still=(setarch "$(uname -m)" -R)
    echo "address-space randomisation is $bits bits, too many for clang 14's ThreadSanitizer: switched off for these programs" >&2
    return
  fi
  echo "Programs with ThreadSanitizer cannot start: address-space randomisation is $bits bits here, and clang 14's" >&2
  echo "ThreadSanitizer needs 28 at most. As root: sysctl vm.mmap_rnd_bits=28" >&2
  exit 1
}
