# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
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

track() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" ./trackstat "$tmp/in"; }
wrong() { name=$1; printf '%b' "$2" >"$tmp/in"; expect "$name" 1 "" ./trackstat "$tmp/in"; }
track "a leg without time" "start: 4 points, 105 m, 20 s, speed 18900 m/h, top 18000 m/h, climb 3 m, grade 28/1000
all: 4 points, 105 m, 20 s, speed 18900 m/h, top 18000 m/h, climb 3 m, grade 28/1000" 'p 0 0 0 100\np 10 30 40 100\np 10 33 44 103\np 20 63 84 101\n'
track "the first leg without time" "start: 3 points, 1010 m, 100 s, speed 36360 m/h, top 36000 m/h, climb 0 m, grade 0/1000
all: 3 points, 1010 m, 100 s, speed 36360 m/h, top 36000 m/h, climb 0 m, grade 0/1000" 'p 0 0 0 0\np 0 10 0 0\np 100 1010 0 0\n'
track "the same point twice" "start: 3 points, 1000 m, 100 s, speed 36000 m/h, top 36000 m/h, climb 0 m, grade 0/1000
all: 3 points, 1000 m, 100 s, speed 36000 m/h, top 36000 m/h, climb 0 m, grade 0/1000" 'p 0 0 0 0\np 100 1000 0 0\np 100 1000 0 0\n'
track "a lap of one point" "start: 1 points, 0 m, 0 s, speed -, top 0 m/h, climb 0 m, grade -
all: 1 points, 0 m, 0 s, speed -, top 0 m/h, climb 0 m, grade -" 'p 7 5 5 5\n'
track "no time, some way" "dash: 2 points, 50 m, 0 s, speed -, top 0 m/h, climb 5 m, grade 100/1000
all: 2 points, 50 m, 0 s, speed -, top 0 m/h, climb 5 m, grade 100/1000" 'lap dash\np 7 0 0 0\np 7 30 40 5\n'
track "one lap of no time" "a: 1 points, 0 m, 0 s, speed -, top 0 m/h, climb 0 m, grade -
b: 2 points, 350 m, 30 s, speed 42000 m/h, top 54000 m/h, climb 0 m, grade 0/1000
c: 1 points, 1 m, 0 s, speed -, top 0 m/h, climb 1 m, grade 1000/1000
all: 4 points, 351 m, 30 s, speed 42120 m/h, top 54000 m/h, climb 1 m, grade 2/1000" 'lap a\np 0 0 0 0\nlap b\np 20 200 0 0\np 30 350 0 0\nlap c\np 30 351 0 1\n'
track "no way" "start: 2 points, 0 m, 9 s, speed 0 m/h, top 0 m/h, climb 9 m, grade -
all: 2 points, 0 m, 9 s, speed 0 m/h, top 0 m/h, climb 9 m, grade -" 'p 0 1 1 1\np 9 1 1 10\n'
track "one second" "start: 3 points, 9 m, 2 s, speed 16200 m/h, top 18000 m/h, climb 0 m, grade 0/1000
all: 3 points, 9 m, 2 s, speed 16200 m/h, top 18000 m/h, climb 0 m, grade 0/1000" 'p 0 0 0 0\np 1 5 0 0\np 2 9 0 0\n'
track "laps without points" "b: 2 points, 5 m, 1 s, speed 18000 m/h, top 18000 m/h, climb 0 m, grade 0/1000
all: 2 points, 5 m, 1 s, speed 18000 m/h, top 18000 m/h, climb 0 m, grade 0/1000" 'lap a\nlap b\np 0 0 0 0\np 1 3 4 0\nlap c\n'
track "the bounds" "start: 2 points, 2828427 m, 9999999 s, speed 1018 m/h, top 1018 m/h, climb 11000 m, grade 3/1000
all: 2 points, 2828427 m, 9999999 s, speed 1018 m/h, top 1018 m/h, climb 11000 m, grade 3/1000" 'p 0 -1000000 -1000000 -1000\np 9999999 1000000 1000000 10000\n'
track "nothing" "" '# nothing\n\n'
wrong "back in time" 'p 5 0 0 0\np 5 1 0 0\np 4 2 0 0\n'
wrong "negative" 'p -1 0 0 0\n'
wrong "too far" 'p 0 1000001 0 0\n'
wrong "short" 'p 0 0 0\n'
wrong "long" 'p 0 0 0 0 0\n'
wrong "no name" 'lap \n'
wrong "a long name" 'lap abcdefghijklmnopqrstuvwx\n'
i=0; while [ $i -lt 100 ]; do echo "lap $i"; i=$((i+1)); done >"$tmp/laps"
{ cat "$tmp/laps"; printf 'p 3 0 0 0\np 3 1 0 0\n'; } >"$tmp/in"
expect "a hundred laps" 0 "99: 2 points, 1 m, 0 s, speed -, top 0 m/h, climb 0 m, grade 0/1000
all: 2 points, 1 m, 0 s, speed -, top 0 m/h, climb 0 m, grade 0/1000" ./trackstat "$tmp/in"
{ cat "$tmp/laps"; echo 'lap more'; } >"$tmp/in"
expect "more laps" 1 "" ./trackstat "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
