#!/usr/bin/env bash
# The model's table beside ThreadSanitizer's verdicts on real threads.
#
#   compare.sh PROGRAM [RUNS]    PROGRAM is races_on_real_threads; each of its programs gets a process of its own, RUNS runs (100)
#
# Fails if a race-free program is reported whose line in threadsanitizer.txt does not say so, or a canary is not reported, or a line
# there names no program of the table. Whether two real threads meet is chance, so no other silence is an error: the last lines say
# how many races were seen.
set -euo pipefail
program=$1 runs=${2:-100}
known=$(dirname "$0")/threadsanitizer.txt
race_status=66
export TSAN_OPTIONS="halt_on_error=1 exitcode=$race_status detect_deadlocks=0" INTERLEAVE_WATCHDOG=${INTERLEAVE_WATCHDOG:-30}

# kind[NAME], reason[NAME]
declare -A kind reason used
while IFS='|' read -r of name why; do
  of=${of// /} name=$(sed 's/^ *//; s/ *$//' <<< "$name")
  kind[$name]=$of reason[$name]=${why# }
done < <(grep -v '^#' "$known")

failed=0 silent=0 excused=0 reported=0 quiet=0 log=$(mktemp)
trap 'rm -f "$log"' EXIT
complain() { echo "ERROR    $*"; failed=1; }
run() {
  status=0
  timeout 120 "$program" "$number" "$1" > "$log" 2>&1 || status=$?
  [ "$status" -eq 0 ] || [ "$status" -eq $race_status ] || complain "$name: exit status $status: $(tail -n 1 "$log")"
}

while IFS=$'\t' read -r number truth name; do
  is=${kind[$name]:-} used[$name]=1
  if [ "$is" = hangs ]; then
    echo "hangs    $name: ${reason[$name]}"
    excused=$((excused + 1))
    continue
  fi
  run "$runs"
  if [ "$is" = canary ] && [ "$status" -eq 0 ]; then run $((runs * 20)); fi
  case $truth$status in
    ordered0) silent=$((silent + 1)) ;;
    ordered$race_status)
      if [ "$is" = alarm ]; then
        echo "alarm    $name: ${reason[$name]}"
        excused=$((excused + 1))
      else
        complain "$name: free of races, but reported: $(grep -m1 SUMMARY "$log" || tail -n 1 "$log")"
      fi ;;
    racy$race_status)
      reported=$((reported + 1))
      if [ "$is" = misses ]; then complain "$name: reported, though threadsanitizer.txt says that it is missed"; fi ;;
    racy0)
      quiet=$((quiet + 1))
      if [ "$is" = canary ]; then complain "$name: a canary, and not reported"; else echo "not seen $name: ${reason[$name]:-chance}"; fi ;;
  esac
done < <("$program")

for name in "${!kind[@]}"; do
  [ -n "${used[$name]:-}" ] || complain "threadsanitizer.txt: there is no program '$name'"
done
echo "race-free: $silent silent, $excused disagreements that are known; racy: $reported reported, $quiet not seen in $runs runs"
exit $failed
