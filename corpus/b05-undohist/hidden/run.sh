#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f hist.h ] || { echo "run me in source/"; exit 1; }
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

ins() { for i in $(seq $1); do echo "ins w$i"; done; }
words() { for i in $(seq $1); do printf 'w%d ' $i; done; }
ask() { { ins $1; printf "$2"; } >"$work/in"; }
ask 3 'again\nshow\nundo\nshow\n'
same "again and undo" 'w1 w2 w3 w3 \nw1 w2 w3 \n' ./undohist "$work/in"
# the steps grow at 8, 16, 32 ...: repeat at and around each of these
for n in 7 8 9 15 16 17 31 32 33 64 128 512; do
    ask $n 'again\nshow\n'
    same "again after $n" "$(words $n)w$n \n" ./undohist "$work/in"
    ask $n 'times 3\nshow\n'
    same "times 3 after $n" "$(words $n)w$n w$n w$n \n" ./undohist "$work/in"
    ask $n 'again\nundo\nagain\nundo\nundo\nredo\nshow\n'
    same "again, undo, redo after $n" "$(words $n)\n" ./undohist "$work/in"
done
ask 1 'times 40\ncount\nundo\ncount\n'
same "times 40" '41\n40\n' ./undohist "$work/in"
ask 2000 'count\n'
same "2000 steps" '2000\n' ./undohist "$work/in"
ask 8 'undo\nundo\nins x\nshow\nagain\nshow\n'
same "a new step after undo" "$(words 6)x \n$(words 6)x x \n" ./undohist "$work/in"
ask 8 'ins z\nundo\nagain\nshow\nredo\n'
refused "nothing to redo after again" ./undohist "$work/in"
ask 8 'ins z\nins y\nundo\nundo\nagain\nshow\ntimes 2\nshow\n'
same "again after undo" "$(words 8)w8 \n$(words 8)w8 w8 w8 \n" ./undohist "$work/in"
long=$(printf 'L%.0s' $(seq 63))
{ ins 7; printf "ins $long\nagain\ntimes 9\ncount\nundo\n"; } >"$work/in"
same "longest words" '18\n' ./undohist "$work/in"
printf 'again\n' >"$work/in"
refused "nothing to repeat" ./undohist "$work/in"
printf 'ins a\nundo\nundo\n' >"$work/in"
refused "nothing to undo" ./undohist "$work/in"
