#!/bin/bash
# Makes build/venv with the packages of requirements-test.txt. Without a network the tests that need them are skipped,
# with one line here that says so; under PLUMB_REQUIRE_JUDGE=1 that is an error, code 7.
set -u
root="$(cd "$(dirname "$0")/.." && pwd)"
venv="$root/build/venv"
stamp="$venv/installed.txt"
if cmp -s "$stamp" "$root/requirements-test.txt"; then exit 0; fi

mkdir -p "$root/build"
log="$root/build/venv.log"
echo "making build/venv" >&2
if python3 -m venv "$venv" > "$log" 2>&1 &&
  "$venv/bin/pip" install -q --disable-pip-version-check -r "$root/requirements-test.txt" >> "$log" 2>&1 < /dev/null; then
  cp "$root/requirements-test.txt" "$stamp"
  exit 0
fi
echo "build/venv: the packages of requirements-test.txt cannot be installed (build/venv.log says why)" >&2
if [ "${PLUMB_REQUIRE_JUDGE:-0}" = 1 ]; then exit 7; fi
echo "Tests that compare with them are skipped." >&2
