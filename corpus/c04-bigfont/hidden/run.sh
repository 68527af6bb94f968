# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./bigfont ] || cd "$here/../source" || exit 2
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

put() { printf '%s\n' "$@" >"$tmp/in"; }
of() { printf "%$1s" '' | tr ' ' "$2"; }
for n in 1 2 8 16 17 24 31 32; do
  full=$(printf '%x' "$(((1 << n) - 1))") left=$(printf '%x' "$((1 << (n - 1)))")
  put 'height 2' "glyph A $n" "$full" "$left" 'print A'
  expect "width $n" 0 "$(of "$n" '#')
#" ./bigfont "$tmp/in"
  put 'height 2' "width $n" 'glyph A' "$full" "$left" 'mirror A B' 'print AB'
  expect "width $n for all, mirrored" 0 "$(of "$n" '#') $(of "$n" '#')
#$(of "$n" ' ')$(of "$((n - 1))" ' ')#" ./bigfont "$tmp/in"
  [ "$n" -lt 32 ] || continue
  put 'height 1' "glyph A $n" "$(printf '%x' "$((1 << n))")" 'print A'
  expect "a bit beyond $n" 2 "" ./bigfont "$tmp/in"
done
for n in 33 34 40 48 63 64 65 66 96 128 200 256 257 288 999; do
  s=$(of "$((n - 2))" ' ')
  put 'height 1' "glyph A $n" 3 'print A'; sound "width $n" "$s##" ./bigfont "$tmp/in"
  put 'height 1' "width $n" 'glyph A' 3 'print A'; sound "width $n for all" "$s##" ./bigfont "$tmp/in"
  put 'height 1' "glyph A $n" 3 'mirror A B' 'print B'; sound "width $n, mirrored" "##" ./bigfont "$tmp/in"
  put 'height 1' "width $n" 'glyph A' 3 'mirror A B' 'print B'; sound "width $n for all, mirrored" "##" ./bigfont "$tmp/in"
  put 'height 1' "glyph A $n" 3 'mirror A B' 'mirror B C' 'print C'; sound "width $n, mirrored twice" "$s##" ./bigfont "$tmp/in"
  put 'height 1' "glyph A $n" 0 'print A'; sound "width $n, empty" "" ./bigfont "$tmp/in"
done
put 'height 1' 'glyph A 0' 0; expect "width 0" 2 "" ./bigfont "$tmp/in"
put 'height 1' 'width 0' 'glyph A' 0; expect "width 0 for all" 2 "" ./bigfont "$tmp/in"
put 'height 1' 'glyph A -4' 0; expect "width below nought" 2 "" ./bigfont "$tmp/in"
put 'height 1' 'glyph A 32' 100000000; expect "33 bits" 2 "" ./bigfont "$tmp/in"
put 'height 1' 'glyph A 32' 80000001 'glyph b 32' 00000001 'gap 0' 'print AbA'
expect "widest, side by side" 0 "#$(of 30 ' ')#$(of 31 ' ')##$(of 30 ' ')#" ./bigfont "$tmp/in"
put 'height 1' 'glyph a 1' 1 'width 4' 'print a_a' 'width 32' 'print a_a' 'gap 0' 'width 1' 'print a_a'
expect "blanks" 0 "#      #
#$(of 34 ' ')#
# #" ./bigfont "$tmp/in"
put 'height 1' 'width 5' 'glyph a' 1f 'width 2' 'glyph b' 3 'print ab'
expect "width of each" 0 "##### ##" ./bigfont "$tmp/in"
put 'height 16' 'glyph a 1' 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 'print a'
expect "highest" 0 "$(yes '#' | head -n 16)" ./bigfont "$tmp/in"
put 'height 17'; expect "too high" 2 "" ./bigfont "$tmp/in"
put 'height 1' 'glyph a 1' 1 'height 2'; expect "height too late" 2 "" ./bigfont "$tmp/in"
put 'height 2' 'glyph a 1' 1; expect "not whole" 2 "" ./bigfont "$tmp/in"
put 'glyph a 1'; expect "no height" 2 "" ./bigfont "$tmp/in"
put 'height 1' 'gap 10'; expect "gap too wide" 2 "" ./bigfont "$tmp/in"
put 'height 1' 'glyph a' 81 'print a'; expect "first width" 0 "#      #" ./bigfont "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
