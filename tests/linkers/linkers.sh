#!/usr/bin/env bash
# Programs linked by every linker, with link-time optimisation, by every standard that the headers allow; and what cannot work is refused
# in one sentence.
#
#   linkers.sh COMPILER HEADERS LIBRARY WORK      exit 0: as it should be, 1: not
#
# COMPILER is clang or g++, HEADERS the folder of the public headers, LIBRARY libinterleave.so, WORK a folder to write to.
set -euo pipefail
compiler=$1 headers=$2 library=$3 work=$4
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$work"
cd "$work"
failures=0
export INTERLEAVE_QUIET=1  # what is proved is in what the programs print
case $("$compiler" --version) in *clang*) clang=yes ;; *) clang=no ;; esac

compile() { "$compiler" -O1 -g1 -fPIC -I"$headers" "$@"; }
link() { "$compiler" "$@" "$library" -Wl,-rpath,"$(dirname "$library")" -pthread -ldl; }

# expect NAME STATUS TEXT COMMAND...: the command ends with this status and prints this text, or what contains it.
expect() {
  local name=$1 status=$2 text=$3 printed got=0
  shift 3
  printed=$("$@" 2>&1) || got=$?
  if [ "$got" = "$status" ] && [[ $printed == *"$text"* ]]; then
    echo "ok      $name"
  else
    printf 'WRONG   %s: status %s, and\n%s\nwhere status %s was expected, and\n%s\n' "$name" "$got" "$printed" "$status" "$text"
    failures=$((failures + 1))
  fi
}

found="lost update: fail, 2 executions, require: program.cpp:32: n is not 2
with a lock: pass, complete, 2 executions
race in a module: fail, 1 executions, data-race: the variable (anonymous namespace)::count
  write by T1 at module.cpp:5 in increment"

compile -std=c++17 -fsanitize=thread -c "$here/program.cpp" -o program.o
compile -g -fsanitize=thread -c "$here/module.cpp" -o module.o

# ---- linkers: a program and a module by each, and the module of another ----
other=lld
for linker in bfd gold lld mold; do
  "$compiler" -fuse-ld=$linker -shared module.o -o $linker.so
  link -fuse-ld=$linker program.o -o $linker
  expect "$linker" 0 "$found" ./$linker ./$linker.so
  [ $other = lld ] || expect "$linker, a module by $other" 0 "$found" ./$linker ./$other.so
  other=$linker
done
expect "bfd, a module by lld" 0 "$found" ./bfd ./lld.so
link -fuse-ld=lld -no-pie program.o -o fixed
expect "lld, without -pie, unreferenced sections, or lazy binding" 0 "$found" ./fixed ./lld.so
link -fuse-ld=lld -Wl,--gc-sections,--icf=all,-z,now,--hash-style=sysv program.o -o packed
expect "lld, packed" 0 "$found" ./packed ./lld.so

# ---- link-time optimisation ----
if [ $clang = yes ]; then
  for flag in -flto -flto=thin; do
    compile -std=c++17 -fsanitize=thread $flag -c "$here/program.cpp" -o lto.o
    link $flag -fuse-ld=lld lto.o -o lto
    expect "$flag" 0 "$found" ./lto ./lld.so
  done
else
  # g++ does not instrument before the link.
  compile -std=c++17 -fsanitize=thread -flto -c "$here/program.cpp" -o lto.o
  "$compiler" -shared -flto -O1 -x c /dev/null -o empty.so
  link -flto -O1 lto.o -o lto
  expect "-flto" 2 "this program is not instrumented, so that its memory accesses cannot be seen; compile its sources with \
-fsanitize=thread (and, with g++ and -flto, with -fno-lto: g++ instruments at link time then), and link without it" ./lto ./empty.so
  compile -std=c++17 -fsanitize=thread -flto -fno-lto -c "$here/program.cpp" -o lto.o
  link -flto=auto -O1 lto.o -o lto
  expect "-flto, taken back" 0 "$found" ./lto ./bfd.so
fi

# ---- other runtimes ----
shared=()
if [ $clang = yes ]; then
  shared=(-shared-libsan -Wl,-rpath,"$(dirname "$("$compiler" -print-file-name=libclang_rt.tsan-x86_64.so)")")
fi
"$compiler" -shared -fsanitize=thread "${shared[@]}" module.o -o libsanitized.so
link -Wl,--no-as-needed program.o ./libsanitized.so -Wl,--allow-shlib-undefined -o two_runtimes
expect "a library linked with -fsanitize=thread" 2 "interleave: libsanitized.so is linked with ThreadSanitizer as well as with Interleave, \
and the two cannot work in one process; leave -fsanitize=thread out of its link options" ./two_runtimes ./bfd.so
link -fsanitize=address program.o -o address
expect "a program linked with -fsanitize=address" 2 "interleave: this program is linked with AddressSanitizer as well as with Interleave" \
  ./address ./bfd.so
compile -std=c++17 -fsanitize=thread,undefined -c "$here/program.cpp" -o undefined.o
link -fsanitize=undefined undefined.o -o undefined
expect "a program with -fsanitize=undefined" 0 "$found" ./undefined ./bfd.so

# ---- standards ----
(cd "$headers" && ls interleave/*.hpp interleave/checkers/{order,conservation,mutual_exclusion}.hpp | grep -vE '/(catch2|gtest|doctest|boost)') |
  sed 's/.*/#include <&>/' > headers.cpp
for standard in c++17 c++2b; do
  expect "headers by $standard" 0 "" compile -std=$standard -fno-exceptions -fno-rtti -Wall -Wextra -Werror -fsyntax-only headers.cpp
done
expect "headers by c++14" 1 "Interleave's headers need C++17: compile this file with -std=c++17 or later" \
  compile -std=c++14 -Wfatal-errors -fsyntax-only headers.cpp
expect "headers with containers for debugging" 1 "compile it without -D_GLIBCXX_DEBUG" \
  compile -std=c++20 -D_GLIBCXX_DEBUG -Wfatal-errors -fsyntax-only headers.cpp
expect "headers with libc++" 1 "compile and link this program without -stdlib=libc++" \
  compile -std=c++20 -D_LIBCPP_VERSION -Wfatal-errors -fsyntax-only headers.cpp
echo '#include <interleave/primitives/lock.hpp>' > lock.cpp
expect "primitives by c++17" 1 "Interleave's primitives need C++20: compile this file with -std=c++20 or later" \
  compile -std=c++17 -Wfatal-errors -fsyntax-only lock.cpp

[ $failures = 0 ]
