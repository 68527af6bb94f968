#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Public tests; run in source/ (or beside it).
here=$(cd "$(dirname "$0")" && pwd)
[ -f notes.py ] || cd "$here/../source" || exit 1
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

mkdir "$work/folder"
same "week" "$here/week.out" python3 notes.py "$here/week.book" "$work/folder"
same "the file" "$here/monday.txt" cat "$work/folder/monday.txt"
refused "text before the first name" python3 notes.py "$here/week.out" "$work/folder"
refused "a slash in a name" python3 notes.py "$here/slash.book" "$work/folder"
