#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f frame.h ] || { echo "run me in source/"; exit 1; }
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

# frame KIND ACK LAST CHANNEL TEXT (numbers octal)
frame() { printf "\\$1\\$2\\$3\\$4\\000\\0$(printf %o ${#5})$5"; }
{ frame 001 000 000 003 ""; frame 002 000 000 003 ab; frame 002 000 001 003 cd; frame 003 000 000 003 ""; } >"$work/in"
same "one session" '3 open\n3 abcd\n3 closed\n' ./session "$work/in"
{ frame 001 000 000 001 ""; frame 001 000 000 007 ""; frame 002 000 000 001 x; frame 002 000 001 007 y; frame 002 001 001 001 z; frame 003 000 000 001 ""; } >"$work/in"
same "two channels and an ack" '1 open\n7 open\n7 y\n1 xz ack\n1 closed\n' ./session "$work/in"
{ frame 001 001 000 002 ""; frame 003 001 000 002 ""; } >"$work/in"
same "acks of open and close" '2 open ack\n2 closed ack\n' ./session "$work/in"
{ frame 001 000 000 003 ""; frame 002 000 000 003 ab; frame 003 000 001 003 ""; } >"$work/in"
refused "close inside a message" ./session "$work/in"
{ frame 002 000 001 003 ab; } >"$work/in"
refused "data before open" ./session "$work/in"
{ frame 001 000 000 020 ""; } >"$work/in"
refused "channel 16" ./session "$work/in"
printf '\001\000\000\003\000\001' >"$work/in"
refused "text cut off" ./session "$work/in"
# a flag that is neither 0 nor 1: refused, or taken as set; never as clear
odd() {
    clean "$1" ./session "$work/in"
    printf "$2" >"$work/want"
    [ $rc -ne 0 ] || cmp -s "$work/want" "$work/out" || fail "$1: output"
}
for v in 002 003 004 020 100 177 200 201 377; do
    { frame 001 $v 000 003 ""; frame 003 000 000 003 ""; } >"$work/in"
    odd "ack $v in open" '3 open ack\n3 closed\n'
    { frame 001 000 000 003 ""; frame 002 000 $v 003 ab; frame 003 000 000 003 ""; } >"$work/in"
    odd "last $v in data" '3 open\n3 ab\n3 closed\n'
    { frame 001 000 000 003 ""; frame 002 $v 001 003 ab; frame 003 000 000 003 ""; } >"$work/in"
    odd "ack $v in data" '3 open\n3 ab ack\n3 closed\n'
    { frame 001 000 000 003 ""; frame 002 000 001 003 ab; frame 003 $v 000 003 ""; } >"$work/in"
    odd "ack $v in close" '3 open\n3 ab\n3 closed ack\n'
    { frame 001 $v $v 003 ""; frame 002 $v $v 003 ab; frame 003 000 000 003 ""; } >"$work/in"
    odd "both $v" '3 open ack\n3 ab ack\n3 closed\n'
done
