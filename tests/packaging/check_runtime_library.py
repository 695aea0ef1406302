"""check_runtime_library.py LIBRARY STRIP READELF: under 1.5 MB stripped, and needs nothing but the C++ library."""
import pathlib
import re
import subprocess
import sys
import tempfile

LIMIT = 1_500_000
ALLOWED = re.compile(r"(libstdc\+\+|libm|libgcc_s|libc|ld-linux[^.]*)\.so")

library, strip, readelf = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    stripped = pathlib.Path(folder) / "stripped.so"
    subprocess.run([strip, "-o", stripped, library], check=True)
    size = stripped.stat().st_size
dynamic = subprocess.run([readelf, "-d", library], check=True, capture_output=True, text=True).stdout
needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
soname = re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)
print(f"{size} bytes stripped, needs {', '.join(needed)}, SONAME {soname}")
failures = [f"{size} bytes stripped; at most {LIMIT} are allowed"] if size >= LIMIT else []
failures += [f"needs {name}" for name in needed if not ALLOWED.match(name)]
failures += [] if soname and re.fullmatch(r"libplumb_runtime\.so\.\d+", soname[0]) else ["its SONAME has no version"]
sys.exit("\n".join(failures) or 0)
