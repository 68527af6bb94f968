#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Public tests; run in source/ (or beside it).
here=$(cd "$(dirname "$0")" && pwd)
[ -f b64.h ] || cd "$here/../source" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# same NAME EXPECTED-FILE COMMAND...: exit 0 and exactly that output
same() {
    name=$1; want=$2; shift 2
    "$@" >"$work/out" 2>"$work/err" || { echo "FAIL $name: exit status"; cat "$work/err"; exit 1; }
    cmp -s "$want" "$work/out" || { echo "FAIL $name: output"; diff "$want" "$work/out"; exit 1; }
}
# refused NAME COMMAND...: exit 2
refused() {
    name=$1; shift
    "$@" >"$work/out" 2>"$work/err"
    [ $? -eq 2 ] || { echo "FAIL $name: should exit 2"; exit 1; }
}

same "decode" "$here/hello.txt" ./b64tool decode "$here/hello.b64"
same "encode" "$here/hello.b64" ./b64tool encode "$here/hello.txt"
same "check" "$here/hello.sum" ./b64tool check "$here/hello.b64"
refused "not base64" ./b64tool decode "$here/hello.txt"
