"""The peers. Each is a class: `prepare(path)` imports it, converts the model where it has a format of its own, and gives
its version; constructing loads; `feed` takes the input; `run` computes all outputs once."""
import os
import pathlib
import shutil
import subprocess
import sys


def tool(name):
    """A program that comes with a Python package: beside the interpreter, or in the path."""
    own = pathlib.Path(sys.executable).with_name(name)
    found = str(own) if own.exists() else shutil.which(name)
    if not found:
        raise FileNotFoundError(f"the program {name} is not installed")
    return found


class OnnxRuntime:
    reads_qdq = True

    @staticmethod
    def prepare(path):
        import onnxruntime
        return onnxruntime.__version__

    def __init__(self, path, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def feed(self, array):
        self.inputs = {self.session.get_inputs()[0].name: array}

    def run(self):
        self.session.run(None, self.inputs)


class OpenVino:
    reads_qdq = True

    @staticmethod
    def prepare(path):
        import openvino
        return openvino.__version__.split("-")[0]

    def __init__(self, path, threads):
        import openvino
        core = openvino.Core()
        model = core.read_model(path)
        for port in model.inputs:
            if port.get_partial_shape().is_dynamic:
                model.reshape({port: [d.get_length() if d.is_static else 1 for d in port.get_partial_shape()]})
        config = {"INFERENCE_NUM_THREADS": str(threads), "NUM_STREAMS": "1", "PERFORMANCE_HINT": "LATENCY",
                  "INFERENCE_PRECISION_HINT": "f32"}  # else bfloat16 is computed where float is asked for
        self.request = core.compile_model(model, "CPU", config).create_infer_request()

    def feed(self, array):
        self.inputs = [array]

    def run(self):
        self.request.infer(self.inputs)


class Mnn:
    reads_qdq = False

    @staticmethod
    def prepare(path):
        import MNN
        out = path + ".mnn"
        if not os.path.exists(out):
            subprocess.run([tool("mnnconvert"), "-f", "ONNX", "--modelFile", path, "--MNNModel", out, "--bizCode", "b"],
                           check=True, capture_output=True)
        return MNN.version()

    def __init__(self, path, threads):
        import MNN
        self.mnn = MNN
        self.interpreter = MNN.Interpreter(path + ".mnn")
        self.session = self.interpreter.createSession({"backend": "CPU", "numThread": threads, "precision": "high"})

    def feed(self, array):
        import numpy as np
        tensor = self.interpreter.getSessionInput(self.session)
        self.array = np.ascontiguousarray(array)
        tensor.copyFrom(self.mnn.Tensor(tensor.getShape(), self.mnn.Halide_Type_Float, self.array,
                                        self.mnn.Tensor_DimensionType_Caffe))
        self.run()
        for name, output in self.interpreter.getSessionOutputAll(self.session).items():
            if not np.any(output.getNumpyData()):  # it has been seen to return at once
                raise RuntimeError(f"computed nothing: output {name} is all zero")

    def run(self):
        if self.interpreter.runSession(self.session) != 0:
            raise RuntimeError("runSession failed")
        for output in self.interpreter.getSessionOutputAll(self.session).values():
            output.getNumpyData()


class Ncnn:
    reads_qdq = False

    @staticmethod
    def prepare(path):
        import ncnn
        import onnx
        from peer_quantize import graph_input
        if not os.path.exists(path + ".ncnn.param"):
            _, shape = graph_input(onnx.load(path))
            folder = pathlib.Path(path + ".pnnx")
            folder.mkdir(exist_ok=True)
            shutil.copy(path, folder / "m.onnx")
            subprocess.run([tool("pnnx"), "m.onnx", "inputshape=[" + ",".join(map(str, shape)) + "]", "fp16=0"], check=True,
                           capture_output=True, cwd=folder)
            (folder / "m.ncnn.bin").rename(path + ".ncnn.bin")
            (folder / "m.ncnn.param").rename(path + ".ncnn.param")
        return ncnn.__version__

    def __init__(self, path, threads):
        import ncnn
        self.ncnn = ncnn
        self.net = ncnn.Net()
        self.net.opt.num_threads = threads
        for flag in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
            setattr(self.net.opt, flag, False)
        if self.net.load_param(path + ".ncnn.param") or self.net.load_model(path + ".ncnn.bin"):
            raise RuntimeError("its loader refuses the converted network")

    def feed(self, array):
        self.input = self.ncnn.Mat(array[0])

    def run(self):
        extractor = self.net.create_extractor()
        extractor.input(self.net.input_names()[0], self.input)
        for name in self.net.output_names():
            status, _ = extractor.extract(name)
            if status:
                raise RuntimeError("extract failed")


RUNTIMES = {"onnxruntime": OnnxRuntime, "openvino": OpenVino, "mnn": Mnn, "ncnn": Ncnn}
