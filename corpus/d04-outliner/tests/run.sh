# SPDX-License-Identifier: Apache-2.0
# Public tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./outliner ] || cd "$here/../source" || exit 2
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

printf 'Fruit\n  apple\n  pear\nOther\n  bread\n    white\n' >"$tmp/in"
expect "numbers" 0 "1 Fruit (2)
1.1 apple
1.2 pear
2 Other (2)
2.1 bread (1)
2.1.1 white" ./outliner "$tmp/in"
printf 'Monday\n  work\n    plan\nTuesday\n  =1.1\n    build\n' >"$tmp/in"
expect "copy" 0 "1 Monday (2)
1.1 work (1)
1.1.1 plan
2 Tuesday (3)
2.1 work (2)
2.1.1 plan
2.1.2 build" ./outliner "$tmp/in"
printf 'a\n   b\n' >"$tmp/in"
expect "odd blanks" 1 "" ./outliner "$tmp/in"
printf 'a\n=2\n' >"$tmp/in"
expect "copy of nothing" 1 "" ./outliner "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
