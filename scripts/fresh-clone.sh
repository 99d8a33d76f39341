#!/usr/bin/env bash
# Proves that a fresh clone of the last commit works where nothing of ours was installed by hand:
# `make demo SERVE=0` and `make test`.
#
#   fresh-clone.sh            on this machine, in an empty folder, with an empty environment
#   fresh-clone.sh --chroot   as root, in an empty Debian with python3, git and make
#
# What pip and apt were told about registries, proxies and certificates is passed on.
set -euo pipefail

top=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
place=$(mktemp --directory --tmpdir portal-fresh-XXXXXX)
trap 'rm -rf --one-file-system "$place"' EXIT

environment=(PATH=/usr/bin:/bin)
while read -r name; do
    environment+=("$name=${!name}")
done < <(compgen -e | grep -Ei '^(pip_.*|(https?|all|no)_proxy|ssl_cert_(file|dir))$' || true)

try_here() {
    chmod 755 "$place"
    mkdir -m 1777 "$place/tmp"
    git clone --quiet "$top" "$place/clone"
    for goal in "demo SERVE=0" test; do
        echo "== make $goal"
        # shellcheck disable=SC2086 # the goal is several words
        env -i "${environment[@]}" HOME="$place" TMPDIR="$place/tmp" make -C "$place/clone" $goal
    done
    # A server still running works in the folder; pytest keeps its own last folders on purpose.
    if find /proc/[0-9]*/cwd -lname "$place/*" -print 2>/dev/null | grep . ||
        find "$place/tmp" -mindepth 1 -maxdepth 1 ! -name 'pytest-of-*' | grep .; then
        echo "The above was left behind." >&2
        exit 1
    fi
}

# The mounts and the processes live in namespaces that end with the command, so nothing of this
# machine lies under the folder when it is removed.
try_in_empty_debian() {
    local root=$place/debian suite mirror
    suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    # shellcheck disable=SC2016 # the name in brackets is apt's
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" |
        head -n 1)
    unshare --mount debootstrap --variant=minbase --include=ca-certificates,git,make,python3 \
        "$suite" "$root" "$mirror" >"$place/debootstrap.log" || {
        cat "$place/debootstrap.log"
        exit 1
    }
    cp -rL /etc/resolv.conf /etc/hosts "$root/etc/"
    cp -r /etc/apt/apt.conf.d "$root/etc/apt/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    [ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
    git clone --quiet "$top" "$root/clone"
    for goal in "demo SERVE=0" test; do
        echo "== make $goal, in an empty Debian $suite"
        # shellcheck disable=SC2086
        env -i "${environment[@]}" HOME=/root unshare --mount --pid --fork --kill-child \
            --mount-proc="$root/proc" /usr/sbin/chroot "$root" make -C /clone $goal
    done
}

case "$*" in
"") try_here ;;
--chroot) try_in_empty_debian ;;
*)
    echo "usage: $0 [--chroot]" >&2
    exit 2
    ;;
esac
echo "== a fresh clone of $(git -C "$top" rev-parse --short HEAD) passes"
