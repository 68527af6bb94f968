# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./mailmerge.py ] || cd "$here/../source" || exit 2
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

printf 'Subject: {what}: {name}!\nCc: {name} <desk@example.org>\n\n{name}\n{text}\nend\n' >"$tmp/template"
# merge NAME STATUS WANTED: of the records in $tmp/in; runs of blanks count as one.
merge() {
  name=$1; attempt python3 mailmerge.py "$tmp/template" "$tmp/in"
  [ "$rc" = "$2" ] || fail "$name: status $rc"
  [ "$(tr -s ' ' <"$tmp/out")" = "$3" ] || fail "$name: printed '$got', wanted '$3'"
}
# The header's lines are those of the template, whatever ends a line of a field.
number=0; : >"$tmp/in"; : >"$tmp/wanted"
for end in '\n' '\r' '\r\n' '\u000b' '\u000c' '\u001c' '\u001d' '\u001e' '\u0085' '\u2028' '\u2029' '\n\r\n' '\n\n'; do
  for where in name address what; do
    number=$((number + 1))
    ann=Ann; address=ann@example.org; what=tea
    case $where in
      name) ann="Ann${end}Bcc: eve@example.org${end}Lee";;
      address) address="ann@example.org${end}Bcc: eve@example.org${end}";;
      what) what="tea${end}bcc: eve@example.org";;
    esac
    printf '{"name": "%s", "address": "%s", "what": "%s", "text": "x"}\n' "$ann" "$address" "$what" >>"$tmp/in"
    echo "--- $number" >>"$tmp/wanted"
    case $where in
      name) echo 'Cc: Ann Bcc: eve@example.org Lee <desk@example.org>'; echo 'To: "Ann Bcc: eve@example.org Lee" <ann@example.org>';;
      address) echo 'Cc: Ann <desk@example.org>'; echo 'To: "Ann" <ann@example.org Bcc: eve@example.org>';;
      what) echo 'Cc: Ann <desk@example.org>'; echo 'To: "Ann" <ann@example.org>';;
    esac >>"$tmp/wanted"
  done
done
name="receivers"; attempt python3 mailmerge.py "$tmp/template" "$tmp/in" --who
tr -s ' ' <"$tmp/out" | sed 's/ >$/>/' >"$tmp/got"
[ "$rc" = 0 ] && cmp -s "$tmp/got" "$tmp/wanted" || fail "receivers: $(diff "$tmp/got" "$tmp/wanted" | head -n 6)"
printf '%s\n' '{"name": "Ann\nLee", "address": "ann@example.org", "what": "tea\r\nand cake", "text": "one\ntwo\n\nthree"}' >"$tmp/in"
merge "joined there, kept here" 0 '--- 1
Subject: tea and cake: Ann Lee!
Cc: Ann Lee <desk@example.org>
To: "Ann Lee" <ann@example.org>

Ann
Lee
one
two

three
end'
printf '%s\n' '{"name": "Ann\nSubject: no", "address": "", "what": "\ntea", "text": "Bcc: eve@example.org\n\nx"}' '{"name": "", "address": "bob@example.org", "what": "cake", "text": ""}' >"$tmp/in"
name="others"; attempt python3 mailmerge.py "$tmp/template" "$tmp/in"
sed -e 's/Subject:  */Subject: /' "$tmp/out" >"$tmp/got"
[ "$rc" = 0 ] && [ "$(cat "$tmp/got")" = '--- 1
Subject: tea: Ann Subject: no!
Cc: Ann Subject: no <desk@example.org>
To: "Ann Subject: no" <>

Ann
Subject: no
Bcc: eve@example.org

x
end

--- 2
Subject: cake: !
Cc:  <desk@example.org>
To: bob@example.org



end' ] || fail "others: $(cat "$tmp/got")"
printf '%s\n' '{"name": "Zoë: \"Z\" {what}", "address": "zoe@example.org", "what": "tea\t{name} \\n", "text": "{{ a\tb ü"}' >"$tmp/in"
expect "as they are" 0 '--- 1
Subject: tea	{name} \n: Zoë: "Z" {what}!
Cc: Zoë: "Z" {what} <desk@example.org>
To: "Zoë: Z {what}" <zoe@example.org>

Zoë: "Z" {what}
{{ a	b ü
end' python3 mailmerge.py "$tmp/template" "$tmp/in"
printf 'Subject: {title|a note} for {name|you}\n\n{text|nothing}\n' >"$tmp/other"
printf '%s\n' '{"title": "", "text": "one\ntwo"}' '{"title": "x\nBcc: eve@example.org", "name": "Ann\nLee"}' >"$tmp/in"
expect "otherwise" 0 '--- 1
Subject: a note for you

one
two

--- 2
Subject: x Bcc: eve@example.org for Ann Lee

nothing' python3 mailmerge.py "$tmp/other" "$tmp/in"
printf '%s\n' '{"name": "a", "what": "b"}' '[1]' '{"name": "a\nb", "what": "c\nd", "text": 1}' '{"name": "Bob\nB", "what": "c", "text": "d\ne"}' >"$tmp/in"
merge "wrong ones, and one that is not" 1 '--- 4
Subject: c: Bob B!
Cc: Bob B <desk@example.org>

Bob
B
d
e
end'

[ "$bad" = 0 ] && echo ok
exit "$bad"
