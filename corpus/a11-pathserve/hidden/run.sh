# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./pathserve.py ] || cd "$here/../source" || exit 2
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

serve() { name=$1 wanted=$2; printf '%s\n' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" python3 pathserve.py www "$tmp/in"; }
# shut NAME REQUEST: answered by 400, 403 or 404 alone.
shut() {
  name=$1; printf '%s\n' "$2" >"$tmp/in"
  attempt python3 pathserve.py www "$tmp/in"
  case "$got" in 400|403|404) ;; *) fail "$name: answered '$got'";; esac
}
shut "as in the proof" 'GET /%2e%2e/private/TOY-SECRET.txt'
shut "capitals" 'GET /%2E%2E/private/TOY-SECRET.txt'
shut "half" 'GET /.%2e/private/TOY-SECRET.txt'
shut "other half" 'GET /%2e./private/TOY-SECRET.txt'
shut "encoded slash" 'GET /..%2fprivate%2fTOY-SECRET.txt'
shut "from a folder" 'GET /docs/%2e%2e/%2e%2e/private/TOY-SECRET.txt'
shut "sibling of a longer name" 'GET /%2e%2e/www-old/draft.txt'
shut "sibling, listed" 'LIST /%2e%2e/www-old'
shut "absolute" "GET /%2f${PWD#/}/private/TOY-SECRET.txt"
shut "absolute, listed" "LIST /%2f${PWD#/}/private"
shut "listed" 'LIST /%2e%2e/private'
shut "listed, capitals" 'LIST /%2E%2E/private'
shut "listed, encoded slash" 'LIST /..%2fprivate'
shut "listed above" 'LIST /%2e%2e'
shut "with a query" 'GET /%2e%2e/private/TOY-SECRET.txt?x=1'
shut "nought" 'GET /index.html%00'
shut "plain" 'GET /../private/TOY-SECRET.txt'
shut "a folder as a page" 'GET /empty%2e'
serve "index" "200 12
Hello, all." 'GET /index.html'
serve "root" "200 12
Hello, all." 'GET /'
serve "folder" "200 10
The docs." 'GET /docs/'
serve "space" "200 6
Notes" 'GET /docs/my%20notes.txt'
serve "encoded slash inside" "200 6
Notes" 'GET /docs%2Fmy%20notes.txt'
serve "letters" "200 7
Grüsse" 'GET /docs/gr%C3%BCsse.txt?lang=de'
serve "dots in a name" "200 5
dots" 'GET /docs/a..b.txt'
serve "dots at the beginning" "200 7
hidden" 'GET /docs/..rc'
serve "percent" "200 4
100" 'GET /docs/100%25.txt'
serve "not there" "404" 'GET /nothing.html'
serve "list" "200
..rc
100%.txt
a..b.txt
grüsse.txt
index.html
my notes.txt" 'LIST /docs'
serve "list a folder with a space" "200
x.txt" 'LIST /two%20words/'
serve "list the root" "200
docs/
index.html
two words/" 'LIST /'
serve "list nothing" "404" 'LIST /nothing'
serve "unknown" "400" 'PUT /index.html'
serve "two" "404
200 12
Hello, all." 'GET /x
GET /index.html'

[ "$bad" = 0 ] && echo ok
exit "$bad"
