"""Hybrid quantization by hand: the three files between step 1 and step 2.

<name>.model is the float model, <name>.data the calibrated ranges and options, and <name>.quantization.cfg what the user edits: types
of tensors by name, and the ranges that were found.
"""
from __future__ import annotations

import base64
import json
import os
import shutil
from collections import deque
from typing import Any, Dict, Iterable, List, Mapping, Sequence, Set, Tuple

import plumb

from . import yaml_text

FORMAT = "plumb hybrid 1"
TYPES = ("int8", "int16", "float16", "float")

Layers = List[Dict[str, Any]]  # rows of plumb.inspect(...).facts["layers"]


def _reached(start: str, edges: Mapping[str, Iterable[str]]) -> Set[str]:
    seen, waiting = {start}, deque([start])
    while waiting:
        for name in edges.get(waiting.popleft(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def between(layers: Layers, first: str, last: str) -> List[str]:
    """Tensors of the layers behind `first` that lead to `last`, `last` included. Raises UsageError for an unknown name."""
    down: Dict[str, List[str]] = {}
    up: Dict[str, List[str]] = {}
    for layer in layers:
        up[layer["name"]] = list(layer["inputs"])
        for name in layer["inputs"]:
            down.setdefault(name, []).append(layer["name"])
    for name in (first, last):
        if name not in up and name not in down:
            raise plumb.UsageError(f"custom_hybrid: no layer makes or reads '{name}'; its name is that of a tensor, as the "
                                   ".quantization.cfg lists them")
    inside = (_reached(first, down) & _reached(last, up)) - {first}
    if last not in inside:
        raise plumb.UsageError(f"custom_hybrid: '{last}' does not depend on '{first}'")
    return [layer["name"] for layer in layers if layer["name"] in inside]


def _parameters(layers: Layers) -> Dict[str, Dict[str, Any]]:
    """quantize_parameters: of each tensor on an 8- or 16-bit grid, the range that its grid holds."""
    found = {}
    for layer in layers:
        ends = {"s8": (-128, 127), "s16": (-32767, 32767)}.get(layer["dtype"])
        if ends is None or not layer["scale"]:
            continue
        grids = list(zip(layer["scale"], layer["zero_point"]))
        found[layer["name"]] = {
            "qtype": "asymmetric_quantized", "qmethod": "layer" if len(grids) == 1 else "channel",
            "dtype": "int8" if layer["dtype"] == "s8" else "int16",
            "min": [scale * (ends[0] - zero) for scale, zero in grids], "max": [scale * (ends[1] - zero) for scale, zero in grids],
            "scale": [scale for scale, _ in grids], "zero_point": [zero for _, zero in grids]}
    return found


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def cfg_text(layers: Layers, types: Mapping[str, str]) -> str:
    lines = ["# custom_quantize_layers: name of a tensor: " + ", ".join(TYPES[:3]), "custom_quantize_layers:" + " {}" * (not types)]
    lines += [f"    {_quoted(name)}: {kind}" for name, kind in types.items()]
    lines.append("quantize_parameters:")
    for name, row in _parameters(layers).items():
        lines.append(f"    {_quoted(name)}:")
        for key, value in row.items():
            text = value if isinstance(value, str) else "[" + ", ".join(f"{number!r}" for number in value) + "]"
            lines.append(f"        {key}: {text}")
    return "\n".join(lines) + "\n"


def write(folder: str, name: str, model: str, artifact: str, lock: str, dataset: str, options: Mapping[str, Any],
          types: Mapping[str, str]) -> None:
    """The three files, or none: each is written beside its name and moved there. dataset: what the result of step 2 is checked on."""
    layers = plumb.inspect(artifact).to_dict()["layers"]
    cfg = cfg_text(layers, types)
    options = dict(options)
    constants = {}
    for constant, path in options.pop("constant", {}).items():
        with open(path, "rb") as values:
            constants[constant] = base64.b64encode(values.read()).decode()
    with open(lock, encoding="utf-8") as file:
        data = json.dumps({"format": FORMAT, "name": name, "options": options, "constants": constants,
                           "dataset": os.path.abspath(dataset), "lock": file.read(), "cfg": cfg})
    base = os.path.join(folder, name)
    parts = [base + ".model.part", base + ".data.part", base + ".quantization.cfg.part"]
    try:
        shutil.copyfile(model, parts[0])
        for path, text in zip(parts[1:], (data, cfg)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        for path in parts:
            os.replace(path, path[:-len(".part")])
    finally:
        for path in parts:
            if os.path.exists(path):
                os.unlink(path)


def _edited(path: str, text: str, original: str) -> Tuple[Dict[str, str], Dict[str, Tuple[str, str]]]:
    """Types, and the ranges that differ from what step 1 wrote. Raises UsageError, naming tensor and line of thought."""
    now, then = yaml_text.load(path, text), yaml_text.load(path, original)
    types = now.get("custom_quantize_layers") or {}
    if not isinstance(types, dict):
        raise plumb.UsageError(f"{path}: custom_quantize_layers: expected names, each with its type")
    known = then.get("quantize_parameters") or {}
    for name, kind in types.items():
        if kind not in TYPES:
            raise plumb.UsageError(f"{path}: custom_quantize_layers: '{name}': expected {', '.join(TYPES[:3])}, found '{kind}'")
    ranges = {}
    for name, row in (now.get("quantize_parameters") or {}).items():
        if name not in known:
            raise plumb.UsageError(f"{path}: quantize_parameters: there is no tensor '{name}'")
        if not isinstance(row, dict) or "min" not in row or "max" not in row:
            raise plumb.UsageError(f"{path}: quantize_parameters: '{name}': expected min and max")
        if row["min"] != known[name]["min"] or row["max"] != known[name]["max"]:
            if len(row["min"]) != 1 or len(row["max"]) != 1:
                raise plumb.UsageError(f"{path}: quantize_parameters: '{name}': a range by channel cannot be edited")
            ranges[name] = (row["min"][0], row["max"][0])
        if row.get("dtype") != known[name].get("dtype") and name not in types:
            types = dict(types, **{name: str(row.get("dtype"))})
    return dict(types), ranges


def read(model: str, data: str, cfg: str, folder: str) -> Tuple[str, str, Dict[str, Any]]:
    """(base name, dataset of step 1, options of plumb.convert) for step 2; what they name is written into `folder`."""
    for path in (model, data, cfg):
        if not os.path.isfile(path):
            raise plumb.UsageError(f"there is no file '{path}'")
    with open(data, encoding="utf-8") as file:
        try:
            kept = json.load(file)
        except ValueError:
            kept = {}
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        raise plumb.UsageError(f"'{data}' was not written by hybrid_quantization_step1 of this Plumb")
    with open(cfg, encoding="utf-8") as file:
        types, ranges = _edited(cfg, file.read(), kept["cfg"])
    lock, hybrid = os.path.join(folder, "step1.lock"), os.path.join(folder, "hybrid.yaml")
    with open(lock, "w", encoding="utf-8") as file:
        file.write(kept["lock"])
    options = dict(kept["options"], ranges=lock)
    for index, (constant, text) in enumerate(kept.get("constants", {}).items()):
        path = os.path.join(folder, f"constant{index}.npy")
        with open(path, "wb") as values:
            values.write(base64.b64decode(text))
        options.setdefault("constant", {})[constant] = path
    if types or ranges:
        with open(hybrid, "w", encoding="utf-8") as file:
            file.write(_hybrid_text(types, ranges))
        options["hybrid"] = hybrid
    return kept["name"], kept["dataset"], options


def _hybrid_text(types: Mapping[str, str], ranges: Mapping[str, Sequence[str]]) -> str:
    lines = ["layers:"] * bool(types) + [f"    {_quoted(name)}: {kind}" for name, kind in types.items()]
    lines += ["ranges:"] * bool(ranges) + [f"    {_quoted(name)}: [{low}, {high}]" for name, (low, high) in ranges.items()]
    return "\n".join(lines) + "\n"
