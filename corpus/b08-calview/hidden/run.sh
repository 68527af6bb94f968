#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f cal.h ] || { echo "run me in source/"; exit 1; }
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

ev() { echo BEGIN:EVENT; for f in "$@"; do echo "$f"; done; echo END:EVENT; }
full() { ev "START:20260301T0900" "SUMMARY:Spring" "PLACE:Hall"; ev "START:20260105T0800" "SUMMARY:Winter" "PLACE:Cellar"; }
full >"$work/in"
same "sorted list" '2026-01-05 08:00 Winter (Cellar)\n2026-03-01 09:00 Spring (Hall)\n' ./calview list "$work/in"
same "search" '2026-03-01 09:00 Spring (Hall)\n' ./calview find:pri "$work/in"
same "search in places" '2026-01-05 08:00 Winter (Cellar)\n' ./calview find:Cell "$work/in"
same "nothing found" '' ./calview find:summer "$work/in"
ev "START:20260301T0900" "SUMMARY:Spring" >"$work/in"
same "a place may be missing" '2026-03-01 09:00 Spring\n' ./calview list "$work/in"
same "search without a place" '' ./calview find:Hall "$work/in"
ev "PLACE:x" "SUMMARY:b" "START:20260301T0900" "COLOUR:red" >"$work/in"
same "other fields, other order" '2026-03-01 09:00 b (x)\n' ./calview list "$work/in"
# an event that lacks a field: whatever becomes of it, the others are shown as they are, in order
others() {
    { ev "START:20260301T0900" "SUMMARY:Spring" "PLACE:Hall"; cat "$work/odd"; ev "START:20260105T0800" "SUMMARY:Winter" "PLACE:Cellar"; } >"$work/in"
    clean "$1" ./calview list "$work/in"
    grep -e Spring -e Winter "$work/out" >"$work/kept"
    printf '2026-01-05 08:00 Winter (Cellar)\n2026-03-01 09:00 Spring (Hall)\n' >"$work/want"
    cmp -s "$work/kept" "$work/want" || fail "$1: the others"
    for word in Spring Hall Spr ing; do
        clean "$1, find" ./calview find:$word "$work/in"
        printf '2026-03-01 09:00 Spring (Hall)\n' | cmp -s - "$work/out" || fail "$1: find $word"
    done
    [ ! -s "$work/odd" ] || cat "$work/odd" "$work/odd" >"$work/in"
    clean "$1, alone" ./calview list "$work/in"
    clean "$1, alone, find" ./calview find:Q "$work/in"
}
: >"$work/odd"; others "none"
ev "START:20260201T1000" >"$work/odd"; others "no summary"
ev "START:20260201T1000" "PLACE:Attic" >"$work/odd"; others "no summary but a place"
ev "SUMMARY:Lost" >"$work/odd"; others "no start"
ev "SUMMARY:Lost" "PLACE:Attic" >"$work/odd"; others "no start but a place"
ev "PLACE:Attic" >"$work/odd"; others "only a place"
ev >"$work/odd"; others "nothing at all"
ev "SUMMARY" "START" >"$work/odd"; others "no colons"
