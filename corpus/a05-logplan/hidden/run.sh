# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./logplan ] || cd "$here/../source" || exit 2
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

plan() { name=$1 wanted=$2; printf '%b' "$3" >"$tmp/in"; expect "$name" 0 "$wanted" ./logplan "$tmp/in"; }
plan "like with a suffix" "move web.log.1.gz web.log.2.gz
move web.log web.log.1.gz" 'rule app.log keep 2 size 10 suffix .gz\nlike web.log app.log\nfile web.log 10\n'
plan "like with a command" "move web.log web.log.1
run reload" 'rule app.log keep 1 size 10 post reload\nlike web.log app.log\nfile web.log 99\n'
plan "like with both, thrice" "move c.log c.log.1.z
run x
move a.log a.log.1.z
run x" 'rule a.log keep 1 suffix .z post x\nlike b.log a.log\nlike c.log b.log\nlike d.log a.log\nfile c.log 1\nfile a.log 1\n'
plan "like with a suffix of its own" "move a.log a.log.1.gz
move b.log b.log.1.bz2" 'rule a.log keep 1 suffix .gz\nlike b.log a.log suffix .bz2\nfile a.log 1\nfile b.log 1\n'
plan "like with a command of its own" "move a.log a.log.1
run one
move b.log b.log.1
run two" 'rule a.log keep 1 post one\nlike b.log a.log post two\nfile a.log 1\nfile b.log 1\n'
plan "option twice" "move a.log a.log.1.y" 'rule a.log keep 1 suffix .x suffix .y\nfile a.log 1\n'
plan "like takes the numbers" "keep b.log
move b.log.2 b.log.3
move b.log.1 b.log.2
move b.log b.log.1" 'rule a.log keep 3 size 7\nlike b.log a.log\nfile b.log 6\nfile b.log 7\n'
printf 'rule a.log suffix .gz\nlike b.log a.log\nlike b.log a.log\n' >"$tmp/in"; expect "rule twice" 2 "" ./logplan "$tmp/in"
printf 'rule a.log suffix .gz\nlike b.log x.log\n' >"$tmp/in"; expect "like nothing" 2 "" ./logplan "$tmp/in"
printf 'rule a.log suffix .gz\nlike b.log a.log colour red\n' >"$tmp/in"; expect "unknown option" 2 "" ./logplan "$tmp/in"
printf 'rule a.log post p\nlike b.log a.log post\n' >"$tmp/in"; expect "option without value" 2 "" ./logplan "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
