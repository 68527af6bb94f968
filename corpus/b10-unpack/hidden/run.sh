#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f unpack.py ] || { echo "run me in source/"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL $*"; exit 1; }
# same NAME EXPECTED-TEXT COMMAND...: exit 0 and exactly that output (printf escapes)
same() {
    name=$1; want=$2; shift 2
    timeout 20 "$@" >"$work/out" 2>"$work/err" || fail "$name: exit status"
    printf "$want" >"$work/want"
    cmp -s "$work/want" "$work/out" || fail "$name: output"
}
# clean NAME COMMAND...: ends by itself with status 0, 1 or 2 and without a sanitizer report; sets rc
clean() {
    name=$1; shift
    timeout 20 "$@" >"$work/out" 2>"$work/err"
    rc=$?
    [ $rc -le 2 ] || fail "$name: exit status $rc"
    if grep -q -e Sanitizer -e 'runtime error' -e Traceback "$work/err"; then fail "$name: report"; fi
}
# refused NAME COMMAND...: clean, and status 1 or 2
refused() {
    clean "$@"
    [ $rc -ne 0 ] || fail "$1: should be refused"
}

fresh() { rm -rf "$work/t"; mkdir -p "$work/t/a/out"; }
unpack() { fresh; (cd "$work/t/a" && timeout 20 python3 "$src/unpack.py" "$work/in" out >"$work/out" 2>"$work/err"); rc=$?; }
src=$PWD
entry() { printf 'file %s %d\n%s\n' "$1" ${#2} "$2"; }
has() { [ "$(cat "$work/t/a/out/$1" 2>/dev/null)" = "$2" ] || fail "$3: $1"; }
# all kinds of right names
{ echo ARC1; entry one.txt 1; entry sub/two.txt 2; echo "dir empty/deep"; entry a/b/c/d three; entry notes..txt 4; entry v1..v2/..x 5; entry ...  6;
  entry sub/one.txt seven; echo "link now sub/two.txt"; echo "link sub/up ../one.txt"; echo "link a/b/side ../../sub"; } >"$work/in"
unpack; [ $rc -eq 0 ] || fail "right names: status $rc"
has one.txt 1 names; has sub/two.txt 2 names; has a/b/c/d three names; has notes..txt 4 names; has v1..v2/..x 5 names; has ... 6 names
has sub/one.txt seven names; has now 2 links; has sub/up 1 links; has a/b/side/two.txt 2 links
[ -d "$work/t/a/out/empty/deep" ] || fail "folders"
[ -L "$work/t/a/out/now" ] || fail "links are links"
{ echo ARC1; entry one.txt old; entry one.txt new; } >"$work/in"
unpack; [ $rc -eq 0 ] && has one.txt new "a file twice"
# whatever an archive names, nothing is written outside
inside() {
    unpack
    [ $rc -le 2 ] && ! grep -q Traceback "$work/err" || fail "$1: status"
    [ "$(cd "$work/t" && find . -path ./a/out -prune -o -print | LC_ALL=C sort | tr '\n' ' ')" = ". ./a " ] || fail "$1: something is outside"
}
for name in ../x ../../x sub/../../x ./../x ....//x ....//....//x ..././x ..//x ../out-x/y ../out.txt ../outx a/../../outer/x "$work/t/x" "/$work/t/x" .. sub/../..; do
    { echo ARC1; entry ok.txt fine; entry "$name" bad; } >"$work/in"; inside "file $name"
    { echo ARC1; echo "dir $name/new"; } >"$work/in"; inside "dir $name"
    { echo ARC1; echo "link $name ok.txt"; } >"$work/in"; inside "link at $name"
    { echo ARC1; echo "link go $name"; entry go bad; } >"$work/in"; inside "file through a link to $name"
    { echo ARC1; echo "link go $name"; entry go/x bad; } >"$work/in"; inside "file below a link to $name"
    { echo ARC1; echo "link go $name"; echo "dir go/x"; } >"$work/in"; inside "dir below a link to $name"
done
for up in .. ../ "$work/t" ../../a; do
    { echo ARC1; echo "link go $up"; entry go/x bad; entry go/outx bad; } >"$work/in"; inside "a link to $up"
    { echo ARC1; echo "link go $up"; echo "link gone go/.."; entry gone/x bad; } >"$work/in"; inside "two links, $up"
done
{ echo ARC1; echo "link d/e/l ../.."; echo "link m d/e/l/.."; entry m/x bad; } >"$work/in"; inside "links that only look inside"
