# SPDX-License-Identifier: Apache-2.0
# Hidden tests. Runs in a built copy of source/, or beside one; exit 0 = pass.
here=$(cd "$(dirname "$0")" && pwd)
[ -e ./tokencheck.py ] || cd "$here/../source" || exit 2
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

check() { name=$1; printf '%s\n' "$3" >"$tmp/in"; expect "$1" 0 "$2" python3 tokencheck.py keys.txt "$tmp/in"; }
check 'sha256' 'welcome admin' '100 k1:sha256:admin:101:2417d3516fe44e62a04248dc3cf4f606b0fe7b3232d8f31603838d6b7ce08a3b'
check 'sha1' 'welcome old-friend' '100 k0:sha1:old-friend:500:e60e854b0297a18c647295b06aa0c97fc0b65f64'
check 'capitals in the algorithm' 'welcome ada' '100 k1:SHA256:ada:500:9bb915a60254c40e47899ff2314deb66edb67b9560550fbcc373b5ed4d31a6f3'
check 'expired' 'denied' '101 k1:sha256:admin:101:2417d3516fe44e62a04248dc3cf4f606b0fe7b3232d8f31603838d6b7ce08a3b'
check 'long expired' 'denied' '99999 k0:sha1:admin:101:2a8b2510a7a260539f470af222410524b432c4d1'
check 'just in time' 'welcome bob' '100 k0:sha1:bob:101:59ef5a7b53320cf365cfdf473cba791fe7a3d1c7'
check 'none' 'denied' '100 k1:none:admin:500:'
check 'None' 'denied' '100 k1:None:admin:500:'
check 'NONE on the old key' 'denied' '100 k0:NONE:admin:500:'
check 'crc32' 'denied' '100 k1:crc32:admin:500:f96bb99e'
check 'Crc32' 'denied' '100 k1:CRC32:admin:500:0fb4b42d'
check 'crc32 on the old key' 'denied' '100 k0:crc32:eve:500:0e9959cb'
check 'empty mac' 'denied' '100 k1:sha256:admin:500:'
check 'half a mac' 'denied' '100 k1:sha256:admin:500:ba44e3eb6a0260f23a488343add22651'
check 'another user' 'denied' '100 k1:sha256:eve:500:dc79d358453d70c1ee698b50c2e5704cda972348f851c03f2ce5c5a063a6471e'
check 'another expiry' 'denied' '600 k1:sha256:ada:700:dc79d358453d70c1ee698b50c2e5704cda972348f851c03f2ce5c5a063a6471e'
check 'another key' 'denied' '100 k0:sha256:ada:500:dc79d358453d70c1ee698b50c2e5704cda972348f851c03f2ce5c5a063a6471e'
check 'unknown key' 'denied' '100 k7:sha256:ada:500:dc79d358453d70c1ee698b50c2e5704cda972348f851c03f2ce5c5a063a6471e'
check 'unknown algorithm' 'denied' '100 k1:md4:ada:500:00'
check 'empty algorithm' 'denied' '100 k1::ada:500:'
check 'too few fields' 'denied' '100 k1:sha256:ada'
check 'too many fields' 'denied' '100 k1:sha256:ada:500:dc79d358453d70c1ee698b50c2e5704cda972348f851c03f2ce5c5a063a6471e:x'
check 'expiry not a number' 'denied' '100 k1:sha256:ada:soon:4a3e513ec19bc3746ed356776b8584a1223676176ee237017cecac344f3307d7'
check 'no token' 'denied' '100'
check 'other letters' 'denied' '100 k1:sha256:äda:500:ü'
check 'empty user' 'denied' '100 k1:sha256::500:a1c9268b32a06f79ab7732abb74a818e1c0dff430d89754a62d38dd8d0d4defa'
check 'capitals in the mac' 'welcome ada' '100 k1:sha256:ada:500:DC79D358453D70C1EE698B50C2E5704CDA972348F851C03F2CE5C5A063A6471E'

printf '%s\n' '100 k1:sha256:admin:101:2417d3516fe44e62a04248dc3cf4f606b0fe7b3232d8f31603838d6b7ce08a3b' '100 k1:none:admin:500:' '100 k0:sha1:old-friend:500:e60e854b0297a18c647295b06aa0c97fc0b65f64' >"$tmp/in"
expect "three" 0 "welcome admin
denied
welcome old-friend" python3 tokencheck.py keys.txt "$tmp/in"
printf 'k9 crc32 00\n' >"$tmp/keys"
refused "a key for an algorithm without one" python3 tokencheck.py "$tmp/keys" "$tmp/in"
printf 'k9 sha256 zz\n' >"$tmp/keys"
refused "a damaged key" python3 tokencheck.py "$tmp/keys" "$tmp/in"

[ "$bad" = 0 ] && echo ok
exit "$bad"
