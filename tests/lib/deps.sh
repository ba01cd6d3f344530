#!/bin/sh
# Install those of the named Debian packages that are missing, and say so.
set -eu
missing=
for p in "$@"; do
	s=$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null || true)
	[ "$s" = 'install ok installed' ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing Debian packages:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
# the package lists may be absent or old: refresh them once, here
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
