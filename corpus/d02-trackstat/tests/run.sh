# SPDX-License-Identifier: Apache-2.0
# Public tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./trackstat ] || cd "$here/../source" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
bad=0
fail() { echo "FAIL: $*" >&2; bad=1; }
# attempt COMMAND...: its output goes to $tmp/out and $got, its status to $rc; a sanitizer's report fails.
attempt() {
  timeout 20 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null; rc=$?
  got=$(cat "$tmp/out")
  if grep -q -e 'Sanitizer' -e 'runtime error' -e 'Traceback' "$tmp/err"; then fail "$name: crashed"; fi
  [ "$rc" -lt 124 ] || fail "$name: ended by a signal or too slow ($rc)"
}
# expect NAME STATUS OUTPUT COMMAND...: exactly this.
expect() {
  name=$1 status=$2 wanted=$3; shift 3
  attempt "$@"
  [ "$rc" = "$status" ] || fail "$name: status $rc, wanted $status"
  [ "$got" = "$wanted" ] || fail "$name: printed '$got', wanted '$wanted'"
}
# refused NAME COMMAND...: ends with another status than 0, without a crash.
refused() {
  name=$1; shift
  attempt "$@"
  [ "$rc" != 0 ] || fail "$name: taken, should be refused"
}
# sound NAME OUTPUT COMMAND...: either refused or exactly this.
sound() {
  name=$1 wanted=$2; shift 2
  attempt "$@"
  [ "$rc" != 0 ] || [ "$got" = "$wanted" ] || fail "$name: printed '$got', wanted '$wanted' or a refusal"
}

printf 'p 0 0 0 100\np 10 30 40 110\np 30 30 0 90\n' >"$tmp/in"
expect "one lap" 0 "start: 3 points, 90 m, 30 s, speed 10800 m/h, top 18000 m/h, climb 10 m, grade 111/1000
all: 3 points, 90 m, 30 s, speed 10800 m/h, top 18000 m/h, climb 10 m, grade 111/1000" ./trackstat "$tmp/in"
printf '# two laps\nlap up\np 0 0 0 0\np 100 0 1000 50\nlap down\np 150 0 0 0\n' >"$tmp/in"
expect "two laps" 0 "up: 2 points, 1000 m, 100 s, speed 36000 m/h, top 36000 m/h, climb 50 m, grade 50/1000
down: 1 points, 1000 m, 50 s, speed 72000 m/h, top 72000 m/h, climb 0 m, grade 0/1000
all: 3 points, 2000 m, 150 s, speed 48000 m/h, top 72000 m/h, climb 50 m, grade 25/1000" ./trackstat "$tmp/in"
printf 'p 0 0 0 0\nq 1 0 0 0\n' >"$tmp/in"
expect "unknown line" 1 "" ./trackstat "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
