# SPDX-License-Identifier: Apache-2.0
# Public tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./mboxlist ] || cd "$here/../source" || exit 2
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

printf 'From a Mon\nFrom: "Ann A." <ann@example.org>\nSubject: tea\nTo: Bob\n\nAt four.\nOr five.\n\nFrom b Tue\nFrom: bob@example.org\nSubject: Re: Tea\n\nFour.\n' >"$tmp/in"
expect "two messages" 0 "1 [1] Ann A.: tea (2)
2 [1] bob@example.org: Re: Tea (1)
2 messages, 1 subjects" ./mboxlist "$tmp/in"
printf 'From a Mon\nsubject: a longer\n  subject\nFrom: Ann\n\n' >"$tmp/in"
expect "goes on" 0 "1 [1] Ann: a longer subject (0)
1 messages, 1 subjects" ./mboxlist "$tmp/in"
printf 'From a Mon\nwhat is this\n\n' >"$tmp/in"
expect "damaged" 1 "0 messages, 0 subjects" ./mboxlist "$tmp/in"
printf 'hello\n' >"$tmp/in"
expect "no mailbox" 1 "" ./mboxlist "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
