#!/usr/bin/env python3
"""Brings the pinned npm package of Apache ECharts into the build folder and checks its hash.

    fetch_echarts.py PIN.json FOLDER [TARBALL]
    fetch_echarts.py --possible             exit code 0 where there is npm or a configured registry, else 7

Takes TARBALL where one is given. Otherwise 'npm pack' fetches it where there is npm; without npm this script does, from the
registry that the environment states: npm_config_registry, or 'registry=' in .npmrc. Leaves echarts.min.js, LICENSE and
NOTICE in FOLDER. Exit code 7 and one sentence when it cannot be had.
"""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request

WANTED = {"package/dist/echarts.min.js": "echarts.min.js", "package/LICENSE": "LICENSE", "package/NOTICE": "NOTICE"}
TIMEOUT_S = 120
OTHERWISE = ("; give the package's file with -DPLUMB_ECHARTS=echarts.tgz, "
             "or build without the HTML report: -DPLUMB_REPORT=OFF")


class CannotFetch(Exception):
    pass


def stated_registry():
    """Address of the registry that the environment states, or None."""
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if os.environ.get(name):
            return os.environ[name]
    for file in (os.environ.get("npm_config_userconfig"), pathlib.Path.home() / ".npmrc", "/etc/npmrc"):
        if file and pathlib.Path(file).is_file():
            for line in pathlib.Path(file).read_text().splitlines():
                key, _, value = line.partition("=")
                if key.strip() == "registry" and value.strip():
                    return value.strip()
    return None


def by_npm(pin, folder):
    wanted = f"{pin['package']}@{pin['version']}"
    try:
        done = subprocess.run(["npm", "pack", wanted, "--pack-destination", folder, "--silent"], cwd=folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotFetch(f"'npm pack {wanted}' failed: {error}") from error
    made = list(pathlib.Path(folder).glob("*.tgz"))
    if done.returncode != 0 or len(made) != 1:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[0]
        raise CannotFetch(f"'npm pack {wanted}' failed ({said})")
    return made[0].read_bytes()


def by_hand(pin, registry):
    address = f"{registry.rstrip('/')}/{pin['package']}/-/{pin['package']}-{pin['version']}.tgz"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:
            return answer.read()
    except (OSError, ValueError) as error:
        raise CannotFetch(f"the npm registry that is configured does not give {pin['package']} {pin['version']} ({error})") from error


def fetch(pin, tarball):
    if tarball:
        try:
            return pathlib.Path(tarball).read_bytes()
        except OSError as error:
            raise CannotFetch(f"-DPLUMB_ECHARTS={tarball}: {error.strerror}") from error
    registry = stated_registry()
    if shutil.which("npm"):
        with tempfile.TemporaryDirectory() as folder:
            return by_npm(pin, folder)
    if registry:
        return by_hand(pin, registry)
    raise CannotFetch("there is neither npm nor a configured npm registry (npm_config_registry, or registry= in .npmrc)")


def check(data, pin):
    algorithm, _, wanted = pin["integrity"].partition("-")
    found = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
    if found != wanted:
        raise CannotFetch(f"{pin['package']} {pin['version']}: expected {algorithm} {wanted[:16]}..., found {found[:16]}...: not the pinned file")


def unpack(data, folder):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(suffix=".tgz") as file:
        file.write(data)
        file.flush()
        with tarfile.open(file.name) as archive:
            # The script last: the build takes it as the sign that all is there.
            for member, name in sorted(WANTED.items(), key=lambda item: item[1].endswith(".js")):
                (folder / name).write_bytes(archive.extractfile(member).read())


def main(pin_file, folder="", tarball=""):
    if pin_file == "--possible":
        return 0 if shutil.which("npm") or stated_registry() else 7
    pin = json.loads(pathlib.Path(pin_file).read_text())
    try:
        data = fetch(pin, tarball)
        check(data, pin)
    except CannotFetch as error:
        print(f"Apache ECharts, which draws the report's charts: {error}{OTHERWISE}", file=sys.stderr)
        return 7
    unpack(data, pathlib.Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
