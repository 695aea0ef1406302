"""Models that load_* takes."""
from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

import numpy as np

import plumb
from plumb import _native

from ..keywords import as_numbers


def _names(name: str, value: Any) -> Optional[List[str]]:
    if value is None:
        return None
    names = [value] if isinstance(value, str) else list(value)
    if not all(isinstance(one, str) for one in names):
        raise plumb.UsageError(f"{name}: expected a list of names, found {value!r}")
    return names


def _rows(numbers: Any) -> List[List[float]]:
    """The numbers of each input, of an option mean or std of plumb.convert."""
    if isinstance(numbers, str):
        return [[float(number) for number in row.split(",")] if row else [] for row in numbers.split(";")]
    return [list(numbers)] if numbers else []


class Source:
    """A model file with what load_* was told of it. Whether its format is read is the program's to say."""

    def __init__(self, kind: str, files: Sequence[Any], inputs: Any = None, input_size_list: Any = None, outputs: Any = None,
                 initial: Any = None) -> None:
        self._kind = kind
        self._files = [None if file is None else os.fsdecode(file) for file in files]
        self._inputs = _names("inputs", inputs)
        self._outputs = _names("outputs", outputs)
        self._sizes = input_size_list
        self._initial = initial
        self._pictures: Dict[str, Any] = {}
        self._ranks: List[int] = []
        self._folder: Optional[str] = None

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
        facts = self.facts(config)
        for name in ("mean", "std"):
            for place, (row, port) in enumerate(zip(_rows(config.get(name)), facts.inputs)):
                shape = port["shape"]
                if row and len(shape) == 4 and shape[1] != len(row) and shape[3] != len(row):
                    raise plumb.UsageError(f"The len of {name}_values ({row}) for input {place} is wrong, expect {shape[1]}!")
        self._pictures = dict(facts.to_dict()["pictures"])
        self._ranks = [len(port["shape"]) for port in facts.inputs]

    def facts(self, config: Mapping[str, Any]) -> plumb.Inspection:
        """What inspect says of the model; where dynamic_input gives the sizes of free dimensions, for the first set."""
        options = self.options(config)
        try:
            return self._inspected(options)
        except plumb.ModelError:
            if "shape_set" not in config:
                raise
            return self._inspected(dict(options, input_shape=config["shape_set"].split(";")[0].split(",")))

    def build_options(self, config: Mapping[str, Any], say: Callable[[str, str], None]) -> Dict[str, Any]:
        """All of plumb.convert, those of `config` included. Red, green, blue says nothing where the model takes no such picture, and
        mean and std are for inputs of rank 4. After check."""
        options = dict(config, **self.options(config))
        if options.get("color") == "rgb" and all(picture["color"] == "gray" for picture in self._pictures.values()):
            del options["color"]
        if not self._pictures:
            for name, neutral in (("mean", 0.0), ("std", 1.0)):
                if name in options and 4 not in self._ranks:
                    say("W", f"{name}_values: ignored, no input of this model has rank 4")
                if 4 not in self._ranks or all(number == neutral for row in _rows(options.get(name)) for number in row):
                    options.pop(name, None)
            return options
        # Where nothing is said, pixels stay as they are: RKNN assumes nothing of a network's family.
        return {"mean": [0.0], "std": [1.0], **options}

    def _inspected(self, options: Mapping[str, Any]) -> plumb.Inspection:
        try:
            return plumb.inspect(self.path, **options)
        except plumb.UsageError as error:
            for what, names in (("inputs", self._inputs), ("outputs", self._outputs)):
                for name in names or []:
                    if f"--{what} {name}: the model has no tensor" in str(error):
                        raise plumb.UsageError(f"the '{name}' in {what}={names} is invalied! {error}") from None
            raise

    def options(self, config: Mapping[str, Any]) -> Dict[str, Any]:
        """inputs, outputs, input_shape and constant of plumb's verbs; dynamic_input in `config` states the shapes by itself."""
        options: Dict[str, Any] = {"inputs": self._inputs, "outputs": self._outputs}
        if self._sizes is not None and "shape_set" not in config:
            sizes = list(self._sizes)
            if sizes and not isinstance(sizes[0], (list, tuple)):
                sizes = [sizes]
            names = self._names_of_inputs("input_size_list", sizes)
            options["input_shape"] = {name: [int(extent) for extent in size] for name, size in zip(names, sizes)}
        if self._initial is not None:
            options["constant"] = self._constants()
        return {name: value for name, value in options.items() if value}

    def _names_of_inputs(self, what: str, values: Sequence[Any]) -> List[str]:
        names = self._inputs or _native.input_names(self.path)
        if len(names) != len(values):
            raise plumb.UsageError(f"{what}: {len(values)} {'shapes' if what == 'input_size_list' else 'values'} for "
                                   f"{len(names)} inputs")
        return names

    def _constants(self) -> Dict[str, str]:
        """Files with the values of input_initial_val, as long as this object lives."""
        values = list(self._initial)
        names = self._names_of_inputs("input_initial_val", values)
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="plumb-rknn-")
            weakref.finalize(self, shutil.rmtree, self._folder, True)
        files = {}
        for index, (name, value) in enumerate(zip(names, values)):
            if value is not None:
                files[name] = os.path.join(self._folder, f"{index}.npy")
                np.save(files[name], as_numbers("input_initial_val", value))
        return files
