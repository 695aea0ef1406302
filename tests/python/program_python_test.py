"""plumb python SCRIPT: what the script gets, its exit code and signals, what is said without a Python."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

PLUMB = os.environ["PLUMB"]
SAY = "import sys, plumb; print(sys.argv[1:], plumb.__name__, __name__); sys.exit(5)"


def run(*words, **environment):
    return subprocess.run([PLUMB, "python", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, "PLUMB_PYTHON": sys.executable, "PYTHONPATH": "", **environment})


class ProgramPython(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.script = self.folder / "script.py"
        self.script.write_text(SAY, encoding="utf-8")

    def test_arguments_and_exit_code_are_the_scripts(self):
        words = ["--config", "x.yaml", "-q", "--json", "--", "--threads=0", "--help", "two words"]
        done = run(str(self.script), *words)
        self.assertEqual((done.returncode, done.stdout), (5, f"{words} plumb __main__\n"))
        self.assertEqual(run("-q", "-c", SAY, "a").stdout, "['a'] plumb __main__\n")
        module = run("-m", "script", "b", PYTHONPATH=str(self.folder))
        self.assertEqual((module.returncode, module.stdout), (5, "['b'] plumb __main__\n"))

    def test_input_and_signals_reach_the_script(self):
        self.script.write_text("import time\nprint('ready', flush=True)\ntime.sleep(60)\n", encoding="utf-8")
        with subprocess.Popen([PLUMB, "python", str(self.script)], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "PLUMB_PYTHON": sys.executable}) as child:
            self.assertEqual(child.stdout.readline(), "ready\n")
            child.send_signal(signal.SIGTERM)
            self.assertEqual(child.wait(), -signal.SIGTERM)

    def test_without_a_python(self):
        done = run(str(self.script), PLUMB_PYTHON="/none/python3")
        self.assertEqual((done.returncode, done.stdout), (7, ""))
        self.assertRegex(done.stderr, r"^plumb python: error: a Python 3(\.\d+)? with NumPy is needed; tried "
                                      r"'/none/python3': No such file or directory\..*PLUMB_PYTHON\n$")
        (self.folder / "numpy.py").write_text("raise ImportError('no numpy here')", encoding="utf-8")
        done = run(str(self.script), PLUMB_PYTHON_PACKAGES=str(self.folder))
        self.assertEqual(done.returncode, 7)
        self.assertIn("there is no plumb/__init__.py in it", done.stderr)
        (self.folder / "plumb").mkdir()
        (self.folder / "plumb/__init__.py").write_text("", encoding="utf-8")
        done = run(str(self.script), PLUMB_PYTHON_PACKAGES=str(self.folder))
        self.assertEqual(done.returncode, 7)
        self.assertIn("ImportError: no numpy here", done.stderr)

    def test_a_script_is_needed(self):
        self.assertEqual(run().returncode, 2)
        self.assertEqual(run("--help").returncode, 0)


if __name__ == "__main__":
    unittest.main()
