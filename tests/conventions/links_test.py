#!/usr/bin/env python3
"""Relative links of every .md file lead to a file of the tree, and their #fragments to a heading."""
import re
import unittest
import urllib.parse

from tracked import ROOT, tracked_files

LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
OTHER_PLACE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def without_code(text):
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "``", text)


def anchors(text):
    """Anchors of headings, as the usual renderers make them."""
    found = set()
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL),
                              flags=re.MULTILINE):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"[`*]", "", heading))
        found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


class Links(unittest.TestCase):
    def test_relative_links_resolve(self):
        broken = []
        checked = 0
        for path in tracked_files():
            if path.suffix != ".md":
                continue
            text = path.read_text(encoding="utf-8")
            for target in LINK.findall(without_code(text)):
                if OTHER_PLACE.match(target):
                    continue
                checked += 1
                name, _, fragment = urllib.parse.unquote(target).partition("#")
                other = path if not name else (ROOT / name[1:] if name.startswith("/") else path.parent / name)
                where = f"{path.relative_to(ROOT)}: ({target})"
                if not other.exists():
                    broken.append(f"{where}: there is no such file")
                elif fragment and other.suffix == ".md" and fragment not in anchors(other.read_text(encoding="utf-8")):
                    broken.append(f"{where}: no heading gives this anchor")
        self.assertEqual(broken, [])
        self.assertGreater(checked, 10)


if __name__ == "__main__":
    unittest.main()
