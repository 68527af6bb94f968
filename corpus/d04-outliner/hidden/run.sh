# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./outliner ] || cd "$here/../source" || exit 2
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

given() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" ./outliner "$tmp/in"; }
wrong() { name=$1; printf '%b' "$2" >"$tmp/in"; expect "$name" 1 "" ./outliner "$tmp/in"; }
# many NAME COUNT: so many items of one level.
many() {
  awk "BEGIN { for (i = 1; i <= $2; i++) print \"item \" i }" >"$tmp/in"
  awk "BEGIN { for (i = 1; i <= $2; i++) print i \" item \" i }" >"$tmp/list"
  expect "$1" 0 "$(cat "$tmp/list")" ./outliner "$tmp/in"
}
many "31 items" 31
many "32 items" 32
many "33 items" 33
many "70 items" 70
many "1023 items" 1023
many "1100 items" 1100
many "as many as may be" 4096
awk 'BEGIN { for (i = 1; i <= 4097; i++) print "item " i }' >"$tmp/in"
expect "one too many" 1 "" ./outliner "$tmp/in"
# Copies of trees of several sizes at every place; all have the same form.
for lead in 0 1 2 3 5 8 13 18 20 21 22 23 24 25 26 27 28 29 30 31 40 49 50 51 52 53 54 55 56 57 58 59 60; do
  awk "BEGIN { print \"top\"; print \"  left\"; print \"    leaf\"; print \"  right\"; print \"    leaf\"; print \"    leaf of 2\"
    for (i = 1; i <= $lead; i++) print \"item \" i; print \"end\"; print \"  =1\"; print \"  last\"; print \"=1.2\" }" >"$tmp/in"
  awk "BEGIN { print \"1 top (5)\"; print \"1.1 left (1)\"; print \"1.1.1 leaf\"; print \"1.2 right (2)\"; print \"1.2.1 leaf\"; print \"1.2.2 leaf of 2\"
    for (i = 1; i <= $lead; i++) print i + 1 \" item \" i; n = $lead + 2
    print n \" end (7)\"; print n \".1 top (5)\"; print n \".1.1 left (1)\"; print n \".1.1.1 leaf\"; print n \".1.2 right (2)\"; print n \".1.2.1 leaf\"; print n \".1.2.2 leaf of 2\"; print n \".2 last\"
    print n + 1 \" right (2)\"; print n + 1 \".1 leaf\"; print n + 1 \".2 leaf of 2\" }" >"$tmp/list"
  expect "copied after $lead" 0 "$(cat "$tmp/list")" ./outliner "$tmp/in"
done
# A copy of one item, over and over.
awk 'BEGIN { print "x"; for (i = 0; i < 200; i++) print "=1" }' >"$tmp/in"
awk 'BEGIN { for (i = 1; i <= 201; i++) print i " x" }' >"$tmp/list"
expect "one item copied" 0 "$(cat "$tmp/list")" ./outliner "$tmp/in"
# What doubles each time.
printf 'a\n  b\nall\n  =1\n=2\n=3\n' >"$tmp/in"
expect "copies of copies" 0 "1 a (1)
1.1 b
2 all (2)
2.1 a (1)
2.1.1 b
3 all (2)
3.1 a (1)
3.1.1 b
4 all (2)
4.1 a (1)
4.1.1 b" ./outliner "$tmp/in"
awk 'BEGIN { print "a"; for (i = 0; i < 99; i++) print "  b"; for (i = 0; i < 39; i++) print "=1"; for (i = 0; i < 96; i++) print "c" }' >"$tmp/in"
name="full of copies"; attempt ./outliner "$tmp/in"
[ "$rc" = 0 ] && [ "$(wc -l <"$tmp/out")" = 4096 ] && [ "$(grep -c '(99)' "$tmp/out")" = 40 ] || fail "$name"
awk 'BEGIN { print "a"; for (i = 0; i < 99; i++) print "  b"; for (i = 0; i < 40; i++) print "=1" }' >"$tmp/in"
expect "more copies than may be" 1 "" ./outliner "$tmp/in"
given "a copy gets more" "1 a (1)
1.1 b
2 a (2)
2.1 b
2.2 c
3 a (1)
3.1 b" 'a\n  b\n=1\n  c\n=1\n'
awk 'BEGIN { for (i = 0; i < 20; i++) { for (k = 0; k < i; k++) printf "  "; print "x" } }' >"$tmp/in"
name="twenty levels"; attempt ./outliner "$tmp/in"
[ "$rc" = 0 ] && [ "$(tail -n 1 "$tmp/out")" = "1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1 x" ] || fail "$name"
{ cat "$tmp/in"; printf 'y\n  =1\n'; } >"$tmp/in2"
expect "a copy too deep" 1 "" ./outliner "$tmp/in2"
long=$(printf '%79s' '' | tr ' ' w)
given "a long text" "1 $long
2 $long" "$long\n=1\n"
wrong "a longer text" "w$long\n"
wrong "copied into itself" 'a\n  b\n    =1\n'
wrong "copied below itself" 'a\n  =1\n'
wrong "copy of no number" 'a\n=x\n'
wrong "copy of nothing" 'a\n=1.1\n'
wrong "two levels at once" 'a\n    b\n'
wrong "begins deep" '  a\n'
given "nothing" "" '\n\n'

[ "$bad" = 0 ] && echo ok
exit "$bad"
