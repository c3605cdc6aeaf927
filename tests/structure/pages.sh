#!/usr/bin/env bash
# Holds the pages to the tree: links lead somewhere, paths exist, and docs/architecture.md has the floors of includes.sh. Prints one line per offence.
#
#   pages.sh ROOT      exit 0: none, 1: some
#
# A path in backticks counts if it begins with the name of a room. It may be a glob, or begin with `build/`, which is not looked at.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"

pages=()
for page in README.md CONTRIBUTING.md CHANGELOG.md docs/*.md; do
  if [ -f "$page" ]; then pages+=("$page"); fi
done

# The anchors of a page: its headings in lower case, blanks as hyphens, without punctuation.
anchors() { sed -nE '/^```/,/^```/d; s/^#+ +//p' "$1" | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'; }

offences=$(
  for page in "${pages[@]}"; do
    folder=$(dirname "$page")
    { grep -oE '\]\([^)]+\)' "$page" || true; } | sed -E 's/^\]\(//; s/\)$//' | sort -u | while read -r link; do
      case $link in http*) continue ;; esac
      file=${link%%#*} anchor=''
      if [[ $link = *'#'* ]]; then anchor=${link#*#}; fi
      target=$folder/$file
      if [ -z "$file" ]; then target=$page; fi
      if [ ! -e "$target" ]; then
        echo "$page: no such file: $link"
      elif [ -n "$anchor" ] && ! anchors "$target" | grep -qxF -- "$anchor"; then
        echo "$page: no such heading: $link"
      fi
    done
    { grep -oE '`(primitives|scheduler|checkers|scenarios|cli|include|tests|bench|cmake|ci)/[A-Za-z0-9_./*-]*`' "$page" || true; } | tr -d '`' | sort -u |
      while read -r path; do
        if ! compgen -G "$path" > /dev/null; then echo "$page: no such path: $path"; fi
      done
  done
  if [ -f docs/architecture.md ]; then
    floors() { sed -nE "$1" "$2" | sort; }
    difference=$(diff <(floors 's/^([0-9]+) +([a-z/]+) .*/\1 \2/p' "$here/includes.sh") \
      <(floors 's/^\| *([0-9]+) *\| *`([a-z/]+)\/` *\|.*/\1 \2/p' docs/architecture.md) || true)
    if [ -n "$difference" ]; then printf 'the floors of docs/architecture.md are not those of includes.sh:\n%s\n' "$difference"; fi
  fi
)
if [ -n "$offences" ]; then
  printf '%s\n' "$offences"
  exit 1
fi
echo "${#pages[@]} pages lead where they say"
