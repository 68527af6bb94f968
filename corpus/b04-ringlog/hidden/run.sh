#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f ring.h ] || { echo "run me in source/"; exit 1; }
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

lines() { for i in $(seq $1); do echo "add e$i"; done; }
ask() { { lines $1; printf "$2"; } >"$work/in"; }
ask 3 'at 0\nat 2\nat -1\nat -3\n'
same "both ends" 'e1\ne3\ne3\ne1\n' ./ringlog "$work/in"
ask 20 'at 0\nat 15\nat -1\nat -16\nat -2\n'
same "after going round" 'e5\ne20\ne20\ne5\ne19\n' ./ringlog "$work/in"
ask 16 'at -16\nat 15\nsince -2\n'
same "just full" 'e1\ne16\ne15\ne16\n' ./ringlog "$work/in"
ask 17 'since 14\nsince -1\nsince 0\n'
same "since" "e16\ne17\ne17\n$(for i in $(seq 2 17); do printf 'e%d\\n' $i; done)" ./ringlog "$work/in"
# what is not there: none, or refused
absent() {
    ask $1 "$2\n"
    clean "$2 of $1" ./ringlog "$work/in"
    [ $rc -ne 0 ] || [ "$(cat "$work/out")" = none ] || fail "$2 of $1: output"
}
for n in 1 2 3 15; do
    absent $n "at -$((n + 1))"; absent $n "at -$((n + 2))"; absent $n "at -17"; absent $n "at -2147483648"
    absent $n "since -$((n + 1))"; absent $n "since -40"; absent $n "at $n"; absent $n "since $n"
done
for n in 16 17 33; do absent $n "at -17"; absent $n "at -33"; absent $n "since -17"; absent $n "at 16"; done
absent 0 'at -1'; absent 0 'at 0'; absent 0 'since -1'
