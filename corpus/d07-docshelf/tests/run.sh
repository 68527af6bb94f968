# SPDX-License-Identifier: Apache-2.0
# Public tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./docshelf.py ] || cd "$here/../source" || exit 2
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

printf 'group crew: kim,lou\ndocument log\nreaders: @crew\nwriters: kim\n| day one\ndocument notice\nreaders: *\n| hello\n' >"$tmp/shelf"
printf 'kim: list\nlou: read log\npat: read log\npat: list\n' >"$tmp/in"
expect "reading" 0 "log
notice
day one
-
notice" python3 docshelf.py "$tmp/shelf" "$tmp/in"
printf 'kim: add log | day two\nlou: add log | day three\nlou: find day\nlou\n' >"$tmp/in"
expect "adding and finding" 0 "ok
-
log: day one
log: day two
?" python3 docshelf.py "$tmp/shelf" "$tmp/in"
printf 'guest: read plan\nann: read plan\n' >"$tmp/in"
expect "the office" 0 "-
Move the desks.
Paint the wall." python3 docshelf.py office.shelf "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
