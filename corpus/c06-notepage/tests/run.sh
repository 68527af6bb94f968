# SPDX-License-Identifier: Apache-2.0
# Public tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./notepage.py ] || cd "$here/../source" || exit 2
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

printf '# Trip\n\nThe *map* is [here](map.html "The map").\nAnd _there_.\n\n- `a < b`\n- ![hill](hill.png)\n' >"$tmp/in"
expect "a note" 0 '<h1>Trip</h1>
<p>The <strong>map</strong> is <a href="map.html" title="The map">here</a>.
And <em>there</em>.</p>
<ul>
<li><code>a &lt; b</code></li>
<li><img src="hill.png" alt="hill"></li>
</ul>' python3 notepage.py "$tmp/in"
printf '<script>x</script>\n[no](javascript:x)\n' >"$tmp/in"
expect "not markup" 0 '<p>&lt;script&gt;x&lt;/script&gt;
[no](javascript:x)</p>' python3 notepage.py "$tmp/in"
expect "no note" 2 "" python3 notepage.py "$tmp/none"

[ "$bad" = 0 ] && echo ok
exit "$bad"
