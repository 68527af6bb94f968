# SPDX-License-Identifier: Apache-2.0
# Public tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./dnsprint ] || cd "$here/../source" || exit 2
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

put() { printf '%s\n' "$@" >"$tmp/in"; }
put '002a 0100 0001 0000 0000 0000' '03777777 076578616d706c65 00 0001 0001 ; www.example.'
expect "query" 0 "query 42 status 0
? www.example. IN A" ./dnsprint "$tmp/in"
put '002a 8180 0001 0001 0000 0000' '03777777 076578616d706c65 00 0001 0001' 'c00c 0001 0001 0000003c 0004 0a000001'
expect "answer" 0 "answer 42 status 0
? www.example. IN A
www.example. IN A 60 10.0.0.1" ./dnsprint "$tmp/in"
put '002a 8180 0001 0001 0000 0000' '076578616d706c65 00 000f 0001' 'c00c 000f 0001 0000003c 0009 0005 046d61696c c00c'
expect "mail" 0 "answer 42 status 0
? example. IN MX
example. IN MX 60 5 mail.example." ./dnsprint "$tmp/in"
put '002a 0100 0001'; expect "cut off" 2 "" ./dnsprint "$tmp/in"
put 'xyz'; expect "not hexadecimal" 2 "" ./dnsprint "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
