"""RKNN: config, load, build, export, run. Methods give 0 or a value, and -1 or None with a line in the log."""
from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

import plumb

from . import accuracy, formats, hybrid, loading, picture_sources, reports
from .calls import returns
from .custom_ops import CustomOps
from .inference import Runtime
from .log import Log
from .options import QUANTIZING, checked
from .platforms import TARGETS, CoreMasks, checked as checked_platform
from .verdict_log import log_verdict
from .versions import sdk_version

_UNSET = object()


class Toolkit(CoreMasks):
    """The calls of RKNN-Toolkit2's class. Its order: config, load_onnx, build, export_rknn, init_runtime, inference, release; or
    load_rknn, init_runtime, inference, release."""

    def __init__(self, verbose: Any = False, verbose_file: Optional[str] = None) -> None:
        self._log = Log(bool(verbose), verbose_file if verbose else None)
        self._log.info("RKNN", f"Plumb {plumb.__version__}")
        self._custom_ops = CustomOps()
        picture_sources.watch()  # a script may read its picture before it has a runtime
        self._forget()

    def _forget(self) -> None:
        self._options: Optional[Dict[str, Any]] = None
        self._model: Optional[formats.Source] = None
        self._folder: Optional[str] = None
        self._remove_folder: Optional[weakref.finalize] = None  # also when the object goes without release
        self._artifact: Optional[str] = None
        self._facts: Optional[plumb.Inspection] = None  # of the artifact, once asked for
        self._built: Optional[accuracy.Built] = None
        self._result: Optional[plumb.ConvertResult] = None
        self._runtime: Optional[Runtime] = None

    # Before a build.

    def config(self, mean_values: Any = None, std_values: Any = None, quantized_dtype: Any = "w8a8",
               quantized_algorithm: Any = "normal", quantized_method: Any = "channel", target_platform: Any = None,
               quant_img_RGB2BGR: Any = False, float_dtype: Any = "float16", optimization_level: Any = 3,
               custom_string: Any = None, remove_weight: Any = False, compress_weight: Any = False,
               single_core_mode: Any = False, model_pruning: Any = False, op_target: Any = None, dynamic_input: Any = None,
               quantize_weight: Any = False, remove_reshape: Any = False, sparse_infer: Any = False,
               enable_flash_attention: Any = False, auto_hybrid_cos_thresh: Any = 0.98, auto_hybrid_euc_thresh: Any = None,
               **earlier: Any) -> None:
        """Options of the build. Raises UsageError for a value that cannot be, TypeError for a name that never was."""
        given = dict(locals())
        given.update(given.pop("earlier"))
        del given["self"]
        self._options = checked(given, lambda level, text: self._log.once(level, "config", text))
        platform = checked_platform(target_platform)
        if platform is not None:
            self._log.detail("config", f"target_platform {platform}: one artifact runs on every machine")

    def _said(self, level: str, text: str) -> None:
        self._log.once(level, "build", text)

    def _load(self, source: formats.Source) -> int:
        if self._options is None:
            raise plumb.UsageError("Please call rknn.config first!")
        self._forget_build()
        source.check(self._options)
        self._model = source
        return 0

    @returns(-1)
    def load_onnx(self, model: Any, inputs: Any = None, input_size_list: Any = None, input_initial_val: Any = None,
                  outputs: Any = None) -> int:
        """model: an .onnx file. inputs, outputs: names of tensors, input_size_list: a shape for each."""
        return self._load(formats.Source("onnx", [model], inputs, input_size_list, outputs, input_initial_val))

    @returns(-1)
    def load_pytorch(self, model: Any, input_size_list: Any = None) -> int:
        return self._load(formats.Source("pytorch", [model], None, input_size_list))

    @returns(-1)
    def load_tensorflow(self, tf_pb: Any, inputs: Any = None, input_size_list: Any = None, outputs: Any = None,
                        input_is_nchw: bool = False) -> int:
        return self._load(formats.Source("tensorflow", [tf_pb], inputs, input_size_list, outputs))

    @returns(-1)
    def load_tflite(self, model: Any, input_is_nchw: bool = False) -> int:
        return self._load(formats.Source("tflite", [model]))

    @returns(-1)
    def load_caffe(self, model: Any, blobs: Any = None, input_name: Any = None) -> int:
        return self._load(formats.Source("caffe", [model, blobs], input_name))

    @returns(-1)
    def load_darknet(self, model: Any, weight: Any = None) -> int:
        return self._load(formats.Source("darknet", [model, weight]))

    @returns(-1)
    def load_rknn(self, path: Any) -> int:
        """path: an artifact, whatever its name."""
        path = os.fsdecode(path)
        facts = loading.check_artifact(path, "load_rknn", self._log)
        self._forget_build()
        self._artifact, self._facts = path, facts
        return 0

    # Build and export.

    @returns(-1)
    def build(self, do_quantization: bool = True, dataset: Any = None, rknn_batch_size: Any = None, auto_hybrid: bool = False,
              auto_hybrid_quant: bool = False) -> int:
        """Converts and checks. The verdict goes to the log; a failure is logged as an error, and the artifact is there all the
        same, as scripts expect. PLUMB_REPORT=1 writes a report beside what export_rknn writes."""
        if self._model is None or self._options is None:
            raise plumb.UsageError("load a model first")
        self._forget_build()
        folder = self._work_folder()
        artifact = os.path.join(folder, self._model.name + ".plumb")
        options = dict(self._model.build_options(self._options, self._said), batch=rknn_batch_size)
        if not (auto_hybrid or auto_hybrid_quant):
            del options["auto_hybrid"]
        if reports.wanted():
            options["html"] = reports.path_for(artifact)
        if do_quantization:
            if dataset is None:
                raise plumb.UsageError("build: dataset is needed to quantize: a text file with one sample a line")
            result = plumb.convert(self._model.path, artifact, calib=os.fsdecode(dataset), raw_samples=True, force=True,
                                   progress=self._progress, **options)
        else:
            options = {name: value for name, value in options.items() if name not in QUANTIZING}
            result = plumb.convert(self._model.path, artifact, precision="fp32", force=True, progress=self._progress, **options)
        self._custom_ops.raise_failure()
        self._artifact, self._result = artifact, result
        self._built = accuracy.Built(artifact, os.path.abspath(self._model.path), options)
        log_verdict(result, self._log)
        return 0

    def _progress(self, stage: str, done: int, total: int) -> None:
        if done == total:
            self._log.detail("build", f"{stage} {done}/{total}")

    @returns(-1)
    def export_rknn(self, export_path: Any = None, **_: Any) -> int:
        """Writes the artifact under this name, whole or not at all."""
        if export_path is None:
            raise plumb.UsageError("export_path is missing")
        if self._artifact is None:
            raise plumb.UsageError("nothing to export: build comes first")
        path = os.fsdecode(export_path)
        _copy_whole(self._artifact, path)
        self._log.info("export_rknn", f"'{path}' is a Plumb artifact: it runs wherever Plumb does; the vendor's NPU driver does "
                                      "not load it")
        if reports.wanted() and os.path.exists(reports.path_for(self._artifact)):
            _copy_whole(reports.path_for(self._artifact), reports.path_beside(path))
            self._log.info("export_rknn", f"report: {reports.path_beside(path)}")
        return 0

    @returns(-1)
    def export_encrypted_rknn_model(self, input_model: Any = None, output_model: Any = None, crypt_level: int = 1) -> int:
        raise plumb.UsageError("artifacts are not encrypted here; keep the file on a volume that is")

    @returns(-1)
    def codegen(self, output_path: Any = None, inputs: Any = None, overwrite: bool = False) -> int:
        raise plumb.UsageError("no C++ project is generated here; docs/how_to/use_the_runtime.md is one to start from")

    @returns(-1)
    def reg_custom_op(self, custom_op: Any = None) -> int:
        """custom_op: a class or an instance with op_type, shape_infer and compute. Between config and load_onnx."""
        if self._options is None:
            raise plumb.UsageError("Please call rknn.config first!")
        if self._model is not None:
            raise plumb.UsageError("reg_custom_op comes before load_onnx")
        op_type = self._custom_ops.register(custom_op)
        self._log.info("reg_custom_op", f"'{op_type}' is computed by this process, in float; the artifact needs it wherever it runs")
        return 0

    @returns(-1)
    def hybrid_quantization_step1(self, dataset: Any = None, rknn_batch_size: Any = None, proposal: bool = False,
                                  proposal_dataset_size: int = 1, custom_hybrid: Any = None) -> int:
        """Writes <name>.model, <name>.data and <name>.quantization.cfg into the current folder. proposal: the layers that add most
        error are entered as float16; custom_hybrid: [[first tensor, last tensor], ...], what lies between them."""
        self.build.__wrapped__(self, True, dataset, rknn_batch_size)  # type: ignore[attr-defined]
        assert self._model is not None and self._artifact is not None and self._result is not None and self._options is not None
        layers = self._model.facts(self._options).to_dict()["layers"]
        names = [name for first, last in custom_hybrid or [] for name in hybrid.between(layers, first, last)]
        if proposal:
            names += [layer["name"] for layer in self._result.to_dict()["guiltiest"]]
        options = {name: value for name, value in self._model.build_options(self._options, self._said).items() if name != "auto_hybrid"}
        lock = self._result.lock or ""
        hybrid.write(os.getcwd(), self._model.name, self._model.path, self._artifact, lock, os.fsdecode(dataset), options,
                     dict.fromkeys(names, "float16"))
        self._log.info("hybrid_quantization_step1", f"edit {self._model.name}.quantization.cfg, then call "
                       "hybrid_quantization_step2")
        return 0

    @returns(-1)
    def hybrid_quantization_step2(self, model_input: Any = None, data_input: Any = None,
                                  model_quantization_cfg: Any = None) -> int:
        """Builds from the three files of step 1, with what was edited. A new object can begin here. Ranges are those of step 1; its
        dataset serves the check."""
        paths = [os.fsdecode(path) if path is not None else "" for path in (model_input, data_input, model_quantization_cfg)]
        self._forget_build()
        folder = self._work_folder()
        name, dataset, options = hybrid.read(*paths, folder)
        artifact = os.path.join(folder, name + ".plumb")
        self._result = plumb.convert(paths[0], artifact, calib=dataset, raw_samples=True, force=True, progress=self._progress,
                                     **options)
        self._artifact = artifact
        self._built = accuracy.Built(artifact, os.path.abspath(paths[0]), options)
        log_verdict(self._result, self._log)
        return 0

    @returns(-1)
    def accuracy_analysis(self, inputs: Any = None, output_dir: Any = "./snapshot", target: Any = None,
                          device_id: Any = None) -> int:
        """Every layer's error against the float model, printed and, where output_dir is not None, written with the layers' values.
        inputs: a file for each input of the model, a picture or an .npy of raw values."""
        if self._built is None:
            raise plumb.UsageError("build or hybrid_quantization_step2 comes first: an artifact alone has no float model to compare with")
        if target is not None:
            name = checked_platform(target)
            self._log.once("W", "accuracy_analysis", f"target {name}: no board is used, runtime is this machine's own run")
        files = accuracy.check_inputs(inputs, len(self._artifact_facts().inputs))
        accuracy.analyse(self._built, files, None if output_dir is None else os.fsdecode(output_dir), target is not None)
        return 0

    # Running.

    @returns(-1)
    def init_runtime(self, target: Any = None, device_id: Any = None, perf_debug: bool = False, eval_mem: bool = False,
                     async_mode: bool = False, core_mask: int = CoreMasks.NPU_CORE_AUTO,
                     fallback_prior_device: str = "cpu") -> int:
        """Any target runs on this machine, with all its threads (PLUMB_RKNN_THREADS says otherwise)."""
        if self._artifact is None:
            raise plumb.UsageError("build or load_rknn comes first")
        if target is not None:
            name = checked_platform(target)
            self._log.once("W", "init_runtime", f"target {name}: no board is used, the model runs on this machine")
        self._close_runtime()
        self._runtime = Runtime(self._artifact, self._artifact_facts(), self._log, threads=loading.threads())
        return 0

    @returns(None)
    def inference(self, inputs: Any, data_format: Any = None, inputs_pass_through: Any = None,
                  get_frame_id: bool = False) -> Optional[List[np.ndarray]]:
        """Outputs in the model's order and layout, as arrays of the caller's own."""
        if self._runtime is None:
            raise plumb.UsageError("init_runtime comes first")
        outputs = self._runtime.run(inputs, data_format, inputs_pass_through)
        self._custom_ops.raise_failure()
        return outputs

    @returns(-1)
    def eval_perf(self, is_print: bool = True, fix_freq: bool = True, inputs: Any = None) -> Any:
        """Times of this machine's processor, as a text."""
        text = reports.performance(self._ready())
        if is_print:
            print(text)
        return text

    @returns(-1)
    def eval_memory(self, is_print: bool = True) -> Any:
        """Bytes: weight_memory, internal_memory, other_memory, total_memory."""
        if self._runtime is None:
            raise plumb.UsageError("init_runtime comes first")
        found = reports.memory(self._ready(), self._runtime.session)
        if is_print:
            print(reports.memory_text(found, os.path.getsize(self._ready())))
        return found

    def _ready(self) -> str:
        if self._artifact is None:
            raise plumb.UsageError("build or load_rknn comes first")
        return self._artifact

    def _artifact_facts(self) -> plumb.Inspection:
        if self._facts is None:
            self._facts = loading.facts(self._ready())
        return self._facts

    # What else scripts call.

    def get_sdk_version(self) -> str:
        return sdk_version()

    def list_devices(self) -> Tuple[List[str], List[str]]:
        """No boards are looked for: two empty lists."""
        print("*" * 25 + "\nnone: models run on this machine\n" + "*" * 25)
        return [], []

    def list_support_target_platform(self, rknn_model: Any = None) -> Dict[str, List[str]]:
        found = {"support_target_platform": list(TARGETS)}
        print(found)
        return found

    def release(self) -> None:
        """Frees everything; the object can begin again with config or load_rknn."""
        self._forget_build()
        self._options = self._model = None
        self._custom_ops.close()

    # What a build leaves.

    def _work_folder(self) -> str:
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="plumb-rknn-")
            self._remove_folder = weakref.finalize(self, shutil.rmtree, self._folder, True)
        return self._folder

    def _close_runtime(self) -> None:
        if self._runtime is not None:
            self._runtime.close()
            self._runtime = None

    def _forget_build(self) -> None:
        self._close_runtime()
        self._artifact = self._facts = self._built = self._result = None
        if self._remove_folder is not None:
            self._remove_folder()
            self._folder = self._remove_folder = None


def _copy_whole(source: str, path: str) -> None:
    """Copies so that `path` holds the whole file or what it held before."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise plumb.UsageError(f"export_path: there is no folder '{folder}'")
    handle, part = tempfile.mkstemp(prefix=".plumb-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as out, open(source, "rb") as file:
            shutil.copyfileobj(file, out)
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
