#!/bin/sh
# mt on Debian 13: makes a chroot with debootstrap, copies this tree into it and
# runs make check there. Needs root, debootstrap and 2 GB; `make check` does not
# call it.
#
#   sh tests/lib/debian13.sh FOLDER [COMMAND]
#
#   FOLDER   where the chroot is or will be; it is kept, and used again if it exists
#   COMMAND  what to run in the tree there, by the shell [make check]
#
# MT_MIRROR   Debian mirror [the one of this machine's apt]
# MT_SUITE    the release [trixie]
# MT_DATA     music for the tests, read-only there [../shared/data, if it exists]
#
# http_proxy and its like pass through. All mounts are in a namespace of their
# own, which ends with this script, as does every process that it started.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"; exit 2; }
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo 'debian13.sh: must run as root' >&2; exit 2; }
if [ "${MT_NAMESPACE:-}" != own ]; then
	export MT_NAMESPACE=own
	exec unshare --mount --pid --fork --kill-child sh tests/lib/debian13.sh "$@"
fi
root=$1 suite=${MT_SUITE:-trixie} data=${MT_DATA:-../shared/data}
shift
[ $# -gt 0 ] || set -- 'make check'
mirror=${MT_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' \
	'Label: Debian' 2> /dev/null | head -n 1)}
mirror=${mirror:-http://deb.debian.org/debian}

if [ ! -e "$root/usr/bin/apt-get" ] || [ -d "$root/debootstrap" ]; then
	rm -rf "$root/debootstrap"
	debootstrap --variant=minbase "$suite" "$root" "$mirror"
	echo "deb $mirror $suite main" > "$root/etc/apt/sources.list"
fi
root=$(cd "$root" && pwd)

# The tree as it is, committed or not, over what was built there before.
tree=$root/usr/src/mt
mkdir -p "$tree" "$root/usr/src/shared/data"
find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
git ls-files -co --exclude-standard | while IFS= read -r f; do
	[ ! -e "$f" ] || printf '%s\n' "$f"
done | tar -cf - -T - | tar -xof - -C "$tree"

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
if [ -d "$data" ]; then
	mount --bind "$data" "$root/usr/src/shared/data"
	mount -o remount,bind,ro "$root/usr/src/shared/data"
fi
[ -e "$root/usr/bin/make" ] || { chroot "$root" apt-get update -qq &&
	DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y -qq \
		--no-install-recommends make > /dev/null; }
unset MT_DATA MT_NAMESPACE
chroot "$root" sh -c "cd /usr/src/mt && $*"
