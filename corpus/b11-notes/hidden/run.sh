#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f notes.py ] || { echo "run me in source/"; exit 1; }
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

src=$PWD
run() { rm -rf "$work/f"; mkdir "$work/f"; timeout 20 python3 "$src/notes.py" "$work/in" "$work/f" >"$work/out" 2>"$work/err"; rc=$?; }
gives() { run; printf "$2" >"$work/want"; [ $rc -eq 0 ] && cmp -s "$work/want" "$work/out" || fail "$1: status $rc or output"; }
printf '== a.txt\none two\n== b.txt\nthree\n' >"$work/in"
gives "two notes" 'a.txt: 2 words\nb.txt: 1 words\ntotal: 3 words\n'
printf '== to-do.txt\nbuy milk\n== re--draft.txt\nx\n== a-\ny\n== out=x.txt\nz z\n== b_1.2-3\n' >"$work/in"
gives "dashes and equals signs inside names" 'to-do.txt: 2 words\nre--draft.txt: 1 words\na-: 1 words\nout=x.txt: 2 words\nb_1.2-3: 0 words\ntotal: 6 words\n'
printf '== q\nx\n== to\ny\n== brief\nz\n' >"$work/in"
gives "names like options without dashes" 'q: 1 words\nto: 1 words\nbrief: 1 words\ntotal: 3 words\n'
printf '== a.txt\na\n== b.txt\nb\n== a.txt\nb c d\n' >"$work/in"
gives "a note twice" 'a.txt: 3 words\nb.txt: 1 words\ntotal: 4 words\n'
# names that begin with a dash: refused, or counted like any other; no file but the notes' own
dash() {
    printf '== a.txt\none two\n== draft.txt\na b c d\n== z.txt\nfour five six\n== %s\nthree\n' "$1" >"$work/in"
    run
    [ $rc -le 2 ] && ! grep -q Traceback "$work/err" || fail "$1: status $rc"
    printf 'a.txt: 2 words\ndraft.txt: 4 words\nz.txt: 3 words\n%s: 1 words\ntotal: 10 words\n' "$1" >"$work/want"
    [ $rc -ne 0 ] || cmp -s "$work/want" "$work/out" || fail "$1: output"
    for f in $(ls -A "$work/f"); do
        case $f in a.txt | draft.txt | z.txt | "$1") ;; *) fail "$1: made $f" ;; esac
    done
}
for n in --to=x.txt --t=x.txt --to=z.bak -tx.txt -t=x.txt -q --brief --b -b -draft.txt --draft.txt ---draft.txt -- - --help -h -qtx.txt; do dash $n; done
printf '== a.txt\none two\n== b.txt\nthree\n== --to=b.txt\nx\n' >"$work/in"
run; [ "$(cat "$work/f/b.txt" 2>/dev/null || echo three)" = three ] || fail "a note was written over"
