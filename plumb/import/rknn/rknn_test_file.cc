#include "plumb/import/rknn/rknn_test_file.h"

#include <flatbuffers/flatbuffers.h>

#include <vector>

#include "plumb/import/rknn/rknn_model_generated.h"

namespace plumb::rknn {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

struct TensorText {
  const char* name;
  int kind;
  std::vector<int32_t> shape;
  float scale;
  int32_t zero_point;
  uint32_t buffer;
};

Offset<fb::Tensor> MakeTensor(FlatBufferBuilder& out, const TensorText& t) {
  const bool grid = t.scale > 0;
  const std::vector<float> min = {t.scale * static_cast<float>(-128 - t.zero_point)},
                           max = {t.scale * static_cast<float>(127 - t.zero_point)},
                           scale = {t.scale};
  const std::vector<int32_t> zero_point = {t.zero_point};
  return fb::CreateTensorDirect(
      out, 3, 2, static_cast<int8_t>(t.kind), nullptr, &t.shape, t.name, grid ? "layer" : nullptr,
      grid ? "int8" : nullptr, grid ? &min : nullptr, grid ? &max : nullptr,
      grid ? &scale : nullptr, grid ? &zero_point : nullptr, 48, 0, 0, t.buffer);
}

Offset<fb::Node> MakeNode(FlatBufferBuilder& out, const char* type, const char* name,
                          const std::vector<int32_t>& inputs, const std::vector<int32_t>& outputs) {
  return fb::CreateNodeDirect(out, type, name, 2, &inputs, &outputs);
}

std::string Number(uint64_t value) {
  std::string text;
  for (int i = 0; i < 8; ++i) {
    text += static_cast<char>(value >> (8 * i) & 0xff);
  }
  return text;
}

}  // namespace

std::string TestPayload() {
  FlatBufferBuilder out;
  std::vector<Offset<fb::Buffer>> buffers = {fb::CreateBuffer(out)};
  for (const size_t bytes : {32, 4 * 126 * 8, 3 * 40}) {
    const std::vector<uint8_t> data(bytes, 7);
    buffers.push_back(fb::CreateBufferDirect(out, &data));
  }
  const std::vector<TensorText> texts = {{"", 0, {}, 0, 0, 0},
                                         {"picture", 1, {1, 3, 4, 4}, 1.0f, -128, 0},
                                         {"mask", 1, {1, 1, 4, 4}, 0.5f, 0, 0},
                                         {"boxes", 2, {1, 8, 4, 4}, 0.25f, 20, 0},
                                         {"weights", 4, {8, 3, 1, 1}, 0, 0, 1},
                                         {"regcmd", 9, {}, 0, 0, 2},
                                         {"task", 10, {}, 0, 0, 3}};
  std::vector<Offset<fb::Tensor>> tensors;
  for (const TensorText& text : texts) {
    tensors.push_back(MakeTensor(out, text));
  }
  const std::vector<Offset<fb::Node>> nodes = {
      MakeNode(out, "InputOperator", "", {}, {1}), MakeNode(out, "InputOperator", "", {}, {2}),
      MakeNode(out, "ConvRelu", "Conv:Conv_0", {1, 4}, {3}),
      MakeNode(out, "cstBlend", "blend", {2, 3}, {3}),
      MakeNode(out, "OutputOperator", "", {3}, {})};
  const std::vector<int32_t> inputs = {1, 2}, outputs = {3}, variants = {0, 0, 0, 1, 2};
  const std::vector<Offset<fb::Graph>> graphs = {
      fb::CreateGraphDirect(out, &tensors, &nodes, &inputs, &outputs, &variants)};
  const std::string custom = "cstBlend";
  const std::vector<uint8_t> custom_bytes(custom.begin(), custom.end());
  out.Finish(fb::CreateModelDirect(
                 out, 6, "RKNPU v2", &graphs,
                 "{'attrs': {'picture': {'idx': 0, 'mean': [127.5, 0, 1], 'std': (255, 255, 2), "
                 "'rgb2bgr': True, 'note': 'the \"first\" one\\'s'}, 'mask': {'mean': None}}, "
                 "'dynamic_shapes': {}}",
                 nullptr, 20302,
                 "2.3.2-source_code(compiler version: 2.3.2 (0123456789@2025-01-01T00:00:00))",
                 "rk3588", "ONNX", R"({"picture": {"dtype": "uint8", "layout": "NHWC"}})",
                 R"({"boxes": {"dtype": "int8"}})", fb::CreateMemory(out, 2176, 9920), &buffers,
                 &custom_bytes),
             fb::ModelIdentifier());
  return {reinterpret_cast<const char*>(out.GetBufferPointer()), out.GetSize()};
}

std::string TestContainer(uint64_t version, const std::string& payload, const std::string& json) {
  std::string file = "RKNN" + std::string(4, '\0') + Number(version) + Number(payload.size());
  if ((version & 0xff) > 1 && !payload.empty()) {
    file.resize(64);
  }
  return file + payload + Number(json.size()) + json;
}

std::string TestFile() {
  return TestContainer(6, TestPayload(), R"({"name": "blend", "version": "2.3.2-source_code",
    "target_platform": ["rk3588", "rk3588s"], "nodes": [{"op": "RKNN_OP_NNBG", "name": "nnbg"}],
    "ori_network_platform": "ONNX"})");
}

}  // namespace plumb::rknn
