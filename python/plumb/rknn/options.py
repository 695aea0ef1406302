"""Every option of RKNN.config: what it does here. The table in docs/how_to/coming-from-rknn.md is made of these rows."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional

import plumb
from plumb import _native

WORKS, NO_EFFECT = "works", "no effect"
Options = Dict[str, Any]  # of plumb.convert
# Of these, what build(do_quantization=False) has no use for.
QUANTIZING = ("weights", "activations", "observer", "weight_scales", "auto_hybrid")


@dataclass(frozen=True)
class Option:
    """One keyword of config.

    state: WORKS, or NO_EFFECT (accepted, said once).
    take: the value as options of plumb.convert, where the spellings that 'plumb convert' takes (plumb/cli/rknn_spelling.cc) do
    not say it; may raise UsageError.
    """

    name: str
    default: Any
    state: str
    note: str
    take: Optional[Callable[[Any], Options]] = None


def _text(value: Any) -> str:
    """As a job file has it: lists in brackets, whatever kind of sequence they were."""
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        rows = value.tolist() if hasattr(value, "tolist") else value
        return "[" + ",".join(_text(one) for one in rows) + "]" if isinstance(rows, (list, tuple)) else str(rows)
    return str(value)


def _numbers(name: str, text: str) -> List[float]:
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise plumb.UsageError(f"{name}: expected [[c0, c1, ...], ...], found {text!r}") from None


def _threshold(value: Any) -> Options:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
        raise plumb.UsageError(f"auto_hybrid_cos_thresh: expected a number between 0 and 1, found {value!r}")
    return {"auto_hybrid": f"layer-cosine={value}"}  # build leaves it out without auto_hybrid


def _distance(value: Any) -> Options:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise plumb.UsageError(f"auto_hybrid_euc_thresh: expected a number above 0, found {value!r}")
    return {"auto_hybrid_distance": f"layer-euclidean={value}"}  # checked() puts it beside the cosine's


def _none(_: Any) -> Options:
    return {}


_NPU = "means something to the NPU only"
OPTIONS = [
    Option("mean_values", None, WORKS, "[[...], ...], a list for each input, or [...]; stored in the artifact and applied to what "
           "inference gets; without it zeros, whatever the network"),
    Option("std_values", None, WORKS, "likewise: (x - mean) / std; without it ones"),
    Option("quantized_dtype", "w8a8", WORKS, "w8a8 (asymmetric_quantized-8), w8a16 and w16a16i; 16 bits are int16, not float16"),
    Option("quantized_algorithm", "normal", WORKS, "normal is min and max, mmse the range with the least squared error (of "
           "activations; weights keep theirs), "
           "kl_divergence the threshold with the least divergence"),
    Option("quantized_method", "channel", WORKS, "channel or layer; groups belong to 4-bit weights"),
    Option("target_platform", None, WORKS, "checked; the artifact is the same for all and runs on every machine", _none),
    Option("quant_img_RGB2BGR", False, WORKS, "the order of channels in which pictures are read for calibration; stored as the "
           "order that the network expects"),
    Option("float_dtype", "float16", NO_EFFECT, "floats are computed in float32"),
    Option("optimization_level", 3, WORKS, "0 to 3: which passes run; none costs accuracy"),
    Option("custom_string", None, WORKS, "a text that travels in the artifact; plumb inspect prints it"),
    Option("remove_weight", False, NO_EFFECT, "an artifact holds its weights, and runs by itself"),
    Option("compress_weight", False, NO_EFFECT, _NPU),
    Option("single_core_mode", False, NO_EFFECT, _NPU),
    Option("model_pruning", False, NO_EFFECT, "channels that are zero cost little here; nothing is removed"),
    Option("op_target", None, NO_EFFECT, "every layer runs on this machine's processor"),
    Option("dynamic_input", None, WORKS, "sets of input shapes, calibrated on the one with the most elements (MaxShape); inference takes the "
           "set that the arrays have the shapes of"),
    Option("quantize_weight", False, NO_EFFECT, "weights of a network computed in float stay in float: the file is larger"),
    Option("remove_reshape", False, WORKS, "inputs and outputs without their leading or trailing Reshape; a warning names them"),
    Option("sparse_infer", False, NO_EFFECT, _NPU),
    Option("enable_flash_attention", False, NO_EFFECT, _NPU),
    Option("auto_hybrid_cos_thresh", 0.98, WORKS, "build(auto_hybrid=True) gives 16 bits to layers whose cosine is below", _threshold),
    Option("auto_hybrid_euc_thresh", None, WORKS, "likewise to layers whose Euclidean distance is above; either is enough", _distance),
]
# Keywords of earlier releases.
HISTORICAL = ("inputs_yuv_fmt", "quantized_hybrid_level", "output_tensor_type", "target_sub_class", "batch_size", "epochs",
              "reorder_channel", "need_horizontal_merge", "channel_mean_value", "output_optimize", "output_graph",
              "force_builtin_perm", "mmse_epoch", "quantized_divergence_nbins")


def by_name() -> Mapping[str, Option]:
    return {option.name: option for option in OPTIONS}


def checked(given: Mapping[str, Any], say: Callable[[str, str], None]) -> Options:
    """Options of plumb.convert for the keywords of config. say(level, text) is told what has no effect.

    Raises TypeError for a keyword that no release had, UsageError for a value that cannot be.
    """
    table = by_name()
    options: Options = {}
    for name, value in given.items():
        option = table.get(name)
        if option is None:
            if name not in HISTORICAL:
                raise TypeError(f"config() got an unexpected keyword argument '{name}'")
            say("W", f"{name}: an option of earlier releases, no effect")
        elif option.state == WORKS and value is not None:
            options.update(option.take(value) if option.take is not None else _spelled(option, value, say))
        elif value is None or _text(value) == _text(option.default):
            continue
        elif option.state == NO_EFFECT:
            say("W", f"{name}: no effect here: {option.note}")
    if "auto_hybrid_distance" in options:
        options["auto_hybrid"] += "," + options.pop("auto_hybrid_distance")
    return options


def _spelled(option: Option, value: Any, say: Callable[[str, str], None]) -> Options:
    """What 'plumb convert' makes of RKNN's spelling; of a default nothing is said."""
    name, text = option.name, _text(value)
    found, note = _native.rknn_option(name, text)
    if note and text != _text(option.default):
        say("W" if name == "dynamic_input" else "I", note)
    return {option.replace("-", "_"): _numbers(name, text) if option in ("mean", "std") and ";" not in text else text
            for option, text in found}
