# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./jsonpick ] || cd "$here/../source" || exit 2
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

# repeat COUNT TEXT
repeat() { awk -v n="$1" -v t="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", t }'; }
arrays() { repeat "$1" '['; printf '%s' "$2"; repeat "$1" ']'; }
objects() { repeat "$1" '{"k":'; printf '%s' "$2"; repeat "$1" '}'; }
both() { repeat "$1" '[{"k":'; printf '%s' "$2"; repeat "$1" '}]'; }
bare() { repeat "$1" '[1,{"a":"b","k":'; printf '%s' "$2"; repeat "$1" '}]'; }
# picks NAME STATUS WANTED PATH LINES
picks() { name=$1 status=$2 wanted=$3; printf '%s\n%s\n' "$4" "$5" >"$tmp/in"; expect "$name" "$status" "$wanted" ./jsonpick "$tmp/in"; }
for depth in 64 128 257 513 999 1000; do
  picks "arrays $depth deep" 0 "$(arrays "$depth" 5)" "" "$(arrays "$depth" 5)"
  picks "objects $depth deep" 0 "$(objects "$depth" 5)" "" "$(objects "$depth" 5)"
  picks "empty arrays $depth deep" 0 "$(arrays "$depth" '')" "" "$(arrays "$depth" '')"
  picks "taken out of $depth" 0 "$(objects "$((depth - 2))" '"x"')" "k.k" "$(objects "$depth" '"x"')"
done
for depth in 130 500; do
  picks "both $depth deep" 0 "$(both "$depth" null)" "" "$(both "$depth" null)"
  picks "not alone, $depth deep" 0 "$(bare "$depth" null)" "" "$(bare "$depth" null)"
done
picks "an empty object 1000 deep" 0 "1" "#" "$(arrays 999 '{}')"
# Deeper: read or not, but no harm to the others.
# deeper NAME: the line in $tmp/deep may be "?" or the 7 it has inside; those around it are answered.
deeper() {
  name=$1
  { printf '0\n[1]\n'; cat "$tmp/deep"; printf '\n%s\n[2]\n' "[$(arrays 999 7)]"; printf '["x",%s]\n' "$(objects 999 7)"; } >"$tmp/in"
  attempt ./jsonpick "$tmp/in"
  sed 2d "$tmp/out" >"$tmp/rest"
  printf '1\n%s\n2\n"x"\n' "$(arrays 999 7)" >"$tmp/want"
  cmp -s "$tmp/rest" "$tmp/want" || fail "$name: other lines are not as they were"
  [ "$rc" = 0 ] || [ "$(sed -n 2p "$tmp/out")" = '?' ] || fail "$name: status $rc without a '?'"
  [ "$(grep -c '?' "$tmp/out")" = "$rc" ] || fail "$name: status $rc"
}
arrays 1001 7 >"$tmp/deep"; deeper "arrays 1001 deep"
objects 1100 7 >"$tmp/deep"; deeper "objects 1100 deep"
arrays 5000 7 >"$tmp/deep"; deeper "arrays 5000 deep"
arrays 200000 7 >"$tmp/deep"; deeper "arrays 200000 deep"
objects 200000 7 >"$tmp/deep"; deeper "objects 200000 deep"
both 150000 7 >"$tmp/deep"; deeper "both 300000 deep"
bare 150000 7 >"$tmp/deep"; deeper "not alone, 300000 deep"
repeat 200000 '{"a":' >"$tmp/deep"; deeper "objects, cut"
repeat 200000 '[' >"$tmp/deep"; deeper "arrays, cut"
repeat 100000 '[{"a":' >"$tmp/deep"; deeper "both, cut"
head -c 3000000 /dev/zero | tr '\0' '[' >"$tmp/deep"; deeper "three millions"
# Many that are too deep, or damaged far inside, and then one that is right.
{ printf '\n'; for i in 1 2 3 4 5 6 7 8 9 10; do repeat 3000 '['; echo; repeat 900 '['; echo; repeat 900 '{"a":'; echo; done; arrays 1000 7; echo; objects 1000 7; } >"$tmp/in"
name="after damaged ones"; attempt ./jsonpick "$tmp/in"
[ "$rc" = 1 ] && [ "$(grep -c '^?$' "$tmp/out")" = 30 ] && [ "$(tail -n 2 "$tmp/out")" = "$(arrays 1000 7; echo; objects 1000 7)" ] || fail "$name"
# Many beside each other are not deep.
picks "wide" 0 "5000" "#" "[$(repeat 4999 '[{}],')[]]"
picks "wide inside" 0 "3000" "a.#" "{\"a\":{$(repeat 2999 '"k":[[1]],')\"k\":{\"k\":{}}}}"
{ printf 'a\n'; i=0; while [ $i -lt 1500 ]; do echo '{"a":[[1]]}'; i=$((i+1)); done; } >"$tmp/in"
name="many lines"; attempt ./jsonpick "$tmp/in"
[ "$rc" = 0 ] && [ "$(grep -cFx '[[1]]' "$tmp/out")" = 1500 ] || fail "$name"
picks "paths" 0 '"]["
-
{ "d" : [ ] }' 'a.1' '{"a" : [ 1 , "][" ]}
{"a":[[1]]}
{"b":0, "a":[[], { "d" : [ ] }],"a":2}'
picks "counts" 0 '2
0
1
3' 'a.#' '{"a":{"x":[1,2,3],"y":{}}}
{"a":[]}
{"a":[{"b":[]}]}
{"a":[1,"\"",null]}'
picks "strings" 0 '"a\"]}\u00e9"' "" ' "a\"]}\u00e9" '
picks "not JSON" 1 "$(repeat 12 '? ' | tr ' ' '\n')" "" '[}
{]
[1,]
{"a":1,}
{"a" 1}
{1:2}
[
{"a":
]
[[1]]]
"a
[1]x'

[ "$bad" = 0 ] && echo ok
exit "$bad"
