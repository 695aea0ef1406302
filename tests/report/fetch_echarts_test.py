#!/usr/bin/env python3
"""tools/fetch_echarts.py with a registry of its own on this machine: takes the pinned file, refuses another, and says in one
sentence what to do when there is none."""
import base64
import hashlib
import http.server
import io
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FETCH = ROOT / "tools/fetch_echarts.py"


def package(script=b"charts"):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in (("dist/echarts.min.js", script), ("LICENSE", b"licence"), ("NOTICE", b"notice")):
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    return data.getvalue()


class Fetch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.data = package()
        hashed = base64.b64encode(hashlib.sha512(self.data).digest()).decode()
        (self.root / "pin.json").write_text(json.dumps({"package": "echarts", "version": "1.2.3", "integrity": f"sha512-{hashed}"}))
        (self.root / "bin").mkdir()

    def fetch(self, *arguments, **environment):
        done = subprocess.run([sys.executable, FETCH, self.root / "pin.json", self.root / "out", *map(str, arguments)], text=True,
                              capture_output=True, env={"PATH": str(self.root / "bin"), "HOME": str(self.root), **environment})
        return done.returncode, done.stderr

    def serve(self, data):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}/", asked

    def script(self):
        return (self.root / "out/echarts.min.js").read_bytes()

    def test_a_file_that_is_there(self):
        (self.root / "given.tgz").write_bytes(self.data)
        self.assertEqual(self.fetch(self.root / "given.tgz"), (0, ""))
        self.assertEqual(self.script(), b"charts")
        self.assertEqual((self.root / "out/NOTICE").read_bytes(), b"notice")

    def test_the_registry_of_the_environment(self):
        address, asked = self.serve(self.data)
        self.assertEqual(self.fetch(npm_config_registry=address), (0, ""))
        self.assertEqual(asked, ["/echarts/-/echarts-1.2.3.tgz"])
        self.assertEqual(self.script(), b"charts")

    def test_the_registry_of_npmrc(self):
        address, _ = self.serve(self.data)
        (self.root / ".npmrc").write_text(f"fund=false\nregistry={address}\n")
        self.assertEqual(self.fetch(), (0, ""))

    def test_another_file_is_refused(self):
        address, _ = self.serve(package(b"other charts"))
        code, said = self.fetch(npm_config_registry=address)
        self.assertEqual(code, 7)
        self.assertIn("not the pinned file", said)
        self.assertFalse((self.root / "out").exists())

    def test_none_to_be_had(self):
        code, said = self.fetch()
        self.assertEqual(code, 7)
        self.assertEqual(len(said.splitlines()), 1)
        self.assertIn("neither npm nor a configured npm registry", said)
        self.assertIn("-DPLUMB_REPORT=OFF", said)
        code, said = self.fetch(npm_config_registry="http://127.0.0.1:9/")
        self.assertEqual(code, 7)
        self.assertEqual(len(said.splitlines()), 1)

    def test_possible(self):
        def possible(**environment):
            return subprocess.run([sys.executable, FETCH, "--possible"],
                                  env={"PATH": str(self.root / "bin"), "HOME": str(self.root), **environment}).returncode
        self.assertEqual(possible(), 7)
        self.assertEqual(possible(npm_config_registry="http://127.0.0.1:9/"), 0)

    def test_npm_that_fails(self):
        (self.root / "bin/npm").write_text("#!/bin/sh\necho 'npm error network' >&2\nexit 1\n")
        (self.root / "bin/npm").chmod(0o755)
        code, said = self.fetch()
        self.assertEqual(code, 7)
        self.assertIn("npm error network", said)


if __name__ == "__main__":
    unittest.main()
