# SPDX-License-Identifier: Apache-2.0
# Public tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./jsonpick ] || cd "$here/../source" || exit 2
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

printf 'items.1.name\n{"items": [{"name": "nut"}, {"name": "bolt"}]}\n{"items": []}\n{"items": {"1": {"name": [1, 2]}}}\n' >"$tmp/in"
expect "path" 0 '"bolt"
-
[1, 2]' ./jsonpick "$tmp/in"
printf 'a.#\n{"a": [1, [2, 3]]}\n{"a": {}}\n{"a": "text"}\n' >"$tmp/in"
expect "count" 0 "2
0
0" ./jsonpick "$tmp/in"
printf 'a\n{"a": 1}\n{"a": 1\n[1 2]\n{"a": -1.5e3}\n' >"$tmp/in"
expect "not JSON" 1 "1
?
?
-1.5e3" ./jsonpick "$tmp/in"
printf '\n[[[[["deep"]]]]]\n' >"$tmp/in"
expect "in arrays" 0 '[[[[["deep"]]]]]' ./jsonpick "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
