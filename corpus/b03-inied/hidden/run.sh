#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f text.h ] || { echo "run me in source/"; exit 1; }
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

ini='[net]\nhost=alpha\nport=80\n[log]\nfile=out\nlevel=2\n'
try() { printf "$1\n---\n$ini" >"$work/in"; }
try 'set net.host be'
same "shorter value" '[net]\nhost=be\nport=80\n[log]\nfile=out\nlevel=2\n' ./inied "$work/in"
try 'set net.host alphabet-soup'
same "longer value" '[net]\nhost=alphabet-soup\nport=80\n[log]\nfile=out\nlevel=2\n' ./inied "$work/in"
try 'del net.port'
same "delete" '[net]\nhost=alpha\n[log]\nfile=out\nlevel=2\n' ./inied "$work/in"
try 'del net.host\nget net.port\ndel net.port\nset log.level 10\nget log.level\ndel log.file'
same "several" '80\n10\n[net]\n[log]\nlevel=10\n' ./inied "$work/in"
try 'set log.level \nset log.file x\nset net.port 65535\nset net.port 1'
same "empty value and back" '[net]\nhost=alpha\nport=1\n[log]\nfile=x\nlevel=\n' ./inied "$work/in"
try 'set net.host ab\nset net.host alpha\nget net.host\nget log.level'
same "shorter and longer again" 'alpha\n2\n[net]\nhost=alpha\nport=80\n[log]\nfile=out\nlevel=2\n' ./inied "$work/in"
try 'set net.speed 1'
refused "no such key" ./inied "$work/in"
# a long tail behind the change
tail=$(for i in $(seq 300); do printf 'k%d=v\\n' $i; done)
printf "set a.x 12345\nset a.y 1\ndel a.z\n---\n[a]\nx=1\ny=12345\nz=0\n$tail" >"$work/in"
same "long tail" "[a]\nx=12345\ny=1\n$tail" ./inied "$work/in"
# the text may be 8,000 characters long, and no longer
fill=$(printf '#%.0s' $(seq 7989))
printf "set a.x 123456\n---\n[a]\nx=\n$fill" >"$work/in"
refused "too long" ./inied "$work/in"
printf "set a.x 1234\n---\n[a]\nx=\n$fill" >"$work/in"
same "as long as may be" "[a]\nx=1234\n$fill" ./inied "$work/in"
