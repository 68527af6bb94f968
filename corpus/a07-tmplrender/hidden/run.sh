# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./tmplrender ] || cd "$here/../source" || exit 2
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

rep() { printf "%$1s" "" | tr ' ' "$2"; }
page() { name=$1; printf '%s\n' "$3" >"$tmp/in"; expect "$name" 0 "$2" ./tmplrender "$tmp/in"; }
page "percent in text" '100% of 5 %d %x %5c %% %' '---
100% of 5 %d %x %5c %% %'
page "formats in text" '%s%s%n%p %1$s %*d' '---
%s%s%n%p %1$s %*d'
page "formats in a value" 'a %s%s%s%s%n%n b' 'v=%s%s%s%s%n%n
---
a {{v}} b'
page "percent in a value" '50%' 'v=50%
---
{{v}}'
page "long text" "$(rep 900 x)" "---
$(rep 900 x)"
page "long value" "<$(rep 700 y)>" "v=$(rep 700 y)
---
<{{v}}>"
page "text of 256" "$(rep 256 x)" "---
$(rep 256 x)"
page "upper" 'HELLO 5% %D' 'v=hello 5% %d
---
{{v|upper}}'
page "length" '5 3 0' 'a=hello
b=%s!
c=
---
{{a|length}} {{b|length}} {{c|length}}'
page "braces" '{ {x} }' '---
{ {x} }'
page "two in a row" 'abab' 'a=ab
---
{{a}}{{a}}'
page "later value counts" '2' 'a=1
a=2
---
{{a}}'
page "lines" 'x
y 1
z' 'a=1
---
x
y {{a}}
z'
wrong() { printf '%s\n' "$2" >"$tmp/in"; expect "$1" 2 "" ./tmplrender "$tmp/in"; }
wrong "unknown name" '---
{{a}}'
wrong "open braces" 'a=1
---
{{a'
wrong "unknown filter" 'a=1
---
{{a|lower}}'
wrong "no rule line" 'a=1'

[ "$bad" = 0 ] && echo ok
exit "$bad"
