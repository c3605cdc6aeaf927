#!/bin/sh
# The linker's launcher of programs with twins (InterleaveTwins.cmake): link.sh TABLES COMMAND ARGUMENT...
#
# Runs the command with the twins in the places of the libraries. The tables have lines with a tabulator between the columns:
#   archive FILE TWIN    FILE gives way to TWIN
#   shared FILE TWIN     FILE gives way to all objects of TWIN
#   object FILE NAME, group OBJECT NAME    all objects FILE of NAME give way to all its twin's
#
# The twins come first on the line, as one group: of several copies of an inline function the linker keeps the first one, and that has to
# be an instrumented one whatever the order of the libraries is. Archives are repeated in their places, for what asks for them later.
set -f
tables=$1
shift
tab=$(printf '\t')
newline='
'
table=$(set +f; cat "$tables"/*.table)

# A file of further arguments, as the generator writes one for a long line.
expanded=0
for argument; do
  case $argument in @*) [ -f "${argument#@}" ] && expanded=1 ;; esac
done
if [ $expanded = 1 ]; then
  count=$#
  while [ "$count" -gt 0 ]; do
    argument=$1
    shift
    count=$((count - 1))
    case $argument in
      @*)
        IFS=$newline
        for word in $(xargs -n 1 printf '%s\n' < "${argument#@}"); do set -- "$@" "$word"; done
        unset IFS
        ;;
      *) set -- "$@" "$argument" ;;
    esac
  done
fi

# Finds a file in the tables: kind (empty: not there) and twin.
find_twin() {
  kind=
  while IFS=$tab read -r row file to; do
    case $row in
      object) [ "${file##*/}" = "${1##*/}" ] || continue ;;
      group | '') continue ;;
    esac
    if [ "$1" -ef "$file" ]; then
      kind=$row
      twin=$to
      return
    fi
    # The twin itself, where the library has asked for it.
    if [ "$row" != object ] && [ "$1" -ef "$to" ]; then
      kind=twin
      twin=$to
      return
    fi
  done << END
$table
END
}

# Follows what the linker is told about archives.
follow() {
  case $1 in
    --whole-archive | -whole-archive) whole=1 ;;
    --no-whole-archive | -no-whole-archive) whole=0 ;;
    --push-state) states="$whole $states" ;;
    --pop-state) whole=${states%% *}; states=${states#* } ;;
  esac
}

# Adds the file $twin of $kind to what comes first, unless it is there.
place() {
  case $placed in *"$newline$twin$newline"*) return ;; esac
  placed=$placed$twin$newline
  if [ $kind = shared ] || [ $whole = 1 ]; then
    first="$first-Wl,--whole-archive$newline$twin$newline-Wl,--no-whole-archive$newline"
  else
    first=$first$twin$newline
  fi
}

# Every argument, seen once: the new line is in the positions, what comes first is in first (separated by lines).
first=
placed=$newline
whole=0
states=
before=
count=$#
while [ "$count" -gt 0 ]; do
  argument=$1
  shift
  count=$((count - 1))
  kind=
  case $argument in
    -Wl,*)
      # Libraries may be among the words for the linker.
      left=
      IFS=,
      for word in ${argument#-Wl,}; do
        follow "$word"
        kind=
        case $word in -*) ;; *) if [ -f "$word" ]; then find_twin "$word"; fi ;; esac
        case $kind in
          archive | shared) if [ -e "$twin" ]; then place; else left=$left,$word; fi ;;
          twin) ;;
          *) left=$left,$word ;;
        esac
      done
      unset IFS
      kind=
      [ -n "$left" ] || continue
      argument=-Wl$left
      ;;
    -*) [ "$before" != -Xlinker ] || follow "$argument" ;;
    *) if [ "$before" != -o ] && [ -f "$argument" ]; then find_twin "$argument"; fi ;;
  esac
  if [ "$before" = -Xlinker ] && [ -n "$kind" ]; then kind=; fi
  before=$argument
  case $kind in
    '') set -- "$@" "$argument" ;;
    twin) ;;
    archive)
      if [ ! -e "$twin" ]; then
        set -- "$@" "$argument"
      else
        place
        [ $whole = 1 ] || set -- "$@" "$twin"
      fi
      ;;
    shared)
      if [ ! -e "$twin" ]; then
        set -- "$@" "$argument"
      else
        place
      fi
      ;;
    object)
      case $placed in *"$newline $twin$newline"*) ;; *)
        placed="$placed $twin$newline"
        name=$twin
        while IFS=$tab read -r row file to; do
          if [ "$row" = group ] && [ "$to" = "$name" ] && [ -n "$file" ]; then set -- "$@" "$file"; fi
        done << END
$table
END
      esac
      ;;
  esac
done
[ -n "$first" ] || exec "$@"

# Behind the name of the program: the objects stand before it, the libraries behind.
count=$#
while [ "$count" -gt 0 ]; do
  argument=$1
  shift
  count=$((count - 1))
  set -- "$@" "$argument"
  if [ "$argument" = -o ]; then
    set -- "$@" "$1" -Wl,--start-group
    shift
    count=$((count - 1))
    IFS=$newline
    for word in $first; do set -- "$@" "$word"; done
    unset IFS
    set -- "$@" -Wl,--end-group
  fi
done
exec "$@"
