"""The files of the repository, for the tests of this folder."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILT = {"build", ".git", ".venv", "__pycache__"}


def tracked_files(root=ROOT):
    """Paths that git tracks or would track; without git (an unpacked archive) all but built ones."""
    try:
        out = subprocess.run(["git", "-c", f"safe.directory={root}", "-C", str(root), "ls-files", "-z", "--cached", "--others",
                              "--exclude-standard"], capture_output=True, check=True).stdout
        names = [name for name in out.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(root)) for path in root.rglob("*") if not BUILT & set(path.relative_to(root).parts)]
    return [root / name for name in sorted(names) if (root / name).is_file()]
