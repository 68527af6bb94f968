# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./deporder ] || cd "$here/../source" || exit 2
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

count() { i=$1; while [ "$i" -le "$2" ]; do printf "$3" "$i"; i=$((i + 1)); done; }
for n in 6 7 8 9 15 16 17 31 32 33 63 64 65 100 255 256 257 300; do
  { printf 'all:'; count 1 "$n" ' t%d'; echo; } >"$tmp/in"
  expect "a rule of $n" 0 "$(count 1 "$n" 't%d\n'; echo all)" ./deporder "$tmp/in"
  expect "a rule of $n, listed" 0 "$(echo "all $n"; count 1 "$n" 't%d 0\n')" ./deporder -l "$tmp/in"
  { count 1 "$n" 'x%d:\n'; echo 'after later earlier'; } >"$tmp/in"
  expect "after, behind $n" 0 "earlier
later" ./deporder "$tmp/in" later
  expect "after, behind $n, listed" 0 "$(count 1 "$n" 'x%d 0\n')
later 1
earlier 0" ./deporder -l "$tmp/in"
  { count 1 "$n" 'x%d:\n'; printf 'last:\tone  two x1\ttwo\n'; } >"$tmp/in"
  expect "two new behind $n" 0 "$(count 1 "$n" 'x%d 0\n')
last 4
one 0
two 0" ./deporder -l "$tmp/in"
done
{ echo 's0:'; i=1; while [ "$i" -le 700 ]; do echo "after s$((i - 1)) s$i"; i=$((i + 1)); done; } >"$tmp/in"
expect "a long chain" 0 "$(i=700; while [ "$i" -ge 0 ]; do echo "s$i"; i=$((i - 1)); done)" ./deporder "$tmp/in"
{ i=0; while [ "$i" -lt 60 ]; do echo "r$i: a$i b$i c$i d$i"; i=$((i + 1)); done; } >"$tmp/in"
expect "many rules" 0 "$(i=0; while [ "$i" -lt 60 ]; do printf 'a%d\nb%d\nc%d\nd%d\nr%d\n' $i $i $i $i $i; i=$((i + 1)); done)" ./deporder "$tmp/in"
printf 'a: b c\nc: d\nb: d\nafter e c\n' >"$tmp/in"
expect "listed in order of naming" 0 "a 2
b 1
c 1
d 0
e 1" ./deporder -l "$tmp/in"
printf 'after b a\nx: y\n' >"$tmp/in"
expect "after, listed" 0 "b 1
a 0
x 1
y 0" ./deporder -l "$tmp/in"
printf 'a: a1\nb: b1\na: a2 b1\n' >"$tmp/in"
expect "a rule added to" 0 "a1
a2
b1
a
b" ./deporder "$tmp/in"
printf 'a: a\n' >"$tmp/in"; expect "itself" 2 "" ./deporder "$tmp/in"
printf 'after a\n' >"$tmp/in"; expect "after one" 2 "" ./deporder "$tmp/in"
printf 'after a b c\n' >"$tmp/in"; expect "after three" 2 "" ./deporder "$tmp/in"
printf 'a b: c\n' >"$tmp/in"; expect "two targets" 2 "" ./deporder "$tmp/in"
long=$(printf '%63s' '' | tr ' ' n)
echo "a: $long" >"$tmp/in"; expect "longest name" 0 "$long
a" ./deporder "$tmp/in"
echo "a: b c d e f g h i ${long}n j" >"$tmp/in"; expect "name too long" 2 "" ./deporder "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
