"""Makes the int8 form of a model that the peers run: QDQ by ONNX Runtime's own quantizer, uint8 activations, int8 weights
per channel, min-max ranges."""
import contextlib
import logging
import pathlib

PICTURES = 8


def graph_input(model):
    """Name and shape of the model's only real input; symbolic sizes become 1."""
    weights = {t.name for t in model.graph.initializer}
    value = next(i for i in model.graph.input if i.name not in weights)
    return value.name, [d.dim_value or 1 for d in value.type.tensor_type.shape.dim]


def pictures(folder, shape):
    """Float arrays of the input's shape, within 0..1."""
    import numpy as np
    from PIL import Image
    _, channels, height, width = shape
    files = sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix.lower() in (".jpg", ".png"))[:PICTURES]
    if not files:
        raise FileNotFoundError(f"no pictures in {folder}")
    for file in files:
        picture = Image.open(file).convert("RGB" if channels == 3 else "L").resize((width, height))
        array = np.asarray(picture, np.float32).reshape(height, width, channels) / 255
        yield np.ascontiguousarray(array.transpose(2, 0, 1)[None])


def quantize(source, images, out):
    import onnx
    import onnx.version_converter
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    model = onnx.load(source)
    name, shape = graph_input(model)
    if max(o.version for o in model.opset_import if o.domain in ("", "ai.onnx")) < 13:  # weights per channel need opset 13
        model = onnx.version_converter.convert_version(model, 13)

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.items = ({name: array} for array in pictures(images, shape))

        def get_next(self):
            return next(self.items, None)

    logging.getLogger().setLevel(logging.ERROR)  # advice about a preprocessing step, at every call
    part = pathlib.Path(out).with_suffix(".part")
    quantize_static(model, str(part), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    part.rename(out)


def with_input_side(source, side, out):
    """The same network for another square input: the weights and grids of a YOLOv5 do not depend on its size."""
    import onnx
    model = onnx.load(source)
    _, shape = graph_input(model)
    for value in [*model.graph.input, *model.graph.output]:
        for dim in value.type.tensor_type.shape.dim[2:]:
            dim.dim_value = dim.dim_value * side // shape[2]
    del model.graph.value_info[:]
    onnx.save(model, out)


@contextlib.contextmanager
def naming(what):
    """Any error of a tool below, with the name of what it was doing."""
    try:
        yield
    except Exception as error:
        raise RuntimeError(f"{what}: {type(error).__name__}: {str(error)[:200]}") from error
