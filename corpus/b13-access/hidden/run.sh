#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hidden tests; run in a patched and built copy of source/. Exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -f access.py ] || { echo "run me in source/"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL $*"; exit 1; }
# same NAME EXPECTED-TEXT COMMAND...: exit 0 and exactly that output (printf escapes)
same() {
    name=$1; want=$2; shift 2
    timeout 20 "$@" >"$work/out" 2>"$work/err" || fail "$name: exit status"
    printf "$want" >"$work/want"
    cmp -s "$work/want" "$work/out" || fail "$name: output"
}
# clean NAME COMMAND...: ends by itself with status 0, 1 or 2 and without a sanitizer report; sets rc
clean() {
    name=$1; shift
    timeout 20 "$@" >"$work/out" 2>"$work/err"
    rc=$?
    [ $rc -le 2 ] || fail "$name: exit status $rc"
    if grep -q -e Sanitizer -e 'runtime error' -e Traceback "$work/err"; then fail "$name: report"; fi
}
# refused NAME COMMAND...: clean, and status 1 or 2
refused() {
    clean "$@"
    [ $rc -ne 0 ] || fail "$1: should be refused"
}

ask() { cat >"$work/in"; }
gives() { clean "$1" python3 access.py "$work/in"; printf "$2" >"$work/want"; [ $rc -eq 0 ] && cmp -s "$work/want" "$work/out" || fail "$1: status $rc or output"; }
ask <<'END'
group editors: joanna, bob
group readers: carl ,dora,  eve
allow editors, mary: /drafts
allow readers: /news
deny bob: /drafts/secret
ask joanna /drafts
ask bob /drafts/a
ask bob /drafts/secret
ask bob /drafts/secrets
ask bob /drafts/secret/x
ask mary /drafts/secret
ask carl /news
ask dora /news/today
ask eve /news
ask eve /drafts
END
gives "groups, users, spaces, deny wins" 'joanna /drafts: yes\nbob /drafts/a: yes\nbob /drafts/secret: no\nbob /drafts/secrets: yes\nbob /drafts/secret/x: no\nmary /drafts/secret: yes\ncarl /news: yes\ndora /news/today: yes\neve /news: yes\neve /drafts: no\n'
ask <<'END'
allow joanna, mary-ann: /a
ask ann /a
ask joanna /a
ask joann /a
ask mary /a
ask mary-ann /a
ask a /a
ask oann /a
ask mary-anne /a
END
gives "parts of users' names" 'ann /a: no\njoanna /a: yes\njoann /a: no\nmary /a: no\nmary-ann /a: yes\na /a: no\noann /a: no\nmary-anne /a: no\n'
ask <<'END'
group staff: joanna, mary-ann
allow staff: /a
ask ann /a
ask joanna /a
ask joann /a
ask mary /a
ask mary-ann /a
ask staff /a
END
gives "parts of members' names" 'ann /a: no\njoanna /a: yes\njoann /a: no\nmary /a: no\nmary-ann /a: yes\nstaff /a: yes\n'
ask <<'END'
group dev: fred
group ops: gina
group ops-lead: hans
group devops: ida
allow devops: /a
allow ops-lead: /b
ask fred /a
ask gina /a
ask ida /a
ask hans /b
ask gina /b
END
gives "parts of groups' names" 'fred /a: no\ngina /a: no\nida /a: yes\nhans /b: yes\ngina /b: no\n'
ask <<'END'
group blocked: joanna
allow ann, joanna, ed, edwin: /a
deny blocked, edwin: /a
ask ann /a
ask joanna /a
ask ed /a
ask edwin /a
END
gives "refusals meet whom they name, and nobody else" 'ann /a: yes\njoanna /a: no\ned /a: yes\nedwin /a: no\n'
printf 'allow x: /a\nask x\n' | ask
refused "half a question" python3 access.py "$work/in"
