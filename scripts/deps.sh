#!/bin/sh
# Installs what is missing on Debian or Ubuntu, and touches nothing when nothing
# is. Uses sudo only when not root.
#
#   scripts/deps.sh build    what compiling the server needs
#   scripts/deps.sh deb      that, and what packing it needs
#   scripts/deps.sh test     all that, and what the tests need; promtool in .cache
#   scripts/deps.sh lint     all that, clang-tidy and gcovr
set -eu

usage() {
  echo "usage: scripts/deps.sh build|deb|test|lint" >&2
  exit 64
}

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]
}

available() {
  apt-cache show "$1" >/dev/null 2>&1
}

# Runs as root, whoever we are.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Adds packages to `missing` unless they are installed.
want() {
  for package in "$@"; do
    installed "$package" || missing="$missing $package"
  done
}

# Adds packages unless their command is there, from wherever it came.
want_command() {
  command -v "$1" >/dev/null 2>&1 || want "$2"
}

# Adds the first of several packages that this release has.
want_first() {
  for package in "$@"; do
    if installed "$package"; then return; fi
  done
  for package in "$@"; do
    if available "$package"; then want "$package"; return; fi
  done
  missing="$missing $package"  # apt-get will say that there is none
}

collect() {
  missing=""
  want_command make make
  want_command g++ g++
  want libfmt-dev
  want_first libllhttp-dev node-llhttp  # see scripts/llhttp.mk
  want libjwt-dev libhiredis-dev
  [ "$kind" = build ] && return
  want_command dh debhelper
  [ "$kind" = deb ] && return
  want_command lintian lintian
  want doctest-dev
  want_command python3 python3
  want python3-yaml
  want_command curl curl
  want_command git git
  want_command patch patch
  want_command man man-db
  want_first clang-format-14 clang-format
  want_command nginx nginx-light
  want_command redis-server redis-server
  want_command openssl openssl
  want_command systemd-analyze systemd
  want_command strace strace
  want_command gdb gdb
  want_command ss iproute2
  want_command node nodejs
  want_command npm npm
  want_first chromium
  want_first clang-14 clang  # for tests/fuzz
  want_first libclang-rt-14-dev libclang-rt-dev
  [ "$kind" = test ] && return
  want_first clang-tidy-14 clang-tidy
  want_command gcovr gcovr
}

# promtool alone, into .cache, where the tests look for it too: Debian has it in
# the package of a server, which would start at once. Where it cannot be had the
# tests do without.
fetch_promtool() {
  if command -v promtool >/dev/null 2>&1; then return; fi
  folder=$(cd "$(dirname "$0")/.." && pwd)/.cache
  if [ -x "$folder/promtool" ] || ! available prometheus; then return; fi
  echo "fetching promtool"
  mkdir -p "$folder/fetched"
  (
    cd "$folder/fetched" &&
      apt-get -q -o APT::Sandbox::User=root download prometheus &&
      dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xf - ./usr/bin/promtool &&
      mv usr/bin/promtool "$folder"
  ) || echo "no promtool: /metrics and the alerts are checked without it" >&2
  rm -rf "$folder/fetched"
}

# A fresh machine may have no package index yet, or an old one.
install_missing() {
  as_root apt-get update || echo "apt-get update failed: trying with the old index" >&2
  collect
  echo "installing:$missing"
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends $missing
}

[ $# = 1 ] || usage
kind=$1
case $kind in build|deb|test|lint) ;; *) usage ;; esac

if ! command -v apt-get >/dev/null 2>&1; then
  echo "scripts/deps.sh knows Debian and Ubuntu only. Elsewhere install: a" \
    "C++20 compiler, make, fmt, llhttp, libjwt; for the tests also doctest, python3," \
    "curl, clang, clang-format, node, npm, redis and chromium." >&2
  exit 0
fi

collect
if [ -n "$missing" ]; then install_missing; fi
case $kind in test|lint) fetch_promtool ;; esac
