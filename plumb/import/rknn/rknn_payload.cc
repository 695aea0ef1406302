#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <set>

#include "plumb/import/rknn/rknn_model_generated.h"
#include "plumb/import/rknn/rknn_parts.h"

namespace plumb::rknn {
namespace {

// Kinds of tensors whose buffer is not data of the network.
constexpr int kCommands = 9, kTasks = 10;

std::string_view DTypeOf(int code) {
  constexpr std::string_view kNames[] = {"",        "float32", "uint8",  "int8",   "uint16",
                                         "int16",   "int32",   "int64",  "string", "bool",
                                         "float16", "float64", "uint32", "uint64"};
  return code >= 0 && code < static_cast<int>(std::size(kNames)) ? kNames[code] : "unknown";
}

std::string_view LayoutOf(int code) {
  return code == 1 ? "NHWC" : code == 2 ? "NCHW" : code == 64 ? "NC1HWC2" : "";
}

std::string Text(const flatbuffers::String* text) { return text == nullptr ? "" : text->str(); }

template <typename To, typename From>
std::vector<To> Numbers(const flatbuffers::Vector<From>* numbers) {
  return numbers == nullptr ? std::vector<To>() : std::vector<To>(numbers->begin(), numbers->end());
}

Port PortOf(const fb::Tensor& tensor) {
  Port port;
  port.name = Text(tensor.name());
  port.dtype = DTypeOf(tensor.dtype());
  port.layout = LayoutOf(tensor.layout());
  port.shape = Numbers<int64_t>(tensor.shape());
  port.quantized_type = Text(tensor.quantized_type());
  port.method = Text(tensor.method());
  port.scale = Numbers<float>(tensor.scale());
  port.min = Numbers<float>(tensor.min());
  port.max = Numbers<float>(tensor.max());
  port.zero_point = Numbers<int64_t>(tensor.zero_point());
  port.device_bytes = tensor.bytes();
  port.device_shape = Numbers<int64_t>(tensor.device_shape());
  return port;
}

// The tensors that `indices` name; indices without a tensor become a note.
std::vector<Port> Ports(const fb::Graph& graph, const flatbuffers::Vector<int32_t>* indices,
                        Facts& facts) {
  std::vector<Port> ports;
  const size_t count = graph.tensors() == nullptr ? 0 : graph.tensors()->size();
  for (const int64_t index : Numbers<int64_t>(indices)) {
    if (index < 0 || static_cast<size_t>(index) >= count) {
      facts.notes.push_back(StrCat("an input or output is tensor ", index, " of ", count));
      continue;
    }
    ports.push_back(PortOf(*graph.tensors()->Get(static_cast<uint32_t>(index))));
  }
  return ports;
}

using Buffers = flatbuffers::Vector<flatbuffers::Offset<fb::Buffer>>;

void AddBuffers(const fb::Graph& graph, const Buffers& buffers, Facts& facts) {
  std::set<size_t> commands, tasks;
  for (const fb::Tensor* tensor : *graph.tensors()) {
    if (tensor->kind() == kCommands || tensor->kind() == kTasks) {
      (tensor->kind() == kCommands ? commands : tasks).insert(tensor->buffer());
    }
    facts.compressed_weights |= tensor->compressed() == 1;
  }
  for (size_t i = 0; i < buffers.size(); ++i) {
    const auto* data = buffers.Get(static_cast<uint32_t>(i))->data();
    const uint64_t bytes = data == nullptr ? 0 : data->size();
    (commands.contains(i) ? facts.command_bytes
     : tasks.contains(i)  ? facts.task_bytes
                          : facts.constant_bytes) += bytes;
  }
}

void AddGraph(const fb::Graph& graph, const Buffers* buffers, Facts& facts) {
  facts.inputs = Ports(graph, graph.inputs(), facts);
  facts.outputs = Ports(graph, graph.outputs(), facts);
  facts.core_variants = Numbers<int64_t>(graph.variants());
  if (graph.nodes() != nullptr) {
    for (const fb::Node* node : *graph.nodes()) {
      facts.nodes.emplace_back(Text(node->type()), Text(node->name()));
    }
  }
  if (graph.tensors() != nullptr) {
    facts.tensors = graph.tensors()->size();
    if (buffers != nullptr) {
      AddBuffers(graph, *buffers, facts);
    }
  }
}

}  // namespace

Status AddPayload(std::span<const std::byte> payload, Facts& facts) {
  // Scalars are read where they lie, so the copy begins at an address that suits every one of them.
  std::vector<uint64_t> aligned((payload.size() + 7) / 8);
  std::memcpy(aligned.data(), payload.data(), payload.size());
  const auto* bytes = reinterpret_cast<const uint8_t*>(aligned.data());
  flatbuffers::Verifier verifier(bytes, payload.size());
  if (!fb::VerifyModelBuffer(verifier)) {
    return InvalidModel(
        "the payload is damaged, or of a generation that is not known: its offsets "
        "lead outside of its ",
        payload.size(), " bytes");
  }
  const fb::Model& model = *fb::GetModel(bytes);
  facts.generation = model.generation();
  facts.toolkit = Text(model.toolkit());
  facts.npu = Text(model.family());
  facts.framework = Text(model.framework());
  if (const std::string platform = Text(model.platform()); !platform.empty()) {
    facts.targets = {platform};
  }
  if (model.memory() != nullptr) {
    facts.weight_memory = model.memory()->weights();
    facts.internal_memory = model.memory()->internal();
  }
  if (const auto* names = model.custom_operators(); names != nullptr && names->size() > 0) {
    facts.custom_operators.emplace_back(names->begin(), names->end());
  }
  const Buffers* buffers = model.buffers_6() != nullptr ? model.buffers_6() : model.buffers_1();
  facts.buffers = buffers == nullptr ? 0 : buffers->size();
  if (model.graphs() == nullptr || model.graphs()->size() == 0) {
    facts.notes.push_back("the payload holds no graph");
  } else {
    AddGraph(*model.graphs()->Get(0), buffers, facts);
  }
  AddPortTexts(Text(model.ports()), Text(model.inputs()), Text(model.outputs()), facts);
  return {};
}

}  // namespace plumb::rknn
