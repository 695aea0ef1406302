"""The verbs of the program as functions: convert, verify, diagnose, inspect."""
from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
import zipfile
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _native
from .errors import UsageError, of_exit_code
from .keywords import as_numbers, keywords_of
from .results import ConvertResult, Diagnosis, Inspection, LayerErrors, VerifyResult

Path = Union[str, "os.PathLike[str]"]
Progress = Callable[[str, int, int], Any]

log = logging.getLogger("plumb")
_VERIFICATION_FAILED = 3


def _message(kind: str, text: str) -> None:
    log.log(logging.WARNING if kind == "warning" else logging.INFO, "%s", text)


def run_verb(verb: str, positionals: Sequence[Optional[Path]], options: Mapping[str, Any],
             progress: Optional[Progress] = None) -> Tuple[Dict[str, Any], int, str]:
    """Runs a verb with --json: (its result, exit code, error message). Raises when there is no result."""
    exit_code, error, text = _native.run_verb(verb, [os.fsdecode(path) for path in positionals if path is not None],
                                              keywords_of(options), _message, progress)
    if not text:
        raise of_exit_code(exit_code, error)
    return json.loads(text), exit_code, error


def _write_npz(path: str, arrays: Mapping[str, np.ndarray]) -> None:
    with zipfile.ZipFile(path, "w") as archive:  # np.savez takes names as keywords, and has some of its own
        for name, array in arrays.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


@contextlib.contextmanager
def _samples(option: str, value: Any) -> Iterator[Optional[Path]]:
    """Samples as the program takes them: a path as it is; arrays and lists of files through a temporary file."""
    if value is None or isinstance(value, (str, os.PathLike)):
        yield value
        return
    with tempfile.TemporaryDirectory(prefix="plumb-") as folder:
        if isinstance(value, Mapping):
            path = os.path.join(folder, "samples.npz")
            _write_npz(path, {name: as_numbers(f"{option}: '{name}'", array) for name, array in value.items()})
        elif isinstance(value, (list, tuple)) and value and all(isinstance(v, (str, os.PathLike)) for v in value):
            path = os.path.join(folder, "samples.txt")
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(os.path.abspath(os.fsdecode(v)) + "\n" for v in value)
        else:
            raise UsageError(f"{option}: expected a path, a list of paths, or {{input name: array with samples in front}}, "
                             f"found {type(value).__name__}")
        yield path


def convert(model: Optional[Path] = None, output: Optional[Path] = None, *, calib: Any = None,
            progress: Optional[Progress] = None, **options: Any) -> ConvertResult:
    """Converts a model to a quantized artifact, checks it, and gives a verdict: 'plumb convert'.

    model: a float model (.onnx). output: the artifact to write (.plumb).
    calib: calibration samples: a folder of pictures, a text file with one sample a line, an .npz; or a list of picture
        files; or {input name: array, samples in front}, values as the network takes them.
    progress: called as progress(stage, done, total); what it raises ends the conversion.
    options: every option of 'plumb convert', with _ for -, see 'plumb convert --help': mean=[123.7, 116.3, 103.5],
        std=[58.4, 57.1, 57.4], color="bgr", activations="int16", keep_float=["/head/Conv"], force=True, config="job.yaml"...

    Notes and warnings go to the logger "plumb". Ctrl-C raises KeyboardInterrupt and leaves no file.

    Returns a ConvertResult. Raises VerificationError, with .result, when the verdict is a failure and nothing was written;
    UsageError, ModelError, ResourceError, PlatformError as their names say.
    """
    with _samples("calib", calib) as samples:
        options = dict(options, output=output, calib=samples)
        facts, exit_code, error = run_verb("convert", [model], options, progress)
    result = ConvertResult.of(facts)
    if exit_code == _VERIFICATION_FAILED and not result.written:
        raise of_exit_code(exit_code, error, result)
    if exit_code not in (0, _VERIFICATION_FAILED) and error:
        raise of_exit_code(exit_code, error, result)
    return result


def verify(artifact: Path, *, against: Optional[Path] = None, data: Any = None, progress: Optional[Progress] = None,
           **options: Any) -> VerifyResult:
    """Checks an artifact, rung by rung, and gives a verdict: 'plumb verify'.

    against: the float model that it was made of; without it, rungs that need it are skipped.
    data: pictures or samples, as of convert; COCO annotations (instances_*.json).
    options: every other option of 'plumb verify', with _ for -: full=True, limit=50, reference="outputs.npz"...

    Returns a VerifyResult, whatever the verdict; its `passed` is False for a failure. Raises VersionError or ModelError for a
    file that cannot be read as an artifact.
    """
    for name, instead in (("layer_errors", "call plumb.layer_errors"), ("dump_layers", "call plumb.layer_errors"),
                          ("rebuild", "run 'plumb verify --rebuild'")):
        if options.get(name):
            raise UsageError(f"{name}: gives no verdict; {instead}")
    with _samples("data", data) as samples:
        facts, exit_code, error = run_verb("verify", [artifact], dict(options, against=against, data=samples), progress)
    result = VerifyResult.of(facts)
    if error and exit_code != _VERIFICATION_FAILED:
        raise of_exit_code(exit_code, error, result)
    return result


def layer_errors(artifact: Path, *, against: Path, data: Any, dump: Optional[Path] = None, progress: Optional[Progress] = None,
                 **options: Any) -> LayerErrors:
    """How far every layer of an artifact is from the float model: 'plumb verify --layer-errors', with dump '--dump-layers'.

    against: the float model that it was made of. data: pictures or samples, as of convert; the first one is used, or limit=N.
    dump: a folder to make: <sample>/float/<file> and <sample>/artifact/<file> hold both networks' tensors, float32 in the model's
        layout, .npy or, with dump_form="text", one number a line.
    options: raw_samples=True, input_shape={...}, limit=N, as 'plumb verify' has them.
    """
    with _samples("data", data) as samples:
        facts, _, _ = run_verb("verify", [artifact], dict(options, layer_errors=True, dump_layers=dump, against=against, data=samples),
                               progress)
    return LayerErrors.of(facts)


def diagnose(artifact: Optional[Path] = None, *, against: Path, data: Any, progress: Optional[Progress] = None,
             **options: Any) -> Diagnosis:
    """Says why boxes are wrong: 'plumb diagnose'.

    artifact: what is wrong; None when outputs="theirs.npz" or boxes="theirs.json" of another program is given.
    against: what is right, a float model or an artifact. data: pictures or samples, as of convert.
    options: every other option of 'plumb diagnose', with _ for -: limit=6, symptom="too-many-boxes"...
    """
    with _samples("data", data) as samples:
        facts, _, _ = run_verb("diagnose", [artifact], dict(options, against=against, data=samples), progress)
    return Diagnosis.of(facts)


def inspect(model: Path, **options: Any) -> Inspection:
    """What a model or artifact is, how it was made, what it expects and costs: 'plumb inspect'."""
    facts, _, _ = run_verb("inspect", [model], options)
    return Inspection.of(facts)
