# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./notepage.py ] || cd "$here/../source" || exit 2
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

# The elements of a page as a browser reads them: their names and attributes, and the text.
cat >"$tmp/read.py" <<'END'
import sys
from html.parser import HTMLParser
class Reader(HTMLParser):
    def handle_starttag(self, tag, attrs):
        print(tag, *(f"{name}=[{value}]" for name, value in sorted(attrs)))
    def handle_data(self, data):
        if data.strip():
            print("text", data.strip())
reader = Reader()
reader.feed(open(sys.argv[1]).read())
reader.close()
END
# reads NAME WANTED NOTE: what is read of this note's page; inert NAME NOTE: no element has
# anything of its own. All notes are made into pages at once.
: >"$tmp/reads"; : >"$tmp/wanted"; : >"$tmp/inert"
reads() { printf '%s\n\n' "$3" >>"$tmp/reads"; printf '%s\n' "$2" >>"$tmp/wanted"; }
inert() { printf '%s\n\n' "$2" >>"$tmp/inert"; }
inert "link" '[a](b" onclick="c)'
inert "link, no blank" '[a](b"onclick="c)'
inert "link, tab" '[a](b"	onclick="c)'
inert "link, slash" '[a](b"/onclick="c)'
inert "link, capitals" '[a](b" ONCLICK = "c)'
inert "link, another attribute" '[a](b" id="c)'
inert "link, without a value" '[a](b" hidden x=")'
inert "link, style" '[a](b" style="c)'
inert "link, with a title" '[a](b" id="c "title")'
inert "link, of https" '[a](https://example.test/" onclick="c)'
inert "link, empty address" '[a](" onclick="c)'
inert "link, element" '[a]("><b x=")'
inert "image" '![a](b" onload="c)'
inert "image, no blank" '![a](b"onload="c)'
inert "image, text" '![a" onload="b](c.png)'
inert "image, text, no blank" '![a"onload="b](c.png)'
inert "image, text, another attribute" '![a" id="b](c.png)'
inert "image, with a title" '![a](b" id="c "title")'
inert "plain" '<https://example.test/"onclick="x>'
inert "plain, slash" '<https://example.test/"/id="x>'
inert "in a list" '- [a](b" onclick="c)'
inert "in a heading" '## [a](b" onclick="c)'
inert "in a quotation" '> ![a](b" onclick="c)'
inert "language" '```x" id="y
```'
inert "in code" '[`a`](b" onclick="c)'
inert "stressed" '[a](b" onclick=_c_ x=")'
reads "query" 'p
a href=[/s?a=1&b=2]
text q' '[q](/s?a=1&b=2)'
reads "signs" "p
a href=[/~x/a%20b,c;d@e!\$'*+=#f]
text q" "[q](/~x/a%20b,c;d@e!\$'*+=#f)"
reads "blank in the address" 'p
a href=[my map.html] title=[t]
text q' '[q](my map.html "t")'
reads "entity" 'p
a href=[/?a&lt;b]
text q' '[q](/?a&lt;b)'
reads "angles" 'p
a href=[/?a<b>]
text q' '[q](/?a<b>)'
reads "title" 'p
a href=[/] title=[a & b <c>]
text q' '[q](/ "a & b <c>")'
reads "image" "p
img alt=[it's <a> & b] src=[/?a=1&b=2] title=[t]" "![it's <a> & b](/?a=1&b=2 \"t\")"
reads "image in a link" 'p
img alt=[x] src=[y.png]' '![x](y.png)'
reads "plain" 'p
a href=[https://example.test/?a=1&b=2]
text https://example.test/?a=1&b=2' '<https://example.test/?a=1&b=2>'
reads "mail" 'p
a href=[mailto:a@example.test?subject=x y]
text m' '[m](mailto:a@example.test?subject=x y)'
reads "marks in a link" 'p
a href=[a_b_c*d*]
strong
text x' '[*x*](a_b_c*d*)'
reads "quotes in text" 'p
text say "a" & '"'b'"'
a href=[/]
text "q"' 'say "a" & '"'b' "'["q"](/)'
reads "words of attributes in text" 'p
text an " onclick="x and <script> in text' 'an " onclick="x and <script> in text'
reads "words of attributes in an address" 'p
a href=[/?onclick=1&style=x y=2 onload=3]
text q' '[q](/?onclick=1&style=x y=2 onload=3)'
reads "scheme" 'p
text [a](javascript:x) ![b](data:x) [c](JAVASCRIPT:x)' '[a](javascript:x) ![b](data:x) [c](JAVASCRIPT:x)'
reads "code" 'p
code
text [a](b"c) & <d>' '`[a](b"c) & <d>`'
reads "language" 'pre
code class=[language-c++]
text a < "b"' '```c++
a < "b"
```'
reads "quotes in an alternative" 'p
img alt=[d"e] src=[f]
text end' '![d"e](f) end'
name="inert"; attempt python3 notepage.py "$tmp/inert"
[ "$rc" = 0 ] || fail "$name: status $rc"
python3 "$tmp/read.py" "$tmp/out" | grep -v '^text ' >"$tmp/elements"
sed 's/=\[[^]]*\]/=/g' "$tmp/elements" | grep -vE '^(p|a href=( title=)?|img alt= src=( title=)?|code( class=)?|pre|ul|li|h1|h2|h3|em|strong|blockquote)$' >"$tmp/others"
[ ! -s "$tmp/others" ] || fail "$name: $(cat "$tmp/others")"
name="reads"; attempt python3 notepage.py "$tmp/reads"
[ "$rc" = 0 ] || fail "$name: status $rc"
python3 "$tmp/read.py" "$tmp/out" | diff "$tmp/wanted" - >&2 || fail "$name: reads something else"

[ "$bad" = 0 ] && echo ok
exit "$bad"
