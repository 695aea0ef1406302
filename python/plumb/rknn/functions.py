"""Every call of RKNN and RKNNLite: what it does here. The table in docs/how_to/coming-from-rknn.md is made of these rows."""
from __future__ import annotations

from dataclasses import dataclass
from typing import List

from .options import OPTIONS, WORKS

ANSWERS = "returns -1"


@dataclass(frozen=True)
class Function:
    """state: WORKS, or ANSWERS for a call that says in the log what is missing and gives its documented failure."""

    owner: str  # RKNN, RKNNLite, or a module's name
    name: str
    state: str
    note: str


_FORMAT = "until Plumb has an importer for it; export the network to ONNX"
FUNCTIONS = [
    Function("RKNN", "config", WORKS, "the options below"),
    Function("RKNN", "load_onnx", WORKS, "inputs and outputs are any tensors of the model, also inner ones; input_size_list with or "
             "without the batch; input_initial_val makes an input a constant"),
    Function("RKNN", "load_pytorch", ANSWERS, _FORMAT),
    Function("RKNN", "load_tensorflow", ANSWERS, _FORMAT),
    Function("RKNN", "load_tflite", ANSWERS, _FORMAT),
    Function("RKNN", "load_caffe", ANSWERS, _FORMAT),
    Function("RKNN", "load_darknet", ANSWERS, _FORMAT),
    Function("RKNN", "load_rknn", WORKS, "artifacts of Plumb under any name; of a file made for the NPU it says what it is, -1"),
    Function("RKNN", "build", WORKS, "the verdict is in the log; a failure is logged as an error and the artifact is there all the same. "
             "auto_hybrid gives int16 to layers, float16 there. rknn_batch_size=N: inference takes N frames one after the other along axis 0 "
             "and computes them one after the other"),
    Function("RKNN", "export_rknn", WORKS, "a Plumb artifact under the given name; with PLUMB_REPORT=1 a report beside it"),
    Function("RKNN", "export_encrypted_rknn_model", ANSWERS, "artifacts are not encrypted"),
    Function("RKNN", "codegen", ANSWERS, "docs/how_to/use_the_runtime.md has a program to start from"),
    Function("RKNN", "reg_custom_op", WORKS, "a class or an instance; its nodes are computed in float by the process that registered it, "
             "in NCHW, while the object lives"),
    Function("RKNN", "hybrid_quantization_step1", WORKS, "the three files in the current folder; float16 entries are computed in float32, "
             "int16 ones with exact sums"),
    Function("RKNN", "hybrid_quantization_step2", WORKS, "types and ranges that were edited are honoured"),
    Function("RKNN", "accuracy_analysis", WORKS, "the same files and table; fused layers have no numbers of their own. With target, runtime is "
             "this machine's run"),
    Function("RKNN", "init_runtime", WORKS, "any target runs on this machine, with all threads or as many as PLUMB_RKNN_THREADS says"),
    Function("RKNN", "inference", WORKS, "pictures, lists or one array, NHWC or NCHW, any type of number; inputs_pass_through takes "
             "stored values"),
    Function("RKNN", "eval_perf", WORKS, "times of this machine's processor, layer by layer"),
    Function("RKNN", "eval_memory", WORKS, "bytes of weights and of what a session computes in"),
    Function("RKNN", "get_sdk_version", WORKS, "Plumb's version in the usual frame"),
    Function("RKNN", "list_devices", WORKS, "two empty lists: no boards are looked for"),
    Function("RKNN", "list_support_target_platform", WORKS, "the names that target_platform takes"),
    Function("RKNN", "release", WORKS, "the object can begin again"),
    Function("RKNNLite", "load_rknn", WORKS, "as RKNN.load_rknn"),
    Function("RKNNLite", "init_runtime", WORKS, "one thread an object, so that several objects share the cores; core_mask has no effect"),
    Function("RKNNLite", "inference", WORKS, "as RKNN.inference"),
    Function("RKNNLite", "get_sdk_version", WORKS, "as RKNN.get_sdk_version"),
    Function("RKNNLite", "list_support_target_platform", WORKS, "a dictionary, printed too"),
    Function("RKNNLite", "release", WORKS, ""),
    Function("rknn.utils", "onnx_edit", WORKS, "plumb onnx-edit; inputs and outputs of fixed shape"),
    Function("rknn.api.custom_op", "get_node_attr", WORKS, "an attribute of the node that shape_infer or compute got"),
]


def tables() -> List[str]:
    """The lines of both tables, in Markdown."""
    lines = ["| call | state | |", "| --- | --- | --- |"]
    lines += [f"| `{row.owner}.{row.name}` | {row.state} | {row.note} |" for row in FUNCTIONS]
    lines += ["", "| option of `config` | default | state | |", "| --- | --- | --- | --- |"]
    lines += [f"| `{option.name}` | `{option.default!r}` | {option.state} | {option.note} |" for option in OPTIONS]
    return lines
