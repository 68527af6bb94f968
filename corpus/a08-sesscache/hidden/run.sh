# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./sesscache ] || cd "$here/../source" || exit 2
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

talk() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" sh -c './sesscache <"$0"' "$tmp/in"; }
talk "nothing given" "ok
s1 role=- zone=- ttl=60" 'open s1\nshow s1\n'
talk "role only" "ok
s1 role=editor zone=- ttl=60" 'open s1 role=editor\nshow s1\n'
talk "zone only" "ok
s1 role=- zone=west ttl=60" 'open s1 zone=west\nshow s1\n'
talk "counts" "ok
ok
ok
1
2
0" 'open a role=guest zone=east\nopen b\nopen c zone=east\ncount guest\ncount -\ncount admin\n'
talk "list" "ok
ok
a role=- zone=- ttl=5
b role=admin zone=- ttl=60" 'open a ttl=5\nopen b role=admin\nlist\n'
talk "reopened after it expired" "ok
ok
none
ok
a role=- zone=- ttl=60" 'open a role=admin zone=east ttl=3\ntick 3\nshow a\nopen a\nshow a\n'
talk "closed and reopened" "ok
ok
ok
a role=- zone=- ttl=9" 'open a role=admin zone=east\nclose a\nopen a ttl=9\nshow a\n'
talk "open twice" "ok
error
a role=guest zone=- ttl=60" 'open a role=guest\nopen a role=admin\nshow a\n'
talk "wrong words" "error
error
error
error
none" 'open a role=king\nopen a zone=up\nopen a ttl=0\nopen\nshow a\n'
talk "time goes by" "ok
ok
ok
b role=- zone=- ttl=56" 'open a ttl=4\nopen b\ntick 4\nlist\n'
talk "touch" "ok
ok
ok
a role=- zone=- ttl=60" 'open a\ntick 50\ntouch a\nshow a\n'

[ "$bad" = 0 ] && echo ok
exit "$bad"
