# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./values ] || cd "$here/../source" || exit 2
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

talk() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" ./values "$tmp/in"; }
talk "append to a number" "error: kind
x = 65" 'number x 65\nappend x !\nprint x\n'
talk "append to zero" "error: kind
x = 0" 'number x 0\nappend x !\nprint x\n'
talk "append to a list" "error: kind
x = [1 2]" 'list x 1 2\nappend x !\nprint x\n'
talk "append to an empty list" "error: kind
x = []" 'list x\nappend x !\nprint x\n'
talk "push on a number" "error: kind
x = 7" 'number x 7\npush x 1\nprint x\n'
talk "push on a text" "error: kind
x = \"hello world\"" 'text x hello world\npush x 1\nprint x\n'
talk "push on a short text" "error: kind
x = \"h\"" 'text x h\npush x 1\nprint x\n'
talk "add to a text" "error: kind
x = \"5\"" 'text x 5\nadd x 1\nprint x\n'
talk "add to a list" "error: kind" 'list x 5\nadd x 1\n'
talk "append" "x = \"ab c\"
4" 'text x a\nappend x b c\nprint x\nlength x\n'
talk "append to an empty text" "x = \"q\"" 'text x\nappend x q\nprint x\n'
talk "push" "x = [1 -2 3]
3" 'list x 1\npush x -2\npush x 3\nprint x\nlength x\n'
talk "push on an empty list" "x = [4]" 'list x\npush x 4\nprint x\n'
talk "another kind under the same name" "x = \"abc\"
x = [9 8]
x = 1
x = 3" 'text x ab\nappend x c\nprint x\nlist x 9\npush x 8\nprint x\nnumber x 1\nprint x\nadd x 2\nprint x\n'
talk "list to text, then append" "x = \"ab\"" 'list x 1 2 3\ntext x a\nappend x b\nprint x\n'
talk "length of a number" "error: kind" 'number x 1\nlength x\n'
talk "full list" "error: full
16" 'list x 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\npush x 17\nlength x\n'
talk "not there" "error: name
error: name
error: what" 'append x 1\nprint x\nnumber x 1\nhum x\n'

[ "$bad" = 0 ] && echo ok
exit "$bad"
