# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./tabfmt ] || cd "$here/../source" || exit 2
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

of() { [ "$1" = 0 ] || printf "%$1s" '' | tr ' ' "$2"; }
for n in 1 255 256 257 300 512 1022 1023; do
  x=$(of "$n" x) r=$(of "$n" -) s=$(of "$((n - 1))" ' ')
  printf 'a\tb\n%s\ty\nz\tw\n' "$x" >"$tmp/in"
  expect "cell of $n" 0 "a$s  b
$r  -
$x  y
z$s  w" ./tabfmt "$tmp/in"
  printf 'a\tb\n1\t%s\n2\ty\n' "$x" >"$tmp/in"
  expect "last cell of $n" 0 "a  b
-  $r
1  $x
2  y" ./tabfmt "$tmp/in"
  printf 'a>\tb\n%s\ty\nz\tw\n' "$x" >"$tmp/in"
  expect "cell of $n to the right" 0 "${s}a  b
$r  -
$x  y
${s}z  w" ./tabfmt "$tmp/in"
  printf 'a>\tb>\n1\t%s\nz\tw\n' "$x" >"$tmp/in"
  expect "last cell of $n to the right" 0 "1  $x
z  ${s}w" ./tabfmt -b "$tmp/in"
  [ "$n" -lt 1023 ] || continue
  printf '%s>\tb\ny\tz\n' "$x" >"$tmp/in"
  expect "name of $n" 0 "$x  b
$r  -
${s}y  z" ./tabfmt "$tmp/in"
done
for n in 1024 1279 1280 2000; do
  printf 'a\tb\n%s\ty\n' "$(of "$n" x)" >"$tmp/in"; expect "cell of $n" 2 "" ./tabfmt "$tmp/in"
done
# stairs COLUMNS WIDTH MARK: each row has one long cell, in another column.
stairs() {
  awk -v n="$1" -v w="$2" -v mark="$3" 'BEGIN {
    x = sprintf("%*s", w, ""); gsub(/ /, "x", x)
    for (i = 1; i <= n; i++) printf "%s%s%s", (i > 1 ? "\t" : ""), i, mark
    print ""
    for (r = 1; r <= n; r++) { for (i = 1; i <= r; i++) printf "%s%s", (i > 1 ? "\t" : ""), (i == r ? x : ""); print "" } }'
}
# stairs_printed COLUMNS WIDTH: what that looks like without the names.
stairs_printed() {
  awk -v n="$1" -v w="$2" 'BEGIN {
    x = sprintf("%*s", w, ""); gsub(/ /, "x", x)
    for (r = 1; r <= n; r++) { if (r > 1) printf "%*s", (r - 1) * (w + 2), ""; print x } }'
}
for given in '3 300' '10 256' '64 255' '64 256' '64 1000' '64 1021' '64 1022' '64 1023' '63 1023'; do
  set -- $given
  for mark in '' '>'; do
    stairs "$1" "$2" "$mark" >"$tmp/in"; stairs_printed "$1" "$2" >"$tmp/wanted"
    name="$1 columns of $2, $mark"; attempt ./tabfmt -b "$tmp/in"
    [ "$rc" = 0 ] || fail "$name: status $rc"
    cmp -s "$tmp/out" "$tmp/wanted" || fail "$name: printed something else"
  done
done
awk 'BEGIN { x = sprintf("%1023s", ""); gsub(/ /, "y", x); for (r = 0; r < 3; r++) { for (i = 1; i <= 64; i++) printf "%s%s", (i > 1 ? "\t" : ""), x; print "" } }' >"$tmp/in"
sed 's/	/  /g' "$tmp/in" | tail -n 2 >"$tmp/wanted"
name="all cells as long as can be"; attempt ./tabfmt -b "$tmp/in"
[ "$rc" = 0 ] || fail "$name: status $rc"
cmp -s "$tmp/out" "$tmp/wanted" || fail "$name: printed something else"
printf 'k\tv>\nb\t10\na\nc\t9\n' >"$tmp/in"
expect "sorted by value" 0 "k   v
-  --
a
b  10
c   9" ./tabfmt -s 2 "$tmp/in"
expect "no such column" 2 "" ./tabfmt -s 3 "$tmp/in"
printf 'a\t\tb\n\tx\n\n' >"$tmp/in"
expect "empty cells" 0 "a     b
-  -  -
   x" ./tabfmt "$tmp/in"
printf 'a\n' >"$tmp/in"; expect "names only" 0 "a
-" ./tabfmt "$tmp/in"
printf 'a\tb\n1\t2\t3\n' >"$tmp/in"; expect "more cells" 2 "" ./tabfmt "$tmp/in"
{ of 64 x | sed 's/x/x	/g'; echo; } >"$tmp/in"; expect "65 columns" 2 "" ./tabfmt "$tmp/in"
{ echo a; of 65700 x; echo; } >"$tmp/in"; expect "line too long" 2 "" ./tabfmt "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
