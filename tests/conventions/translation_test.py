#!/usr/bin/env python3
"""README.zh-CN.md keeps step with README.md: the same outline, the same commands, the same tables and links."""
import re
import unittest

from tracked import ROOT


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text):
    """Code blocks without comments and what is only layout."""
    found = []
    for block in re.findall(r"^```\w*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        lines = [re.sub(r"\s+", " ", re.sub(r"(^|\s)#.*", "", line)).strip() for line in block.splitlines()]
        found.append([line for line in lines if line])
    return found


def outline(text):
    return re.findall(r"^(#+) ", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), flags=re.MULTILINE)


def first_cells(text):
    return [row.split("|")[1].strip() for row in text.splitlines() if row.startswith("| `")]


def links(text):
    return [target for target in re.findall(r"\]\(([^)#\s]+)", text) if not target.startswith("README")]


class Translation(unittest.TestCase):
    def setUp(self):
        self.english, self.chinese = read("README.md"), read("README.zh-CN.md")

    def test_headings(self):
        self.assertGreater(len(outline(self.english)), 5)
        self.assertEqual(outline(self.chinese), outline(self.english))

    def test_commands(self):
        self.assertEqual(blocks(self.chinese), blocks(self.english))

    def test_tables(self):
        self.assertEqual(first_cells(self.chinese), first_cells(self.english))

    def test_links(self):
        self.assertEqual(links(self.chinese), links(self.english))

    def test_each_names_the_other(self):
        self.assertIn("(README.zh-CN.md)", self.english)
        self.assertIn("(README.md)", self.chinese)


if __name__ == "__main__":
    unittest.main()
