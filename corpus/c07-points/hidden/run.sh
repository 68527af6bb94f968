# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./points.py ] || cd "$here/../source" || exit 2
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
start='join ada
join bob
join eve
correct ada 10
correct bob 20.50'
none='ada 10.00
bob 20.50
eve 0.00'
# The lines below take from bob, or from eve, who didn't give: each is refused and changes nothing.
theft='give ada bob -5
give ada bob -20.50
give ada bob -0.01
give ada bob -.5
give ada eve -1
give ada bob 0.-5
give ada bob 0.-9
give ada bob -0.5
give ada bob -1_0
give eve bob -20.50
share ada -10 bob eve
share ada -1 bob
share ada -0.01 bob
share eve -20 bob
share eve -41 bob bob
share ada -0.01 bob eve
share ada 0.-9 bob
give ada bob -0.05'
number=$(printf '%s\n' "$theft" | wc -l)
printf '%s\n' "$start" "$theft" >"$tmp/in"
expect "taking" 1 "$none" python3 points.py "$tmp/in"
[ "$(grep -c '^line ' "$tmp/err")" = "$number" ] || fail "taking: not every line is reported"
put "$start" 'give ada ada -5' 'share ada -4 ada bob'
expect "taking from oneself" 1 "$none" python3 points.py "$tmp/in"
put "$start" 'give ada bob 0' 'share ada 0 bob eve' 'give eve ada 0.00' 'share eve 0.01 ada bob'
expect "nought" 0 "$none" python3 points.py "$tmp/in"
put "$start" 'give ada bob 10' 'give bob eve 30.50' 'share eve 30.50 ada bob'
expect "everything" 0 "ada 15.25
bob 15.25
eve 0.00" python3 points.py "$tmp/in"
put "$start" 'correct bob -20.50' 'correct ada -0.5' 'correct ada -1' 'correct eve +3.2'
expect "corrections" 0 "ada 8.50
bob 0.00
eve 3.20" python3 points.py "$tmp/in"
put "$start" 'correct bob -20.51' 'correct eve -0.01' 'give ada bob 10.01' 'share ada 20.02 bob eve' 'give zoe ada 1' 'give ada zoe 1' 'share ada 1 bob zoe' 'share ada 1'
expect "refused" 1 "$none" python3 points.py "$tmp/in"
put "$start" 'share ada 10 ada bob eve' 'share bob 0.05 eve eve'
expect "parts" 0 "ada 3.34
bob 23.79
eve 3.37" python3 points.py "$tmp/in"
put "$start" 'give ada bob 0.01' 'give ada bob 0.1' 'give ada ada 3' 'leave eve'
expect "small" 0 "ada 9.89
bob 20.61" python3 points.py "$tmp/in"
put "$start" 'leave ada' 'give bob ada 1' 'give ada bob x' 'give ada bob 1.234' 'give ada bob 1.' 'join Ada' 'give bob eve 0.50'
expect "goes on behind a refusal" 1 "ada 11.00
bob 19.00
eve 0.50" python3 points.py "$tmp/in"
[ "$(grep -c '^line ' "$tmp/err")" = 5 ] || fail "goes on behind a refusal: $(cat "$tmp/err")"

[ "$bad" = 0 ] && echo ok
exit "$bad"
