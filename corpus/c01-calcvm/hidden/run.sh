# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./calc ] || cd "$here/../source" || exit 2
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

# repeat N TEXT: the text N times.
repeat() { i=0; while [ "$i" -lt "$1" ]; do printf '%s' "$2"; i=$((i + 1)); done; }
# nested N VALUE: N values that all wait for the innermost parenthesis.
nested() { printf '%s' "$2"; repeat "$(($1 - 1))" "+($2"; repeat "$(($1 - 1))" ")"; echo; }
# listed N VALUE: a sum of N values, by call.
listed() { printf 'sum(%s' "$2"; repeat "$(($1 - 1))" ",$2"; echo ")"; }
for n in 2 33 63 64; do
  nested "$n" 1 >"$tmp/in"; expect "$n numbers nested" 0 "$n" ./calc "$tmp/in"
  listed "$n" 1 >"$tmp/in"; expect "$n numbers listed" 0 "$n" ./calc "$tmp/in"
  { echo "x = 3"; nested "$n" x; } >"$tmp/in"; expect "$n names nested" 0 "$((3 * n))" ./calc "$tmp/in"
  { echo "x = 3"; listed "$n" x; } >"$tmp/in"; expect "$n names listed" 0 "$((3 * n))" ./calc "$tmp/in"
done
for n in 65 66 90 129 199; do
  nested "$n" 1 >"$tmp/in"; sound "$n numbers nested" "$n" ./calc "$tmp/in"
  { echo "x = 3"; nested "$n" x; } >"$tmp/in"; sound "$n names nested" "$((3 * n))" ./calc "$tmp/in"
done
for n in 65 66 90 257 900; do
  listed "$n" 1 >"$tmp/in"; sound "$n numbers listed" "$n" ./calc "$tmp/in"
  { echo "x = 3"; listed "$n" x; } >"$tmp/in"; sound "$n names listed" "$((3 * n))" ./calc "$tmp/in"
done
{ echo "x = 1"; nested 64 1 | sed 's/1)/x)/'; } >"$tmp/in"; expect "64, the last a name" 0 64 ./calc "$tmp/in"
{ echo "x = 1"; nested 65 1 | sed 's/1)/x)/'; } >"$tmp/in"; sound "65, the last a name" 65 ./calc "$tmp/in"
{ printf '1'; repeat 700 '+1'; echo; } >"$tmp/in"; expect "a long sum" 0 701 ./calc "$tmp/in"
{ echo "x = 2"; printf 'x'; repeat 400 '-1+x'; echo; } >"$tmp/in"; expect "a long sum of names" 0 402 ./calc "$tmp/in"
{ listed 40 1 | tr '\n' ' '; printf '+ '; listed 40 1; } >"$tmp/in"; expect "two calls of 40" 0 80 ./calc "$tmp/in"
{ printf '%s' '1+('; listed 63 1 | tr '\n' ')'; echo; } >"$tmp/in"; expect "a call of 63 inside" 0 64 ./calc "$tmp/in"
{ listed 64 1; nested 64 2; echo 7; } >"$tmp/in"; expect "full lines one after another" 0 "64
128
7" ./calc "$tmp/in"
{ echo 5; nested 300 1; echo 6; } >"$tmp/in"; expect "nested too deeply" 2 5 ./calc "$tmp/in"
{ printf '('; repeat 150 '('; printf '9'; repeat 151 ')'; echo; } >"$tmp/in"; expect "plain parentheses" 0 9 ./calc "$tmp/in"
printf -- '--5\n-(2 - 3)\n7 %% 4 * 2\n20 / 3 / 2\nmin(3)\n' >"$tmp/in"
expect "signs and order" 0 "5
1
6
3
3" ./calc "$tmp/in"
for text in '9223372036854775807 + 1' '99999999999999999999' 'abs(1, 2)' 'sum()' 'foo(1)' 'x' '1 2' 'min(1' '5 % 0' '1x = 2'; do
  printf '%s\n' "$text" >"$tmp/in"; expect "$text" 2 "" ./calc "$tmp/in"
done

[ "$bad" = 0 ] && echo ok
exit "$bad"
