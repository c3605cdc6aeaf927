#!/usr/bin/env bash
# includes.sh must object to every single file of a tree that is wrong throughout.
#
#   includes_bad.sh ROOT
set -euo pipefail
here=$(dirname "$0")
if objections=$("$here/includes.sh" "$1"); then
  echo "includes.sh found nothing wrong"
  exit 1
fi
cd "$1"
status=0
for file in */*.[hc]pp */*/*.[hc]pp; do
  if ! grep -qF "$file:" <<< "$objections"; then
    echo "includes.sh did not object to $file"
    status=1
  fi
done
exit $status
