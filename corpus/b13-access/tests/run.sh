#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Public tests; run in source/ (or beside it).
here=$(cd "$(dirname "$0")" && pwd)
[ -f access.py ] || cd "$here/../source" || exit 1
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

same "team" "$here/team.out" python3 access.py "$here/team.txt"
refused "not understood" python3 access.py "$here/team.out"
