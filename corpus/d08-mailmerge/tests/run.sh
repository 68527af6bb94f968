# SPDX-License-Identifier: Apache-2.0
# Public tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./mailmerge.py ] || cd "$here/../source" || exit 2
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

printf 'Subject: {what} for {name}\nX-Club: chess\n\nDear {name},\ncome to {{{what}.\n' >"$tmp/template"
printf '{"name": "Ann", "address": "ann@example.org", "what": "tea"}\n{"name": "Bob", "what": "cake"}\n' >"$tmp/in"
expect "messages" 0 '--- 1
Subject: tea for Ann
X-Club: chess
To: "Ann" <ann@example.org>

Dear Ann,
come to {tea.

--- 2
Subject: cake for Bob
X-Club: chess

Dear Bob,
come to {cake.' python3 mailmerge.py "$tmp/template" "$tmp/in"
printf '{"name": "Ann", "address": "ann@example.org", "place": "home"}\n' >"$tmp/in"
expect "receivers" 0 '--- 1
Cc: desk@example.org
To: "Ann" <ann@example.org>' python3 mailmerge.py invitation.txt "$tmp/in" --who
printf '{"name": "Ann"}\n' >"$tmp/in"
expect "a field that is not there" 1 "" python3 mailmerge.py invitation.txt "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
