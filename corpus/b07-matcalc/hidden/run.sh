#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f matrix.h ] || { echo "run me in source/"; exit 1; }
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

ask() { printf "$1" >"$work/in"; }
ask 'new a 1000 1000 1\nsum a\n'
same "largest square" '1000000\n' ./matcalc "$work/in"
ask 'new a 1000000 1 2\nsum a\nnew b 1 1000000 3\nsum b\nsize b\n'
same "longest column and row" '2000000\n3000000\n1 1000000\n' ./matcalc "$work/in"
ask 'new a 1 5000 2\nnew b 5000 1 3\nmul c a b\nprint c\n'
same "product of long ones" '30000\n' ./matcalc "$work/in"
ask 'new a 1000 1 2\nnew b 1 1000 3\nkron c a b\nsize c\nsum c\nmul d a b\nsum d\n'
same "largest kron and mul" '1000 1000\n6000000\n6000000\n' ./matcalc "$work/in"
ask 'new a 2 2 1\nset a 0 1 5\nnew b 1 2 3\nkron c a b\nprint c\nmul d b a\nprint d\n'
same "small ones" '3 3 15 15\n3 3 3 3\n6 18\n' ./matcalc "$work/in"
for big in '1001 1000' '1000001 1' '1 1000001' '46341 46341' '60000 60000' '65536 65536' '65536 65537' \
    '131072 32768' '32768 131072' '1000000 1000000' '3 1431655766' '1431655766 3' '2147483647 2147483647' \
    '2147483647 2' '65536 32768' '0 5' '5 0' '-1 5' '-1 -1' '-65536 -65536' '-2147483648 -1'; do
    ask "new a $big 1\n"; refused "new of $big" ./matcalc "$work/in"
done
for big in '1000000 1 1000000 1' '1 1000000 1 1000000' '65536 1 65536 1' '1 65536 1 65536' '1000 1 1001 1' \
    '256 256 256 256' '1000 1000 1000 1000' '65536 1 1 65536'; do
    set -- $big
    ask "new a $1 $2 1\nnew b $3 $4 1\nkron c a b\n"; refused "kron of $big" ./matcalc "$work/in"
done
ask 'new a 65536 1 1\nnew b 1 65536 1\nmul c a b\n'
refused "mul of long ones" ./matcalc "$work/in"
