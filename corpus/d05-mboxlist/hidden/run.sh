# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./mboxlist ] || cd "$here/../source" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
bad=0
fail() { echo "FAIL: $*" >&2; bad=1; }
# attempt COMMAND...: its output goes to $tmp/out and $got, its status to $rc; a sanitizer's report fails.
attempt() {
  timeout 20 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null; rc=$?
  got=$(cat "$tmp/out")
  if grep -q -e 'Sanitizer' -e 'runtime error' -e 'Traceback' "$tmp/err"; then fail "$name: crashed"; fi
  [ "$rc" -lt 124 ] || fail "$name: ended by a signal or too slow ($rc)"
}
# expect NAME STATUS OUTPUT COMMAND...: exactly this.
expect() {
  name=$1 status=$2 wanted=$3; shift 3
  attempt "$@"
  [ "$rc" = "$status" ] || fail "$name: status $rc, wanted $status"
  [ "$got" = "$wanted" ] || fail "$name: printed '$got', wanted '$wanted'"
}
# refused NAME COMMAND...: ends with another status than 0, without a crash.
refused() {
  name=$1; shift
  attempt "$@"
  [ "$rc" != 0 ] || fail "$name: taken, should be refused"
}
# sound NAME OUTPUT COMMAND...: either refused or exactly this.
sound() {
  name=$1 wanted=$2; shift 2
  attempt "$@"
  [ "$rc" != 0 ] || [ "$got" = "$wanted" ] || fail "$name: printed '$got', wanted '$wanted' or a refusal"
}

given() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" ./mboxlist "$tmp/in"; }
# letters COUNT LETTER
letters() { printf "%$1s" '' | tr ' ' "$2"; }
full=$(letters 127 f)
for size in 1 50 126 127 128 129 130 200 255 256 257 600; do
  kept=$(letters "$size" f | cut -c 1-127)
  given "from of $size" "1 [1] $kept: s (1)
1 messages, 1 subjects" "From x\nFrom: $(letters "$size" f)\nSubject: s\n\nbody\n"
  given "subject of $size" "1 [1] me: $kept (1)
1 messages, 1 subjects" "From x\nFrom: me\nSubject: $(letters "$size" f)\nX: y\n\nbody\n"
  given "goes on to $size" "1 [1] me: $(printf 'a b %s' "$(letters "$size" f)" | cut -c 1-127) (0)
1 messages, 1 subjects" "From x\nSubject: a\n b\n $(letters "$size" f)\nFrom: me\n\n"
  given "from goes on to $size" "1 [1] $(printf '%s %s' "$(letters 60 e)" "$(letters "$size" f)" | cut -c 1-127): - (0)
1 messages, 1 subjects" "From x\nFrom: $(letters 60 e)\n\t$(letters "$size" f)\n\n"
  given "goes on behind $size" "1 [1] me: $(printf '%s, %s g' "$(letters "$size" f)" "$(letters 140 h)" | cut -c 1-127) (0)
1 messages, 1 subjects" "From x\nSubject: $(letters "$size" f),\n $(letters 140 h)\n g\nFrom: me\n\n"
done
for size in 100 124 125 127 128 129 160; do
  given "goes on by little, $size" "1 [1] me: $(printf '%s zz' "$(letters "$size" f)" | cut -c 1-127) (0)
1 messages, 1 subjects" "From x\nSubject: $(letters "$size" f)\n zz\nFrom: me\n\n"
done
given "both" "1 [1] $full: $full (0)
2 [2] you: Re: $(letters 123 f) (0)
3 [3] you: $(letters 126 f) (0)
3 messages, 3 subjects" "From x\nFrom: ${full}f\nSubject: ${full}f\n\n\nFrom y\nFrom: you\nSubject: Re: ${full}\n\n\nFrom z\nFrom: you\nSubject: $(letters 126 f)\n\n" 
given "a name is cut, not an address" "1 [1] $(letters 120 n): s (0)
1 messages, 1 subjects" "From x\nFrom: $(letters 120 n) <someone@example.org>\nSubject: s\n\n"
given "the next one is short" "1 [1] $full: $full (0)
2 [2] b: t (0)
2 messages, 2 subjects" "From x\nFrom: $(letters 300 f)\nSubject: $(letters 300 f)\n\n\nFrom y\nFrom: b\nSubject: t\n\n"
given "other fields may be long" "1 [1] me: s (1)
1 messages, 1 subjects" "From x\nX-Long: $(letters 300 x)\n $(letters 300 x)\nFrom: me\nReceived: $(letters 128 x)\nSubject: s\n\nbody\n"
given "the first counts" "1 [1] me: s (0)
1 messages, 1 subjects" "From x\nFROM: me\nSubject: s\nFrom: $(letters 200 x)\nsubject: t\n u\n\n"
given "blanks where it goes on" "1 [1] me: a b c (0)
1 messages, 1 subjects" "From x\nFrom: me\nSubject:\n a\n \t b\n\tc\n\n"
given "nothing in them" "1 [1] -: - (2)
1 messages, 1 subjects" "From x\nFrom:\nSubject: \n\na\nb\n"
given "no header" "1 [1] -: - (1)
1 messages, 1 subjects" 'From x\n\na\n'
given "From in a body" "1 [1] a: b (4)
2 [2] c: d (1)
2 messages, 2 subjects" 'From x\nFrom: a\nSubject: b\n\none\nFrom two\n>From\n\n\nFrom y\nFrom: c\nSubject: d\n\ne\n'
given "replies" "1 [1] a: b (0)
2 [1] a: RE: re:B (0)
3 [2] a: Rebe (0)
3 messages, 2 subjects" 'From x\nFrom: a\nSubject: b\n\n\nFrom x\nFrom: a\nSubject: RE: re:B\n\n\nFrom x\nFrom: a\nSubject: Rebe\n\n'
given "nothing" "0 messages, 0 subjects" ''
printf 'From x\nFrom: %s\nbroken\n\n' "$(letters 200 x)" >"$tmp/in"
expect "damaged" 1 "0 messages, 0 subjects" ./mboxlist "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
