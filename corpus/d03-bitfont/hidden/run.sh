# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./bitfont ] || cd "$here/../source" || exit 2
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

sheet() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" ./bitfont "$tmp/in"; }
wrong() { name=$1; printf '%b' "$2" >"$tmp/in"; expect "$name" 1 "" ./bitfont "$tmp/in"; }
sheet "32 wide" "################################
#..............................#
W 32 34" 'height 2\nletter W 32\nffffffff\n80000001\nshow W\nweigh W\n'
sheet "32 wide and empty" "................................" 'height 1\nletter W 32\n0\nshow W\n'
sheet "32 wide, inverted" "#..............................#
W 32 2
.##############################.
W 32 30" 'height 1\nletter W 32\n7ffffffe\ninvert W\nshow W\nweigh W\ninvert W\nshow W\nweigh W\n'
sheet "32 wide, mirrored" "####........................##.#" 'height 1\nletter W 32\nb000000f\nmirror W\nshow W\n'
sheet "31 wide" "###############################
W 31 31
W 31 0
W 31 31" 'height 1\nletter W 31\n7fffffff\nshow W\nweigh W\ninvert W\nweigh W\ninvert W\nweigh W\n'
sheet "31 wide and empty" "W 31 0
W 31 31
###############################
W 31 31" 'height 1\nletter W 31\n0\nweigh W\ninvert W\nweigh W\nshow W\nmirror W\nweigh W\n'
sheet "30 wide" "W 30 1
W 30 29" 'height 1\nletter W 30\n20000000\nweigh W\ninvert W\nweigh W\n'
sheet "17 wide" "W 17 1
W 17 16
################." 'height 1\nletter W 17\n1\nweigh W\ninvert W\nweigh W\nshow W\n'
sheet "one dot" "#
. ." 'height 1\nletter ! 1\n1\nshow !\ninvert !\nshow !!\n'
sheet "inverted, weighed" "o 3 4
i 1 2
o 3 2" 'height 2\nletter o 3\n5\n5\nletter i 1\n1\n1\nweigh oi?\ninvert o\nweigh o\n'
sheet "inverted, then mirrored" "##.
d 3 2" 'height 1\nletter d 3\n4\ninvert d\nmirror d\nshow d\nweigh d\n'
sheet "32 high" "x 2 32
x 2 32" "height 32
letter x 2
$(i=0; while [ $i -lt 16 ]; do printf '1\\n2\\n'; i=$((i+1)); done)
weigh x
invert x
weigh x\n"
sheet "only part of the rows" "x 2 1
x 2 3" 'height 2\nletter x 2\n1\n0\nweigh x\ninvert x\nweigh x\n'
wrong "33 wide" 'height 1\nletter W 33\n0\n'
wrong "no width" 'height 1\nletter W 0\n0\n'
wrong "outside of 31" 'height 1\nletter W 31\n80000000\n'
wrong "outside of 30" 'height 1\nletter W 30\n40000000\n'
wrong "outside of 16" 'height 1\nletter W 16\n10000\n'
wrong "outside of 1" 'height 1\nletter W 1\n2\n'
wrong "far outside" 'height 1\nletter W 4\nffffffff\n'
wrong "nine digits" 'height 1\nletter W 32\n000000001\n'
wrong "33 high" 'height 33\n'
wrong "cut" 'height 2\nletter W 32\n0\n'
wrong "twice" 'height 1\nletter x 1\n0\nletter x 2\n0\n'
wrong "invert what is not there" 'height 1\nletter x 1\n0\ninvert xy\n'

[ "$bad" = 0 ] && echo ok
exit "$bad"
