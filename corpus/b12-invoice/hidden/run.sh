#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f invoice.py ] || { echo "run me in source/"; exit 1; }
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

src=$PWD
gives() { clean "$1" python3 "$src/invoice.py" "$work/in"; printf "$2" >"$work/want"; [ $rc -eq 0 ] && cmp -s "$work/want" "$work/out" || fail "$1: status $rc or output"; }
base='item nut 5\nitem bolt 7\nbundle pair nut bolt\n'
printf "${base}invoice A pair*2 nut\n" >"$work/in"
gives "bundle" 'A: 0.29\n'
printf "${base}bundle box pair*10 nut*3\nbundle pallet box*2 box pair\ninvoice B pallet pallet\ninvoice A bolt*1000\n" >"$work/in"
gives "a bundle used twice at several depths" 'B: 8.34\nA: 70.00\n'
printf "bundle outer inner*2 inner\nbundle inner nut\nitem nut 5\ninvoice A outer\n" >"$work/in"
gives "defined later" 'A: 0.15\n'
{ echo "item b0 1"; for i in $(seq 198); do echo "bundle b$i b$((i - 1))"; done; echo "invoice deep b198"; } >"$work/in"
gives "a chain as long as may be" 'deep: 0.01\n'
{ echo "item b0 1"; for i in $(seq 40); do echo "bundle b$i b$((i - 1)) b$((i - 1))"; done; echo "invoice wide b16*3 b3"; } >"$work/in"
gives "a lattice" 'wide: 1966.16\n'
printf "${base}invoice A nail\n" >"$work/in"
refused "not defined" python3 "$src/invoice.py" "$work/in"
# a bundle that contains itself: the invoice is refused, at any length of the circle
circle() {
    printf "$base$2invoice A ok\n" >"$work/in"; echo "invoice B $3" >>"$work/in"
    refused "$1" python3 "$src/invoice.py" "$work/in"
    if grep -q '^B:' "$work/out"; then fail "$1: has a total"; fi
    { printf "$base$2"; echo "invoice B $3"; echo "invoice C $3*2"; } >"$work/in"
    refused "$1, alone" python3 "$src/invoice.py" "$work/in"
    [ ! -s "$work/out" ] || fail "$1, alone: has a total"
}
circle "itself" 'bundle ok pair\nbundle self self\n' self
circle "itself among others" 'bundle ok pair\nbundle self nut pair*2 self*3\n' self
circle "two" 'bundle ok pair\nbundle x y\nbundle y x nut\n' x
circle "three, from outside" 'bundle ok pair\nbundle top ok x\nbundle x y\nbundle y z\nbundle z nut x\n' top
long='bundle ok pair\n'; for i in $(seq 150); do long="${long}bundle c$i c$((i % 150 + 1))\n"; done
circle "a hundred and fifty" "$long" c7
