// Any bytes as an ONNX model: import, and, when they import, the passes that every graph goes
// through.

#include <span>

#include "plumb/import/onnx/model_builder.h"
#include "plumb/ir/verify.h"
#include "plumb/passes/pass.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using plumb::onnx::ModelBuilder;
using Ints = std::vector<int64_t>;

ModelBuilder Network() {
  ModelBuilder b(13);
  b.Input("x", {1, 2, 4, 4});
  b.Floats("w", {2, 1, 3, 3}, std::vector<float>(18, 0.5f)).Floats("scale", {2}, {1, 2});
  b.Ints("shape", {1, -1}).Ints("starts", {1}).Ints("ends", {9}).Ints("axes", {1}).Ints("k", {3});
  b.Node("Conv", {"x", "w"}, {"a"}).With("pads", Ints{1, 1, 1, 1}).With("group", int64_t{2});
  b.Node("BatchNormalization", {"a", "scale", "scale", "scale", "scale"}, {"b"});
  b.Node("MaxPool", {"b"}, {"c"}).With("kernel_shape", Ints{2, 2}).With("ceil_mode", int64_t{1});
  b.Node("Reshape", {"c", "shape"}, {"d"});
  b.Node("Slice", {"d", "starts", "ends", "axes"}, {"e"});
  b.Node("Softmax", {"e"}, {"f"}).With("axis", int64_t{-1});
  b.Node("TopK", {"f", "k"}, {"g", "h"});
  return b.Output("g").Output("h", 7);
}

ModelBuilder Shapes() {
  ModelBuilder b(18);
  b.Input("x", {2, 3, 4}).Ints("zero", {0}).Ints("pads", {0, 0, 1, 0, 0, 2}).Ints("n", {2, 6, 8});
  b.Node("Shape", {"x"}, {"s"}).Node("Gather", {"s", "zero"}, {"t"}).With("axis", int64_t{0});
  b.Node("ConstantOfShape", {"t"}, {"u"}).Node("Pad", {"x", "pads"}, {"p"});
  b.Node("Resize", {"x", "", "", "n"}, {"r"}).With("mode", std::string("linear"));
  b.Node("Transpose", {"r"}, {"q"}).With("perm", Ints{2, 0, 1});
  b.Node("Split", {"q"}, {"v", "w"}).With("num_outputs", int64_t{2});
  b.Node("ReduceMean", {"p", "zero"}, {"m"}).Node("LayerNormalization", {"x", "l"}, {"o"});
  b.Floats("l", {4}, {1, 2, 3, 4});
  return b.Output("u").Output("v").Output("m").Output("o");
}

}  // namespace

std::vector<std::string> FuzzSeeds() { return {Network().Bytes(), Shapes().Bytes()}; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  auto model = plumb::onnx::ImportOnnxBytes(bytes, "no/such/folder", {});
  if (!model.ok()) {
    return -1;
  }
  // Large tensors are valid and slow; the runtime is not what is tested here.
  for (const plumb::ir::Input& input : model->graph.inputs) {
    if (plumb::NumElements(model->graph.value(input.value).type.shape()) > 1 << 16) {
      return -1;
    }
  }
  if (!plumb::ir::Verify(model->graph).ok()) {
    return -1;
  }
  return plumb::passes::RunPipeline(model->graph).ok() ? 0 : -1;
}
