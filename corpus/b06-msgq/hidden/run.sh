#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f queue.h ] || { echo "run me in source/"; exit 1; }
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

msg() { printf 'push %s %s\n%s\n.\n' "$1" "$2" "$3"; }
{ msg a 5 one; msg b 9 two; msg c 5 three; printf 'pop\npop\npop\npop\ncount\n'; } >"$work/in"
same "by priority, then by age" 'b: two\na: one\nc: three\nempty\n0 kept, 0 refused\n' ./msgq "$work/in"
b79=$(printf 'x%.0s' $(seq 79))
{ printf 'push long 0\n'; for i in $(seq 12); do echo "$b79"; done; printf '.\ncount\n'; } >"$work/in"
same "longest body" '1 kept, 0 refused\n' ./msgq "$work/in"
{ printf 'push two 3\nline 1\nline 2\n.\npop\n'; } >"$work/in"
same "two lines" 'two: line 1 line 2\n' ./msgq "$work/in"
# a message that is refused is passed over with its body; those before and after are served
over() {
    { msg a 1 first; cat "$work/bad"; msg z 2 last; printf 'pop\npop\ncount\n'; } >"$work/in"
    same "$1" "z: last\na: first\n0 kept, 1 refused\n" ./msgq "$work/in"
}
for p in 10 12 99 1000 -1 x 7x; do msg t $p "some body" >"$work/bad"; over "priority $p"; done
msg t 12 pop >"$work/bad"; over "a body that looks like a command"
msg t 12 "push u 3" >"$work/bad"; over "a body that looks like a message"
{ printf 'push long 3\n'; for i in $(seq 13); do echo "$b79"; done; printf '.\n'; } >"$work/bad"; over "long body"
{ printf 'push long 3\n'; for i in $(seq 60); do echo "$b79"; done; printf 'pop\n.\n'; } >"$work/bad"; over "longer body"
{ msg a 1 first; printf 'push z 3\nno end\n'; } >"$work/in"
clean "body without an end" ./msgq "$work/in"
{ for i in $(seq 50); do msg t 12 b; msg u 3 ok; done; echo count; } >"$work/in"
same "many of both" '50 kept, 50 refused\n' ./msgq "$work/in"
