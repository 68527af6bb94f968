# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./recipes.py ] || cd "$here/../source" || exit 2
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

cook() { name=$1 wanted=$2; printf '%s\n' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" python3 recipes.py "$tmp/in"; }
# inert NAME RECIPE: whatever is answered, nothing is written.
inert() {
  name=$1; rm -f marker.txt; printf '%s\n' "$2" >"$tmp/in"
  attempt python3 recipes.py "$tmp/in"
  [ ! -e marker.txt ] || fail "$name: wrote a file"
  [ "$rc" != 0 ] || fail "$name: taken, should be refused"
  rm -f marker.txt
}
inert "open" "show open('marker.txt', 'w').write('x')"
inert "spelled in parts" "show getattr(__builtins__, 'op' + 'en', 0) or __builtins__['op' + 'en']('mar' + 'ker.txt', 'w').write('x')"
inert "exec" "let x = exec(bytes([111,112,101,110]).decode() + '(\"mar\" + \"ker.txt\", \"w\")')"
inert "in a condition" "when open('marker.txt', 'w').write('x') > 0 show 1"
inert "in a condition, in parts" "when exec('op' + 'en(\"mar\" + \"ker.txt\", \"w\")') == 1 show 1"
inert "by the classes" "let x = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['__builtins__']['open']('marker.txt', 'w').write('x')"
inert "by the classes, in a condition" "when [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['__builtins__']['open']('marker.txt', 'w').write('x') > 0 show 1"
inert "by a function's own globals" "set a 1
show (lambda: __import__('pathlib').Path('marker.txt').write_text('x'))()"
cook "arithmetic" "7
9
-2.5
0.5
-6" 'show 1 + 2 * 3
show (1 + 2) * 3
show -5 / 2
show 1 / 2
show -(2 + 4)'
cook "names" "350
400" 'set flour 500
let water = flour * 0.7
show water
let water = water + 50
show water'
cook "functions" "2
9
3
3" 'show min(2, 9)
show max(2, 9, 4)
show round(2.6)
show min(max(1, 3), round(7.2))'
cook "conditions" "1
3
5
6" 'set a 4
when a > 3 show 1
when a < 3 show 2
when a >= 4 show 3
when a <= 3 show 4
when a == 4 show 5
when a + 1 != 4 show 6'
cook "condition that is a number" "1" 'when 2 show 1
when 0 show 2'
cook "comments and empty lines" "1" '# a recipe

show 1'
cook "spaces" "3" 'show   1+2  '
wrong() { printf '%s\n' "$2" >"$tmp/in"; expect "$1" 2 "" python3 recipes.py "$tmp/in"; }
wrong "unknown name" 'show salt'
wrong "division by nought" 'show 1 / 0'
wrong "not closed" 'show (1 + 2'
wrong "nothing" 'show'
wrong "a word" 'bake 5'
wrong "not a number" 'set a many'
wrong "a text" "show 'abc'"

[ "$bad" = 0 ] && echo ok
exit "$bad"
