#!/usr/bin/env python3
"""Chinese pages keep step with the English ones: the same outline, the same commands, the same tables and links."""
import re
import unittest

from tracked import ROOT

PAGES = ["README.md", "docs/wrong-boxes.md", "docs/how_to/coming-from-rknn.md"]


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
    """Of rows that begin with code or with a rule's name."""
    return [row.split("|")[1].strip() for row in text.splitlines() if re.match(r"\| (`|[A-Z]\d+ \|)", row)]


def rows(text):
    return sum(line.startswith("| ") for line in text.splitlines())


def links(text, names):
    """A Chinese page may point to the Chinese form of the page that the English one points to."""
    return [target.replace(".zh-CN.md", ".md") for target in re.findall(r"\]\(([^)#\s]+)", text) if target not in names]


class Translation(unittest.TestCase):
    def test_pages(self):
        for page in PAGES:
            name = page.rsplit("/", 1)[-1]
            other = name.replace(".md", ".zh-CN.md")
            english, chinese = read(page), read(page.replace(name, other))
            with self.subTest(page):
                self.assertGreaterEqual(len(outline(english)), 5)
                self.assertEqual(outline(chinese), outline(english))
                self.assertEqual(blocks(chinese), blocks(english))
                self.assertEqual(first_cells(chinese), first_cells(english))
                self.assertEqual(rows(chinese), rows(english))
                self.assertEqual(links(chinese, {name, other}), links(english, {name, other}))
                self.assertIn(f"({other})", english)
                self.assertIn(f"({name})", chinese)


if __name__ == "__main__":
    unittest.main()
