#!/bin/bash
# Adds the runtimes of bench/requirements.txt to build/venv, one by one: what cannot be installed is named and left out,
# and the comparison lists it as skipped. With PLUMB_BENCH_PYTHON set there is nothing to do.
set -u
root="$(cd "$(dirname "$0")/.." && pwd)"
if [ -n "${PLUMB_BENCH_PYTHON:-}" ]; then exit 0; fi
stamp="$root/build/venv/bench_installed.txt"
if cmp -s "$stamp" "$root/bench/requirements.txt"; then exit 0; fi
"$root/tools/test_venv.sh" || exit $?
complete=yes
while read -r package; do
  case "$package" in '' | '#'*) continue ;; esac
  if ! "$root/build/venv/bin/pip" install -q --disable-pip-version-check "$package" > "$root/build/bench_venv.log" 2>&1 < /dev/null; then
    echo "build/venv: $package cannot be installed (build/bench_venv.log says why); it is left out" >&2
    complete=no
  fi
done < "$root/bench/requirements.txt"
if [ $complete = yes ]; then cp "$root/bench/requirements.txt" "$stamp"; fi
