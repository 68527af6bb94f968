# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
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

asm() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" ./emberasm "$tmp/in"; }
wrong() { name=$1; printf '%b' "$2" >"$tmp/in"; expect "$name" 1 "" ./emberasm "$tmp/in"; }
wrong "count of all ones" 'nop\n.fill 0xffff 1\n'
wrong "wraps to nought" '.org 0x8000\n.fill 0x8000 1\n'
wrong "wraps by one" '.org 0xe000\n.fill 0x2001 0\n'
wrong "wraps far" '.org 0xe000\n.fill 0xffff 0\n'
wrong "one too many" '.org 0xdff0\n.fill 17 0\n'
wrong "too many at once" '.fill 0xe001 0\n'
wrong "more at the end" '.fill 0xe000 0\n.fill 1 0\n'
wrong "aligned past the top" '.org 0x8001\n.align 0x8000\n'
wrong "aligned past the top, 2" '.org 0xc001\n.align 0x4000\n'
wrong "aligned past the top, 3" '.org 0xe000\n.align 0x8000\n'
wrong "aligned past the top, not a power" '.org 0xd001\n.align 0x6000\n'
wrong "aligned past memory" '.org 0xd001\n.align 0x3000\n'
wrong "aligned to nought" '.align 0\n'
wrong "aligned to too much" '.align 0x8001\n'
wrong "backwards" '.org 4\n.org 3\n'
wrong "fill without a byte" '.fill 3\n'
wrong "fill with two bytes" '.fill 3 256\n'
wrong "negative count" '.fill -1 0\n'
asm "everything" "0000: 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07
*
57344 bytes" '.fill 0xe000 7\n'
asm "everything, and a label at its end" "0000: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
*
dff0: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 09
end = e000
57344 bytes" '.org 0xdfff\n.fill 1 9\nend:\n'
asm "most of it" "0000: 11 01 03 03 03 03 03 03 03 03 03 03 03 03 03 03
0010: 03 03 03 03 03 03 03 03 03 03 03 03 03 03 03 03
*
9c40: 03 03 ff
40003 bytes" 'ldi 1\n.fill 40000 3\nhlt\n'
asm "a page" "0000: 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05
*
8192 bytes" '.fill 0x2000 5\n'
asm "nought times" "0000: ff
1 bytes" '.fill 0 1\nhlt\n'
asm "nought times at the end" "0000: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
*
57344 bytes" '.org 0xe000\n.fill 0 1\n.align 16\n'
asm "aligned already" "0000: 00 00 00 00 ff
b = 0004
5 bytes" '.align 4\n.org 4\n.align 4\nb: .align 1\nhlt\n'
asm "aligned far" "0000: ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
0010: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
*
8000: ff
far = 8000
32769 bytes" 'hlt\n.align 0x8000\nfar: hlt\n'
asm "aligned to the end" "0000: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
*
57344 bytes" '.org 0xd001\n.align 0x1000\n'
asm "not a power" "0000: ff 00 00 00 00 00 00 ff
8 bytes" 'hlt\n.align 7\nhlt\n'
asm "count by a label" "0000: 00 00 00 08 08 08
three = 0003
6 bytes" '.org 3\nthree: .fill three 8\n'
asm "instructions" "0000: 00 11 7f 12 0f 00 13 34 12 24 ff ff 35 00 00 ff
back = 0000
end = 000f
16 bytes" 'back: nop\nldi 127\nlda end\nsta 0x1234\nadd 65535\njmp back\nend: hlt\n'

[ "$bad" = 0 ] && echo ok
exit "$bad"
