# SPDX-License-Identifier: Apache-2.0
# Public tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./emberasm ] || cd "$here/../source" || exit 2
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

printf 'start: lda data\n  hlt ; done\ndata: .byte 1, 0x20\n' >"$tmp/in"
expect "labels" 0 "0000: 12 04 00 ff 01 20
start = 0000
data = 0004
6 bytes" ./emberasm "$tmp/in"
printf '.fill 40 1\n.align 16\nhlt\n' >"$tmp/in"
expect "fill and align" 0 "0000: 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01
*
0020: 01 01 01 01 01 01 01 01 00 00 00 00 00 00 00 00
0030: ff
49 bytes" ./emberasm "$tmp/in"
printf 'nop\nmov 1\n' >"$tmp/in"
expect "unknown" 1 "" ./emberasm "$tmp/in"
printf '.org 0xdfff\nldi 1\n' >"$tmp/in"
expect "does not fit" 1 "" ./emberasm "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
