# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./csvsum ] || cd "$here/../source" || exit 2
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

csv() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in.csv"; expect "$name" 0 "$wanted" ./csvsum amount city "$tmp/in.csv"; }
wrong() { printf '%b' "$2" >"$tmp/in.csv"; expect "$1" 2 "" ./csvsum amount city "$tmp/in.csv"; }
csv "amount missing" "A: 3
B: 0
total: 3" 'city,amount\nA,3\nB\n'
csv "amount missing, same group" "A: 8
total: 8" 'city,amount\nA,3\nA\nA,5\n'
csv "group missing" "A: 3
: 4
total: 7" 'amount,city\n3,A\n4\n'
csv "both missing" "A: 3
: 0
total: 3" 'name,amount,city\nx,3,A\ny\n'
csv "two missing, then more" "A: 5
: 0
total: 5" 'name,x,city,amount\nx,1,A,3\ny,1\nz,1,A,2\n'
csv "one missing behind" "A: 3
B: 1
total: 4" 'city,amount,note\nA,3\nB,1,n\n'
csv "empty cells" ": 0
B: 2
total: 2" 'city,amount\n,\nB,2\n'
csv "missing and empty are one group" ": 5
total: 5" 'amount,city\n2,\n3\n'
csv "empty line" "A: 1
total: 1" 'city,amount\n\nA,1\n\n'
csv "quotes" "A, \"b\": -2
total: -2" 'amount,city\n-2,"A, ""b"""\n'
csv "header only" "total: 0" 'city,amount\n'
csv "no newline at the end" "A: 1
total: 1" 'city,amount\nA,1'
wrong "not a number" 'city,amount\nA,x\n'
wrong "no such column" 'city,sum\nA,1\n'
wrong "no such group" 'town,amount\nA,1\n'
wrong "too many cells" 'city,amount\nA,1,2\n'
wrong "open quote" 'city,amount\n"A,1\n'
wrong "empty file" ''

[ "$bad" = 0 ] && echo ok
exit "$bad"
