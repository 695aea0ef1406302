#!/usr/bin/env python3
"""Runs the tests of this folder in one process, against the package that PYTHONPATH names.

    run_python_tests.py PLUMB
"""
import os
import pathlib
import sys
import unittest

SKIP = 77

if __name__ == "__main__":
    os.environ["PLUMB"] = sys.argv[1]
    try:
        import numpy  # noqa: F401
        import onnx  # noqa: F401
    except ImportError as error:
        print(f"skipped: {error} in {sys.executable}")
        sys.exit(SKIP)
    folder = pathlib.Path(__file__).resolve().parent
    tests = unittest.defaultTestLoader.discover(str(folder), "*_test.py", str(folder))
    result = unittest.TextTestRunner(verbosity=1).run(tests)
    sys.exit(not result.wasSuccessful() or result.testsRun == 0)
