# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
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
# wrong NAME HEX...: refused, whatever was printed before.
wrong() { name=$1; shift; put "$@"; attempt ./dnsprint "$tmp/in"; [ "$rc" = 2 ] || fail "$name: status $rc, wanted 2"; }
example='076578616d706c65 00'
head='002a 8180 0001 0001 0000 0000'
wrong "itself" '002a 0100 0001 0000 0000 0000' 'c00c 0001 0001'
wrong "one another" '002a 0100 0001 0000 0000 0000' 'c00e c00c 0001 0001'
wrong "one another, in two records" "$head" 'c012 0001 0001' 'c00c 0001 0001 0000003c 0004 0a000001'
wrong "three in a ring" "$head" "$example 0005 0001" 'c00c 0005 0001 00000e10 0006 c02b c02d c029'
wrong "alias of itself" "$head" "$example 0005 0001" 'c00c 0005 0001 00000e10 0002 c025'
wrong "alias, a ring of two" "$head" "$example 0005 0001" 'c00c 0005 0001 00000e10 0004 c027 c025'
wrong "mail at itself" "$head" "$example 000f 0001" 'c00c 000f 0001 00000e10 0004 0001 c027'
wrong "mail, label and itself" "$head" "$example 000f 0001" 'c00c 000f 0001 00000e10 0006 0001 0161 c027'
wrong "a label that comes back" '002a 0100 0001 0000 0000 0000' '03777777 c00c 0001 0001'
wrong "a label that comes back later" "$head" "$example 0005 0001" 'c00c 0005 0001 00000e10 0006 0161 c027 c025'
wrong "past the end" '002a 0100 0001 0000 0000 0000' 'c0ff 0001 0001'
wrong "half a pointer" '002a 0100 0001 0000 0000 0000' '03777777 c0'
wrong "unknown label" '002a 0100 0001 0000 0000 0000' '4177 00 0001 0001'
wrong "name longer than its record" "$head" "$example 0002 0001" 'c00c 0002 0001 00000e10 0002 0161 c00c'
put '002a 0100 0001 0000 0000 0000' 'c012 0001 0001 0161 00'; name="onwards"; attempt ./dnsprint "$tmp/in"
[ "$rc" = 2 ] || fail "onwards: something is left over, status $rc"
put "$head" "$example 0005 0001" 'c00c 0005 0001 0000003c 0002 c00c'
expect "alias" 0 "answer 42 status 0
? example. IN CNAME
example. IN CNAME 60 example." ./dnsprint "$tmp/in"
put "$head" "$example 0005 0001" 'c00c 0005 0001 0000003c 0002 c019'
expect "pointer to a pointer" 0 "answer 42 status 0
? example. IN CNAME
example. IN CNAME 60 example." ./dnsprint "$tmp/in"
put "$head" "03777777 $example 0005 0001" 'c010 0005 0001 0000003c 0004 0161 c00c'
expect "pointer into a name" 0 "answer 42 status 0
? www.example. IN CNAME
example. IN CNAME 60 a.www.example." ./dnsprint "$tmp/in"
put "$head" "$example 0002 0001" 'c00c 0002 0001 0000003c 0001 00'
expect "root" 0 "answer 42 status 0
? example. IN NS
example. IN NS 60 ." ./dnsprint "$tmp/in"
put "$head" "$example 0002 0001" 'c014 0002 0001 0000003c 0002 c014'
expect "pointer to root" 0 "answer 42 status 0
? example. IN NS
. IN NS 60 ." ./dnsprint "$tmp/in"
put "$head" "$example 0002 0001" 'c000 0002 0001 0000003c 0002 c014'
name="into the header"; attempt ./dnsprint "$tmp/in"
# chain N: N records, each the alias of the one before it, by a pointer to its pointer.
# The alias of record i stands 12 octets behind its beginning, which is 25 + 14 i.
chain() {
  printf '002a 8180 0001 %04x 0000 0000\n%s 0005 0001\n' "$1" "$example"
  i=0 at=12
  while [ "$i" -lt "$1" ]; do
    printf 'c00c 0005 0001 0000003c 0002 %04x\n' "$((49152 + at))"
    at=$((25 + 14 * i + 12)) i=$((i + 1))
  done
}
for n in 2 3 5 9 10 11 17 33 65 100 128 129 200 256 280; do
  chain "$n" >"$tmp/in"
  expect "chain of $n" 0 "answer 42 status 0
? example. IN CNAME
$(yes 'example. IN CNAME 60 example.' | head -n "$n")" ./dnsprint "$tmp/in"
done
# many N: N records, each with a pointer, all to the same name.
many() {
  printf '002a 8180 0001 %04x 0000 0000\n%s 0002 0001\n' "$1" "$example"
  yes 'c00c 0002 0001 0000003c 0002 c00c' | head -n "$1"
}
for n in 10 60 130 280; do
  many "$n" >"$tmp/in"
  expect "$n records" 0 "answer 42 status 0
? example. IN NS
$(yes 'example. IN NS 60 example.' | head -n "$n")" ./dnsprint "$tmp/in"
done
l63=$(printf '%63s' '' | tr ' ' a) h63=$(printf '%63s' '' | sed 's/ /61/g')
put '002a 0100 0001 0000 0000 0000' "3f$h63 3f$h63 3f$h63 3d$(printf '%61s' '' | sed 's/ /61/g') 00 0001 0001"
expect "longest name" 0 "query 42 status 0
? $l63.$l63.$l63.$(printf '%61s' '' | tr ' ' a). IN A" ./dnsprint "$tmp/in"
wrong "name too long" '002a 0100 0001 0000 0000 0000' "3f$h63 3f$h63 3f$h63 3f$h63 00 0001 0001"
put '002a 8180 0000 0002 0000 0000' '01 2e 00 0010 0001 00000001 0005 01 22 02 6869' '00 0063 0003 00000000 0002 beef'
expect "others" 0 'answer 42 status 0
\046. IN TXT 1 "\034" "hi"
. CLASS3 TYPE99 0 \# 2 beef' ./dnsprint "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
