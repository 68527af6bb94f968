# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./confcheck ] || cd "$here/../source" || exit 2
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

rep() { printf "%$1s" "" | tr ' ' "$2"; }

a63=$(rep 63 a) a64=$(rep 64 a) a127=$(rep 127 a) a128=$(rep 128 a)
conf() { printf '%b' "$1" >"$tmp/in.conf"; }
conf "v = $a127\n"; expect "longest literal" 0 ".v=$a127" ./confcheck "$tmp/in.conf"
conf "v = $a128\nw = 1\n"; sound "literal of 128" ".v=$a128
.w=1" ./confcheck "$tmp/in.conf"
conf "v = $(rep 400 b)\n"; sound "long literal" ".v=$(rep 400 b)" ./confcheck "$tmp/in.conf"
conf "a = $a64\nb = \${.a}$a63\n"; expect "longest by reference" 0 ".a=$a64
.b=$a64$a63" ./confcheck "$tmp/in.conf"
conf "a = $a64\nb = \${.a}\${.a}\n"; sound "128 by reference" ".a=$a64
.b=$a64$a64" ./confcheck "$tmp/in.conf"
conf "a = $a64\nb = \${.a}\${.a}c\n"; sound "129 by reference" ".a=$a64
.b=$a64${a64}c" ./confcheck "$tmp/in.conf"
conf "a = $a127\nb = \${.a}\${.a}\${.a}\n[s]\nx = 1\n"; sound "three references" ".a=$a127
.b=$a127$a127$a127
s.x=1" ./confcheck "$tmp/in.conf"
conf "a = \n[net]\nhost = h\nurl = http://\${net.host}/\${.a}x # c\n"; expect "sections" 0 ".a=
net.host=h
net.url=http://h/x" ./confcheck "$tmp/in.conf"
conf "a = 5\$\$ and \$x\n"; expect "dollars" 0 '.a=5$ and $x' ./confcheck "$tmp/in.conf"
conf "a = \${nope}\n"; expect "unknown" 2 "" ./confcheck "$tmp/in.conf"
conf "a = \${.a\n"; expect "unclosed" 2 "" ./confcheck "$tmp/in.conf"
conf "[$(rep 40 s)]\n$(rep 40 k) = 1\n"; expect "name too long" 2 "" ./confcheck "$tmp/in.conf"
conf "[$(rep 40 s)]\n$(rep 22 k) = 1\n"; expect "longest name" 0 "$(rep 40 s).$(rep 22 k)=1" ./confcheck "$tmp/in.conf"

[ "$bad" = 0 ] && echo ok
exit "$bad"
