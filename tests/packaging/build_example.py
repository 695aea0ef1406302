"""build_example.py BUILD SOURCE CMAKE CXX: installs the runtime into a folder of its own, builds examples/runtime_only
against it, with CMake and with pkg-config where that is installed, and runs it."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

build, source, cmake, compiler = sys.argv[1:]
example = pathlib.Path(source) / "examples" / "runtime_only"
model = pathlib.Path(source) / "tests" / "golden" / "accept" / "tiny.plumb"


def run(*command, **options):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(str(c) for c in command)}\n{result.stdout}{result.stderr}")
    return result.stdout


def check(program, **options):
    printed = run(program, model, **options)
    print(printed)
    if "tiny: 1 records" not in printed or "flat f32[1x72]" not in printed:
        sys.exit("expected the outputs of tiny.plumb")


with tempfile.TemporaryDirectory() as folder:
    prefix = pathlib.Path(folder) / "prefix"
    run(cmake, "--install", build, "--component", "runtime", "--prefix", prefix)
    run(cmake, "-S", example, "-B", f"{folder}/example", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={compiler}")
    run(cmake, "--build", f"{folder}/example")
    check(f"{folder}/example/runtime_only")
    if shutil.which("pkg-config"):
        library = next(prefix.glob("**/libplumb_runtime.so")).parent
        flags = run("pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", "plumb_runtime",
                    env=dict(os.environ, PKG_CONFIG_PATH=str(library / "pkgconfig"))).split()
        run(compiler, example / "runtime_only.cc", "-o", f"{folder}/by_pkg_config", *flags)
        check(f"{folder}/by_pkg_config", env=dict(os.environ, LD_LIBRARY_PATH=str(library)))
