#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f rle.h ] || { echo "run me in source/"; exit 1; }
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

# 4 by 2, one run and one literal packet
printf 'RL1 4 2\n\204a\004bcde' >"$work/a"
same "runs and literals" "aaaa\nbcde\n" ./rle show "$work/a"
printf 'RL1 3 2\n\205x\001y' >"$work/b"
same "a run over the row's end" "xxx\nxxy\n" ./rle show "$work/b"
{ printf 'RL1 127 2\n\377q\177'; printf 'w%.0s' $(seq 127); } >"$work/c"
same "longest packets" "$(printf 'q%.0s' $(seq 127))\n$(printf 'w%.0s' $(seq 127))\n" ./rle show "$work/c"
{ printf 'RL1 1024 1024\n'; for i in $(seq 8256); do printf '\377z'; done; printf '\300z'; } >"$work/d"
same "largest picture" "z 1048576\n" ./rle count "$work/d"
same "count" "a 4\nb 1\nc 1\nd 1\ne 1\n" ./rle count "$work/a"
printf 'RL1 4 2\n\204a' >"$work/e"
refused "data that end too soon" ./rle show "$work/e"
# more data than the picture has room for: refused, or the picture and nothing else
surplus() {
    clean "$1" ./rle show "$work/s"
    printf "$2" >"$work/want"
    [ $rc -ne 0 ] || cmp -s "$work/want" "$work/out" || fail "$1: output"
    clean "$1 (count)" ./rle count "$work/s"
}
printf 'RL1 4 2\n\210a\202b' >"$work/s"; surplus "run behind the end" "aaaa\naaaa\n"
printf 'RL1 4 2\n\207a\202b' >"$work/s"; surplus "run over the end" "aaaa\naaab\n"
printf 'RL1 4 2\n\207a\003bcd' >"$work/s"; surplus "literal over the end" "aaaa\naaab\n"
printf 'RL1 4 2\n\210a\001b' >"$work/s"; surplus "one literal behind" "aaaa\naaaa\n"
{ printf 'RL1 4 2\n\210a'; for i in $(seq 400); do printf '\377b'; done; } >"$work/s"; surplus "many runs" "aaaa\naaaa\n"
