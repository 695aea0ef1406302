"""The table of calls and options in docs/how_to/coming-from-rknn.md is what the code says, and the code does what it says.

    rknn_table_test.py --rewrite      writes the table
"""
import contextlib
import inspect
import io
import pathlib
import sys
import unittest

import plumb

sys.path.insert(0, str(pathlib.Path(plumb.__file__).parent / "dropins"))

from plumb.rknn import functions, lite, options, toolkit  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs/how_to" / name for name in ("coming-from-rknn.md", "coming-from-rknn.zh-CN.md")]
BEGIN, END = "<!-- made by tests/python/rknn_table_test.py --rewrite -->", "<!-- end -->"


def with_table(text):
    head, rest = text.split(BEGIN)
    return "\n".join([head + BEGIN, *functions.tables(), END]) + rest.split(END)[1]


class Page(unittest.TestCase):
    def test_it_has_the_tables(self):
        for page in PAGES:
            self.assertEqual(page.read_text(encoding="utf-8"), with_table(page.read_text(encoding="utf-8")), page)

    def test_every_call_has_a_row(self):
        for owner, kind in (("RKNN", toolkit.Toolkit), ("RKNNLite", lite.Lite)):
            methods = {name for name, value in vars(kind).items() if inspect.isfunction(value) and not name.startswith("_")}
            self.assertEqual(methods, {row.name for row in functions.FUNCTIONS if row.owner == owner})

    def test_what_is_not_there_answers(self):
        with contextlib.redirect_stderr(io.StringIO()) as log:
            rknn = toolkit.Toolkit()
            rknn.config()
            for row in functions.FUNCTIONS:
                if row.state == functions.ANSWERS and row.owner == "RKNN":
                    self.assertEqual(getattr(rknn, row.name)(*(["none"] if row.name.startswith("load_") else [])), -1)
                    self.assertTrue(log.getvalue().splitlines()[-1].startswith(f"E {row.name}: "))


if __name__ == "__main__":
    if "--rewrite" in sys.argv:
        for path in PAGES:
            path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        unittest.main()
