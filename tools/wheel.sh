#!/bin/bash
# Makes the wheels of plumb and plumb-rknn in build/wheels, for the Python of build/venv, out of what build/release holds.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
python="$root/build/venv/bin/python"
wheels="$root/build/wheels"
if ! "$python" -c 'import scikit_build_core, hatchling' 2> /dev/null; then
  "$root/build/venv/bin/pip" install -q --disable-pip-version-check scikit-build-core hatchling < /dev/null || {
    echo "make wheel: scikit-build-core and hatchling cannot be installed into build/venv" >&2
    exit 7
  }
fi
mkdir -p "$wheels"
rm -f "$wheels"/*.whl
pack() {
  "$python" -m pip wheel -q --disable-pip-version-check --no-build-isolation --no-deps -w "$wheels" "$@" < /dev/null
}
pack "$root/python" -C "build-dir=$root/build/release" -C "cmake.define.PLUMB_PYTHON_EXECUTABLE=$python"
pack "$root/python/rknn_wheel"
ls "$wheels"/*.whl
