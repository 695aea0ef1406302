#!/usr/bin/env python3
"""What the READMEs say about speed, from bench/results/*.json.

    readme_speed.py [en|zh]     print the part between the markers
    readme_speed.py --write     put it into README.md and README.zh-CN.md
"""
import json
import pathlib
import sys

from results_markdown import number, table, title

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- speed: made by bench/readme_speed.py -->\n", "<!-- end of speed -->\n"
FILES = {"en": "README.md", "zh": "README.zh-CN.md"}
WORDS = {
    "en": {
        "none": "No CPU has been measured with this version yet: `make bench` does.\n",
        "cpu": "**{cpu}**, kernels {isa}, {date}, Plumb {version} ([all figures](bench/results/{slug}.md), "
               "[roofline](bench/results/{slug}.svg)); milliseconds, batch 1, from one run of `make bench`:\n",
        "head": ["network", "threads", "Plumb", "best peer", "Plumb is faster", "asked"],
        "fp32": "The same in binary32, one thread, beside ONNX Runtime:\n",
        "head32": ["network", "Plumb", "ONNX Runtime", "Plumb is faster", "asked"],
        "times": "{:.2f} times", "at_least": "{} times",
    },
    "zh": {
        "none": "这个版本还没有在任何 CPU 上测过：用 `make bench` 来测。\n",
        "cpu": "**{cpu}**，内核 {isa}，{date}，Plumb {version}（[全部数据](bench/results/{slug}.md)，"
               "[roofline 图](bench/results/{slug}.svg)）；单位毫秒，批大小 1，来自 `make bench` 的同一次运行：\n",
        "head": ["网络", "线程", "Plumb", "最快的同类", "Plumb 快多少", "要求"],
        "fp32": "binary32，1 线程，与 ONNX Runtime 比较：\n",
        "head32": ["网络", "Plumb", "ONNX Runtime", "Plumb 快多少", "要求"],
        "times": "{:.2f} 倍", "at_least": "{} 倍",
    },
}


def int8_rows(results, words):
    for network in results["networks"]:
        for race in network.get("int8", []):
            best = next((row for row in race["rows"][1:] if row["runtime"] == race.get("best_peer")), None)
            yield [network["title"], str(race["threads"]), number(race["rows"][0]["ms_least"]),
                   f"{number(best['ms_least'])} ({title(best['runtime'])})" if best else "-",
                   words["times"].format(race["ratio"]) if best else "-", words["at_least"].format(f"{network['asked']:g}")]


def fp32_rows(results, words):
    for network in results["networks"]:
        for race in network.get("fp32", []):
            other = next((row for row in race["rows"][1:] if row["runtime"] == "onnxruntime"), None)
            asked = network["asked_fp32"]
            yield [network["title"], number(race["rows"][0]["ms_least"]), number(other["ms_least"]) if other else "-",
                   words["times"].format(race["ratio_to_onnxruntime"]) if other else "-",
                   words["at_least"].format(f"{asked:g}") if asked else "-"]


def speed(language, folder=ROOT / "bench/results"):
    words, parts = WORDS[language], []
    for file in sorted(folder.glob("*.json")):
        results = json.loads(file.read_text())
        m, p = results["machine"], results["plumb"]
        parts.append(words["cpu"].format(cpu=m["cpu"], slug=m["slug"], isa=p["isa"], version=p["version"], date=results["date"]))
        parts.append(table(words["head"], list(int8_rows(results, words))))
        if rows := list(fp32_rows(results, words)):
            parts += [words["fp32"], table(words["head32"], rows)]
    return "\n".join(parts or [words["none"]])


def between(text):
    """What stands before the markers, between them, and after."""
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return text[:begin], text[begin:end], text[end:]


def main():
    if sys.argv[1:] == ["--write"]:
        for language, name in FILES.items():
            before, _, after = between((ROOT / name).read_text(encoding="utf-8"))
            (ROOT / name).write_text(before + speed(language) + after, encoding="utf-8")
    elif sys.argv[1:] in ([], ["en"], ["zh"]):
        print(speed(sys.argv[1] if len(sys.argv) > 1 else "en"), end="")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
