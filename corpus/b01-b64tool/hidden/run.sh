#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f b64.h ] || { echo "run me in source/"; exit 1; }
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

line76=$(printf 'QUJD%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19)
abc57=$(printf 'ABC%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19)
spaced=$(echo "$line76" | sed 's/..../& /g')
printf '%s\n' "$line76" >"$work/full"
same "full line" "$abc57" ./b64tool decode "$work/full"
printf '%s\nREVG\n' "$spaced" >"$work/spaced"
same "full line with spaces" "${abc57}DEF" ./b64tool decode "$work/spaced"
same "check of a spaced line" "60 bytes, sum 3969\n" ./b64tool check "$work/spaced"
printf '%s\n' "$abc57" | tr -d '\n' >"$work/plain"
same "encode of a full group" "$line76\n" ./b64tool encode "$work/plain"
printf 'QQ==\nQUI=\nQUJD\n' >"$work/pads"
same "padding" "AABABC" ./b64tool decode "$work/pads"
# lines that are longer than the format allows: refused or decoded, never a report
for extra in QUJD QUJDQUI= QUJDQUJD QUJDQUJDQUJD; do
    printf '%s%s\n' "$line76" "$extra" >"$work/long"
    clean "decode of $extra too many" ./b64tool decode "$work/long"
    clean "check of $extra too many" ./b64tool check "$work/long"
done
printf '%s%s%s\n' "$line76" "$line76" "$line76" >"$work/long"
clean "decode of three in a line" ./b64tool decode "$work/long"
clean "check of three in a line" ./b64tool check "$work/long"
