"""Reads a script and says what its RKNN calls do here, and what its own post-processing does that the model contradicts.

    plumb doctor SCRIPT [--model FILE] [--json]

Nothing of the script is run. --model: the artifact or float model that it is for; by default the files that the script names, or
that stand among its arguments. Exit codes: 0 nothing contradicts the model, 2 usage, 3 something does, 4 no Python.
With --brief, as `plumb python` runs it first: the mistakes alone, on standard error, exit code 0.
"""
from __future__ import annotations

import argparse
import inspect
import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

import plumb

from . import script_reading as reading
from .lite import Lite
from .options import OPTIONS, WORKS
from .toolkit import Toolkit


@dataclass(frozen=True)
class Remark:
    """level: "mistake" for what contradicts the model, "note" for what should be looked at."""

    level: str
    line: int
    code: str
    text: str


def methods() -> Set[str]:
    return {name for owner in (Toolkit, Lite) for name, value in vars(owner).items()
            if inspect.isfunction(value) and not name.startswith("_")}


def _models_named(script: reading.Script, folder: str, arguments: Sequence[str]) -> List[str]:
    found: List[str] = []
    for text in [*arguments, *(text for _, text in script.texts)]:
        if text.lower().endswith((".rknn", ".plumb", ".onnx")):
            for base in (os.getcwd(), folder):
                path = os.path.normpath(os.path.join(base, text))
                if os.path.isfile(path) and path not in found:
                    found.append(path)
                    break
    return found


def _decode(path: str) -> Tuple[Optional[Dict[str, Any]], str]:
    """How the model's outputs are read, and why that is not known."""
    try:
        facts = plumb.inspect(path).to_dict()
    except plumb.Error as error:
        return None, str(error)
    if "decode" not in facts:
        return None, f"{path}: {facts.get('what', facts['kind'])}"
    return dict(facts["decode"], inputs=facts["inputs"]), ""


def _sigmoids(script: reading.Script, decode: Dict[str, Any]) -> List[Remark]:
    if decode["family"] not in ("yolov5", "yolov8", "yolox", "yolo-fastestv2"):
        return []
    if decode["scores_activated"]:
        return [Remark("mistake", line, "sigmoid-twice", "sigmoid applied to outputs that are already probabilities: the model "
                       "ends with one. Leave it out here") for line in script.sigmoids]
    if not script.sigmoids and any(call.method == "inference" for call in script.calls):
        return [Remark("note", 0, "sigmoid-missing", "the model's scores have no sigmoid, and the script applies none that can be "
                       "seen")]
    return []


def _anchors(script: reading.Script, decode: Dict[str, Any], folder: str) -> List[Remark]:
    known = reading.pairs(decode["anchors"])
    if not known:
        return []
    candidates = [(literal.line, f"'{literal.name}'" if literal.name else "a list", reading.numbers(literal.value))
                  for literal in script.literals]
    for line, text in script.texts:
        if text.lower().endswith(".txt") and "anchor" in text.lower():
            for base in (os.getcwd(), folder):
                path = os.path.join(base, text)
                if os.path.isfile(path):
                    with open(path, encoding="utf-8") as file:
                        words = file.read().replace(",", " ").split()
                    try:
                        candidates.append((line, f"'{text}'", [float(word) for word in words]))
                    except ValueError:
                        pass
                    break
    remarks = []
    for line, what, flat in candidates:
        if flat is None or len(flat) != 2 * len(known) or min(flat) <= 0:
            continue
        found = reading.pairs(flat)
        if sorted(found) == sorted(known) or max(flat) <= 1:
            continue
        other = sum(pair not in known for pair in found)
        first = next(pair for pair in found if pair not in known)
        near = known[found.index(first)]
        remarks.append(Remark("mistake", line, "anchors", f"anchors of another model: {other} of the {len(found)} pairs in {what} are "
                              f"not the model's, for one {first[0]:g} x {first[1]:g} where it has {near[0]:g} x {near[1]:g}"))
    return list({remark.text: remark for remark in remarks}.values())[:1]


def _strides(script: reading.Script, decode: Dict[str, Any]) -> List[Remark]:
    known = sorted(decode["strides"])
    remarks = []
    for literal in reading.named(script, r"stride"):
        flat = reading.numbers(literal.value)
        if known and flat and len(flat) == len(known) and sorted(flat) != known:
            remarks.append(Remark("mistake", literal.line, "strides", f"strides {literal.value}; the model's are {known}"))
    return remarks


def _classes(script: reading.Script, decode: Dict[str, Any]) -> List[Remark]:
    remarks = []
    for literal in reading.named(script, r"class|label|names"):
        value = literal.value
        if (isinstance(value, (list, tuple)) and len(value) > 1 and all(isinstance(one, str) for one in value)
                and decode["classes"] > 0 and len(value) != decode["classes"]):
            remarks.append(Remark("mistake", literal.line, "classes", f"'{literal.name}' names {len(value)} classes; the model has "
                                  f"{decode['classes']}"))
    for literal in reading.named(script, r"^(num_?classes|n_?classes|nc|class_?num)$"):
        if isinstance(literal.value, int) and decode["classes"] > 0 and literal.value != decode["classes"]:
            remarks.append(Remark("mistake", literal.line, "classes", f"'{literal.name}' is {literal.value}; the model has "
                                  f"{decode['classes']} classes"))
    return remarks


def _thresholds(script: reading.Script, decode: Dict[str, Any]) -> List[Remark]:
    remarks = []
    for pattern, key, words, low in ((r"(obj|conf|score|box|cls).*thr", "score_threshold", "scores", 0.05),
                                     (r"(nms|iou).*thr", "iou_threshold", "overlap in NMS", 0.2)):
        for literal in reading.named(script, pattern):
            if isinstance(literal.value, (int, float)) and not isinstance(literal.value, bool) and (
                    literal.value < low or literal.value > 0.9):
                remarks.append(Remark("note", literal.line, "thresholds", f"'{literal.name}' is {literal.value}: a threshold of {words} "
                                      f"of {decode[key]:g} is usual for this model"))
    return remarks


def _colors(script: reading.Script, decode: Dict[str, Any]) -> List[Remark]:
    expected = decode.get("color")
    if expected == "rgb" and script.reads_pictures and not script.swaps_colors:
        return [Remark("mistake", script.reads_pictures[0], "color-order", "pictures are read by OpenCV, which gives BGR, and "
                       "nothing exchanges red and blue; the model expects RGB: cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), or "
                       "quant_img_RGB2BGR=True where it is converted, if it was trained on BGR")]
    return []


def remarks_on(script: reading.Script, decode: Dict[str, Any], folder: str) -> List[Remark]:
    found = (_sigmoids(script, decode) + _anchors(script, decode, folder) + _strides(script, decode) + _classes(script, decode) +
             _thresholds(script, decode) + _colors(script, decode))
    return sorted(found, key=lambda remark: (remark.level != "mistake", remark.line))


def _call_rows(script: reading.Script) -> List[Dict[str, Any]]:
    states = {option.name: option for option in OPTIONS}
    rows = []
    for call in script.calls:
        notes = []
        if call.method == "config":
            notes = [f"{name}: {states[name].state}, {states[name].note}" for name in call.keywords
                     if name in states and states[name].state != WORKS]
        method = getattr(Toolkit, call.method, None) or getattr(Lite, call.method)
        summary = (inspect.getdoc(method) or "").split("\n")[0]
        rows.append({"line": call.line, "method": call.method, "here": summary, "notes": notes})
    return rows


def examine(path: str, model: Optional[str] = None, arguments: Sequence[str] = ()) -> Dict[str, Any]:
    """The findings as one object. arguments: of the script, where it is run. Raises UsageError for a script that is not there, ModelError for one that is no Python."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise plumb.UsageError(f"'{path}' cannot be read: {error}") from None
    try:
        script = reading.read(text, path, methods())
    except (SyntaxError, ValueError, RecursionError) as error:
        raise plumb.ModelError(f"'{path}' is no Python that can be read: {error}") from None
    folder = os.path.dirname(os.path.abspath(path))
    result: Dict[str, Any] = {"script": path, "calls": _call_rows(script), "model": None, "remarks": [], "not_checked": ""}
    tried = [model] if model else _models_named(script, folder, arguments)
    for one in tried:
        decode, why = _decode(one)
        if decode is not None:
            result["model"], result["family"] = one, decode["family"]
            result["remarks"] = [asdict(remark) for remark in remarks_on(script, decode, folder)]
            return result
        result["not_checked"] = why
    if not tried:
        result["not_checked"] = "the script names no model file that is there; give one with --model"
    return result


def as_text(result: Dict[str, Any]) -> str:
    mistakes = [remark for remark in result["remarks"] if remark["level"] == "mistake"]
    name = os.path.basename(result["script"])
    if mistakes:
        head = f"{name}: {len(mistakes)} mistake{'s' * (len(mistakes) != 1)} that {os.path.basename(result['model'])} contradicts"
    elif result["model"]:
        head = f"{name}: nothing contradicts {os.path.basename(result['model'])}"
    else:
        head = f"{name}: post-processing not checked: {result['not_checked']}"
    lines = [head, ""]
    for remark in result["remarks"]:
        lines.append(f"  {remark['level']:<8} line {remark['line']:<5} {remark['text']}")
    lines += [""] * bool(result["remarks"]) + [f"{len(result['calls'])} calls:"]
    for row in result["calls"]:
        lines.append(f"  line {row['line']:<5} {row['method']:<28} {row['here']}")
        lines += [f"{'':<42}{note}" for note in row["notes"]]
    return "\n".join(lines)


def brief(path: str, arguments: Sequence[str]) -> None:
    """The mistakes, as lines of the log; silence where nothing is known."""
    try:
        result = examine(path, None, arguments)
    except plumb.Error:
        return  # Python will say what is wrong with the script
    for remark in result["remarks"]:
        if remark["level"] == "mistake":
            print(f"W doctor: {path}:{remark['line']}: {remark['text']}", file=sys.stderr)


def main(words: Optional[List[str]] = None) -> int:
    words = sys.argv[1:] if words is None else words
    if words[:1] == ["--brief"]:
        brief(words[1], words[2:])
        return 0
    parser = argparse.ArgumentParser(prog="plumb doctor", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("script")
    parser.add_argument("--model")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    try:
        result = examine(given.script, given.model)
    except plumb.Error as error:
        print(f"plumb doctor: error: {error}", file=sys.stderr)
        return error.exit_code
    print(json.dumps({"schema_version": 1, **result}, indent=2) if given.json else as_text(result))
    return 3 if any(remark["level"] == "mistake" for remark in result["remarks"]) else 0


if __name__ == "__main__":
    sys.exit(main())
