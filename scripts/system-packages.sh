#!/bin/sh
# Brings what pip cannot: libraries and programs from Debian's or Ubuntu's packages.
#
#   system-packages.sh [--optional] paper|test...   libraries for PDFs; programs for the tests
#   system-packages.sh [--optional] go|node...      what two of the judges are built with
#   system-packages.sh [--optional] proxy           nginx and Caddy, before which `deploy/` is tried
#   system-packages.sh [--optional] machines        what makes two empty Debians for the trial
#   system-packages.sh [--optional] faults          what the machine that fails is compiled with
#   system-packages.sh python                       prints a Python >= 3.11 that can make a venv
#
# What is here already is left alone. What is missing is installed where that is allowed (root, or
# sudo without a password). Elsewhere one line says what to type, and the exit code is 2; with
# --optional it is 0.
set -eu
PATH=$PATH:/usr/sbin:/sbin # dpkg and ldconfig live there, and a plain user's PATH may lack it

say() { printf '%s\n' "$*" >&2; }

may_install() {
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        return 1
    fi
    command -v apt-get >/dev/null
}

apt_get() {
    # shellcheck disable=SC2086 # the prefix is no word or two
    $as_root env PATH="$PATH" DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=600 "$@" >/dev/null
}

# A minimal Debian comes without package lists, so they are fetched. A mirror that fails there need
# not be the one that holds the packages: the install itself is the judge.
install() {
    may_install || return 1
    say "Installing the system packages $*"
    apt_get update || say "Some package lists could not be fetched."
    apt_get install --yes --no-install-recommends "$@"
}

need_library() { # the file, the package that brings it
    ldconfig -p | grep -q "[[:space:]]$1 " || missing="$missing $2"
}

need_program() { # the program, the package that brings it
    command -v "$1" >/dev/null || missing="$missing $2"
}

need_file() { # the file, the package that brings it
    [ -e "$1" ] || missing="$missing $2"
}

# `tests/browser.py` looks in the same places. Ubuntu has Chromium only as a snap, which cannot be
# driven from outside; there playwright brings its own.
need_browser() {
    for program in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$program" >/dev/null; then return; fi
    done
    if ! grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
        missing="$missing chromium"
    elif [ ! -d "${PLAYWRIGHT_BROWSERS_PATH:-${XDG_CACHE_HOME:-$HOME/.cache}/ms-playwright}" ]; then
        .venv/bin/playwright install --with-deps chromium >&2 || {
            say "No browser for the tests; type: .venv/bin/playwright install --with-deps chromium"
            exit 2
        }
    fi
}

print_python() {
    found=
    for name in python3 python3.13 python3.12 python3.11; do
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        found=${found:-$name}
        if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    if [ -z "$found" ]; then
        say "Python 3.11 or newer is needed, and none is here."
        return 2
    fi
    package=$("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if install "$package" && "$found" -c 'import ensurepip, venv'; then
        command -v "$found"
        return
    fi
    say "$found cannot make a virtual environment; type: sudo apt-get install $package"
    return 2
}

optional=
missing=
for word in "$@"; do
    case $word in
    --optional) optional=yes ;;
    python)
        print_python
        exit
        ;;
    paper)
        need_library libpango-1.0.so.0 libpango-1.0-0
        need_library libpangoft2-1.0.so.0 libpangoft2-1.0-0
        need_library libharfbuzz-subset.so.0 libharfbuzz-subset0
        ;;
    test)
        need_browser
        need_library libatomic.so.1 libatomic1 # playwright's own node
        need_program pdftotext poppler-utils
        ;;
    go)
        need_program go golang-go
        need_file /usr/share/gocode/src/golang.org/x/mod/sumdb golang-golang-x-mod-dev
        ;;
    proxy)
        need_program nginx nginx-light
        need_program caddy caddy
        need_program openssl openssl
        ;;
    node)
        need_program node nodejs
        need_program npm npm
        ;;
    machines) need_program debootstrap debootstrap ;;
    faults)
        need_program cc gcc
        need_file /usr/include/stdlib.h libc6-dev
        ;;
    *)
        say "usage: $0 [--optional] paper|test|proxy|machines|go|node|faults..., or $0 python"
        exit 2
        ;;
    esac
done

# shellcheck disable=SC2086 # the packages are several words
if [ -n "$missing" ] && ! install $missing; then
    say "Missing on this machine; type: sudo apt-get install$missing"
    [ -n "$optional" ] || exit 2
fi
