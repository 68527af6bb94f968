# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./kvstore ] || cd "$here/../source" || exit 2
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

script() { printf '%b' "$1" >"$tmp/in"; }
run() { name=$1 wanted=$2; script "$3"; expect "$1" 0 "$2" sh -c './kvstore <"$0"' "$tmp/in"; }
three='SET a 1\nSET b 2\nSET c 3\n'
run "delete the entry shown" "OK
OK
OK
a 1
b 2
OK
c 3
END" "${three}FIRST\nNEXT\nDEL b\nNEXT\nNEXT\n"
run "delete the first" "OK
OK
OK
a 1
OK
b 2
c 3" "${three}FIRST\nDEL a\nNEXT\nNEXT\n"
run "delete the last" "OK
OK
OK
a 1
b 2
c 3
OK
END
OK
d 4" "${three}FIRST\nNEXT\nNEXT\nDEL c\nNEXT\nSET d 4\nNEXT\n"
run "delete another" "OK
OK
OK
a 1
OK
c 3
OK
END" "${three}FIRST\nDEL b\nNEXT\nDEL a\nNEXT\n"
run "delete two in a row" "OK
OK
OK
a 1
b 2
OK
OK
c 3" "${three}FIRST\nNEXT\nDEL b\nDEL a\nNEXT\n"

run "rename over the entry shown" "OK
OK
OK
a 1
b 2
OK
b 3
END
3
NONE" "${three}FIRST\nNEXT\nRENAME c b\nNEXT\nNEXT\nGET b\nGET c\n"
run "rename over the first, shown" "OK
OK
OK
a 1
OK
b 2
a 3" "${three}FIRST\nRENAME c a\nNEXT\nNEXT\n"
run "rename the entry shown" "OK
OK
OK
a 1
b 2
OK
c 3
2" "${three}FIRST\nNEXT\nRENAME b x\nNEXT\nGET x\n"
run "rename the entry shown over the next" "OK
OK
OK
a 1
b 2
OK
END
2" "${three}FIRST\nNEXT\nRENAME b c\nNEXT\nGET c\n"
run "rename to itself" "OK
OK
OK
a 1
OK
b 2
1" "${three}FIRST\nRENAME a a\nNEXT\nGET a\n"
run "clear in a walk" "OK
OK
OK
a 1
b 2
OK
END
OK
OK
n 1" "${three}FIRST\nNEXT\nCLEAR\nNEXT\nSET n 1\nSET m 2\nFIRST\n"
run "set the entry shown" "OK
OK
OK
a 1
OK
9
b 2" "${three}FIRST\nSET a 9\nGET a\nNEXT\n"
run "no walk" "OK
ERR no walk
NONE
ERR unknown" "SET a 1\nNEXT\nDEL x\nWHAT\n"
run "empty walk" "END
OK
OK
END" "FIRST\nSET a 1\nDEL a\nFIRST\n"

[ "$bad" = 0 ] && echo ok
exit "$bad"
