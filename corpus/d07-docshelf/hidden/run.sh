# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./docshelf.py ] || cd "$here/../source" || exit 2
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

# asks NAME WANTED REQUESTS: of the shelf in $tmp/shelf.
asks() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" python3 docshelf.py "$tmp/shelf" "$tmp/in"; }
# list LIST MAY NOT: those of MAY may read and add to a document with that list, those of NOT may not.
printf 'group staff: ann, bob ,joanna\ngroup board: steve,@chairs\ngroup chairs: mary-ann\ngroup boarders: rex\ngroup ring: kim, @ring2\ngroup ring2: lou,@ring\ngroup x.y: zoe\ngroup nobody:\n' >"$tmp/shelf"
: >"$tmp/in"; : >"$tmp/wanted"; count=0
list() {
  count=$((count + 1)); d="d$count"
  printf 'document %s\n  readers: %s\n  writers: %s\n  | text of %s.\n' "$d" "$1" "$1" "$d" >>"$tmp/shelf"
  for user in $2; do
    printf '%s: read %s\n%s: find of %s.\n' "$user" "$d" "$user" "$d" >>"$tmp/in"
    printf 'text of %s.\n%s: text of %s.\n' "$d" "$d" "$d" >>"$tmp/wanted"
  done
  for user in $3; do
    printf '%s: read %s\n%s: find of %s.\n%s: add %s | x\n' "$user" "$d" "$user" "$d" "$user" "$d" >>"$tmp/in"
    printf -- '-\n-\n-\n' >>"$tmp/wanted"
  done
  for user in $2; do printf '%s: add %s | more\n' "$user" "$d" >>"$tmp/in"; echo ok >>"$tmp/wanted"; done
}
list "joanna, bob" "joanna bob" "ann jo an anna o b joann joannab joanna-bob a"
list "mary-ann,ann-kathrin , x.y" "mary-ann ann-kathrin x.y" "ann mary kathrin x y ry-a ann- x.y.z xay"
list "@staff" "ann bob joanna" "staff an jo steve nobody"
list "@board" "steve mary-ann" "eve ann mary rex chairs board boarders te"
list "@boarders" "rex" "steve mary-ann board ex re r"
list "@board,@boarders" "rex steve mary-ann" "ann"
list "@staff, -bob" "ann joanna" "bob o steve"
list "-bobby,@staff" "bob ann" "bobby by"
list "-ann-kathrin, ann" "ann" "ann-kathrin kathrin"
list "  -joanna ,ann" "ann" "joanna anna"
list "ann, -ann" "" "ann"
list "-ann" "" "ann bob"
list "*" "ann guest rex x" ""
list "*, -rex" "ann re rexy" "rex"
list "ann , *" "bob" ""
list "@ring" "kim lou" "ki ring ou"
list "@ring2" "lou kim" ""
list "@x.y" "zoe" "xay x.y zo"
list "@nobody" "" "ann nobody"
list "@none" "" "ann none"
list "" "" "ann a"
list "ann" "ann" "an nn n joanna"
name="lists"; attempt python3 docshelf.py "$tmp/shelf" "$tmp/in"
[ "$rc" = 0 ] && cmp -s "$tmp/out" "$tmp/wanted" ||
  fail "lists: $(diff "$tmp/out" "$tmp/wanted" | head -n 5)"
{ printf 'document a\n| text\ndocument b\nwriters: lou\nreaders:  kim\n| one\n'; } >"$tmp/shelf"
asks "a writer does not read" "ok
-
one
two
-" 'lou: add b | two\nlou: read b\nkim: read b\nkim: add b | x\n'
asks "no list, and no request" "-
-
?
?
?
?
?
b" 'kim: read a\nkim: read c\nkim: dance\n: read b\nKim: read b\nkim read b\nkim: find\nkim: list\n'
printf 'mary-ann: read diary\nsteve: find said\njoanna: read pay\nsteve: list\nrex: list\nann: list\nann: read pay\n' >"$tmp/in"
expect "the office" 0 "TOY-SECRET: dear diary
minutes: TOY-SECRET: what was said
TOY-SECRET: who earns what
menu
minutes
menu
menu
plan
-" python3 docshelf.py office.shelf "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
