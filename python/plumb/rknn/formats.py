"""Models that load_* takes."""
from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping, Optional, Sequence

import plumb

# Importers that Plumb has.
IMPORTED = ("onnx",)


def _names(name: str, value: Any) -> Optional[List[str]]:
    if value is None:
        return None
    names = [value] if isinstance(value, str) else list(value)
    if not all(isinstance(one, str) for one in names):
        raise plumb.UsageError(f"{name}: expected a list of names, found {value!r}")
    return names


class Source:
    """A model file with what load_* was told of it."""

    def __init__(self, kind: str, files: Sequence[Any], inputs: Any = None, input_size_list: Any = None, outputs: Any = None,
                 initial: Any = None) -> None:
        self._kind = kind
        self._files = [None if file is None else os.fsdecode(file) for file in files]
        self._inputs = _names("inputs", inputs)
        self._outputs = _names("outputs", outputs)
        self._sizes = input_size_list
        self._initial = initial
        self._has_colours = True

    @property
    def path(self) -> str:
        assert self._files[0] is not None
        return self._files[0]

    @property
    def name(self) -> str:
        return os.path.splitext(os.path.basename(self.path))[0]

    def check(self, config: Mapping[str, Any]) -> None:
        """Raises for a file that is not there, a format without an importer, names or shapes that are not the model's, and mean
        or std in `config` (options of plumb.convert) of another length than the first input has channels."""
        for file in self._files:
            if file is None or not os.path.isfile(file):
                raise plumb.UsageError(f"there is no file '{file}'")
        if self._kind not in IMPORTED:
            raise plumb.ModelError(f"{self._kind} models are not read yet; export the network to ONNX and call load_onnx")
        facts = self.facts(config)
        self._has_colours = facts.to_dict()["decode"].get("color", "gray") != "gray"
        for name in ("mean", "std"):
            shape = facts.inputs[0]["shape"]
            if name in config and len(shape) == 4 and shape[1] != len(config[name]):
                raise plumb.UsageError(f"The len of {name}_values ({config[name]}) for input 0 is wrong, expect {shape[1]}!")
        self._check_names("inputs", self._inputs, [port["name"] for port in facts.inputs])
        self._check_names("outputs", self._outputs, [port["name"] for port in facts.outputs])
        if self._outputs is not None and self._outputs != [port["name"] for port in facts.outputs]:
            raise plumb.UsageError("outputs: a part or another order of the model's outputs is not supported yet; it has "
                                   f"{[port['name'] for port in facts.outputs]}")
        if self._initial is not None and any(value is not None for value in self._initial):
            raise plumb.UsageError("input_initial_val: not supported yet; make the input a constant of the model")

    def facts(self, config: Mapping[str, Any]) -> plumb.Inspection:
        """What inspect says of the model; where dynamic_input gives the sizes of free dimensions, for the first set."""
        try:
            return plumb.inspect(self.path, **self.options(config))
        except plumb.ModelError:
            if "shape_set" not in config:
                raise
            return plumb.inspect(self.path, input_shape=config["shape_set"].split(";")[0].split(","))

    def _check_names(self, what: str, names: Optional[List[str]], known: List[str]) -> None:
        for name in names or []:
            if name not in known:
                raise plumb.UsageError(f"the '{name}' in {what}={names} is no {what[:-1]} of the model: {', '.join(known)}. "
                                       "Cutting a model at inner tensors is not supported yet")

    def build_options(self, config: Mapping[str, Any]) -> Dict[str, Any]:
        """All of plumb.convert, those of `config` included. Red, green, blue says nothing where the model takes no such picture."""
        options = dict(config, **self.options(config))
        if options.get("color") == "rgb" and not self._has_colours:
            del options["color"]
        return options

    def options(self, config: Mapping[str, Any]) -> Dict[str, Any]:
        """input_shape of plumb's verbs; dynamic_input in `config` states the shapes by itself."""
        if self._sizes is None or "shape_set" in config:
            return {}
        sizes = list(self._sizes)
        if sizes and not isinstance(sizes[0], (list, tuple)):
            sizes = [sizes]
        names = self._inputs
        if names is None:
            names = [port["name"] for port in plumb.inspect(self.path).inputs]
        if len(names) != len(sizes):
            raise plumb.UsageError(f"input_size_list: {len(sizes)} shapes for {len(names)} inputs")
        return {"input_shape": {name: [int(extent) for extent in size] for name, size in zip(names, sizes)}}
