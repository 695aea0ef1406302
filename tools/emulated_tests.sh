#!/bin/bash
# Runs the tests of a cross build's numerics and kernels under its emulator, once for each CPU model.
#
#   tools/emulated_tests.sh build/aarch64 cortex-a57 max
set -eu
build="$1"
shift
for cpu in "$@"; do
  for folder in plumb/numerics plumb/kernels tests/same_bits; do
    QEMU_CPU="$cpu" ctest --test-dir "$build/$folder" -j "${JOBS:-$(nproc)}" -LE 'slow|long' --output-on-failure
  done
done
