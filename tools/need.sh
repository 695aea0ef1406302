#!/bin/bash
# Makes sure that the packages of packages.txt in the given groups are installed: installs what is missing where that
# is allowed (root, or sudo without a password), otherwise names it in one line and exits with code 7.
#
#   tools/need.sh build test
#   tools/need.sh --list build          print the packages, install nothing
set -u
list="$(dirname "$0")/../packages.txt"

only_list=no
if [ "${1:-}" = --list ]; then
  only_list=yes
  shift
fi

wanted=()
while read -r package group _; do
  case "$package" in '' | '#'*) continue ;; esac
  for asked in "$@"; do
    if [ "$group" = "$asked" ]; then wanted+=("$package"); fi
  done
done < "$list"

if [ $only_list = yes ]; then
  printf '%s\n' "${wanted[@]}"
  exit 0
fi
if ! command -v dpkg-query > /dev/null; then
  echo "need.sh: not a Debian system, packages are not checked; packages.txt names what is needed." >&2
  exit 0
fi

# Also true of a virtual package that another one provides (libjpeg-dev on some releases).
installed="$(dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Provides}\n' 2> /dev/null | sed -n 's/^.i //p' |
  sed 's/([^)]*)//g' | tr ', ' '\n\n' | sort -u)"
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<< "$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo -n)
  if ! sudo -n true 2> /dev/null; then
    echo "missing packages: ${missing[*]}; install them with: sudo apt-get install ${missing[*]}" >&2
    exit 7
  fi
fi
if ! command -v apt-get > /dev/null; then
  echo "missing packages: ${missing[*]}; there is no apt-get here to install them with" >&2
  exit 7
fi

echo "installing: ${missing[*]}" >&2
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" \
    > "$log" 2>&1 < /dev/null
}
if ! install; then  # most often: package lists that are absent or old
  "${as_root[@]}" apt-get update -q > "$log" 2>&1 < /dev/null
  if ! install; then
    tail -n 5 "$log" >&2
    echo "missing packages: ${missing[*]}; 'apt-get install ${missing[*]}' failed, see the lines above" >&2
    exit 7
  fi
fi
