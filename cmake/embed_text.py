#!/usr/bin/env python3
"""Writes text files as constants of a C++ source.

    embed_text.py OUT NAMESPACE name=FILE...

OUT.h declares a std::string_view for each name, OUT.cc defines it; an empty FILE gives an empty one.
"""
import pathlib
import sys

# Not in any text: it would end the literal. Checked below.
DELIMITER = "plumb_text"
# Some compilers take no longer literal; neighbours are joined.
CHUNK = 16000


def literal(text):
    if f"){DELIMITER}\"" in text:
        raise SystemExit(f"embed_text: a text holds ){DELIMITER}\"")
    pieces = [text[i:i + CHUNK] for i in range(0, len(text), CHUNK)] or [""]
    return "\n".join(f'R"{DELIMITER}({piece}){DELIMITER}"' for piece in pieces)


def main(out, namespace, *pairs):
    out = pathlib.Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    names, bodies = [], []
    for pair in pairs:
        name, _, file = pair.partition("=")
        text = pathlib.Path(file).read_bytes().decode() if file else ""
        if "\r" in text or "\0" in text:
            raise SystemExit(f"embed_text: {file}: holds a carriage return or a zero byte, which a literal would change")
        names.append(name)
        size = len(text.encode())
        bodies.append(f"const std::string_view {name}({literal(text)}, {size});\n")
    head = f"// Made by cmake/embed_text.py.\n#pragma once\n\n#include <string_view>\n\nnamespace {namespace} {{\n\n"
    out.with_suffix(".h").write_text(
        head + "".join(f"extern const std::string_view {name};\n" for name in names) + f"\n}}  // namespace {namespace}\n",
        encoding="utf-8")
    out.with_suffix(".cc").write_text(
        f'#include "plumb/{out.name}.h"\n\nnamespace {namespace} {{\n\n' + "\n".join(bodies) + f"\n}}  // namespace {namespace}\n",
        encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
