// Files of the RKNN stack, for `plumb inspect`: what a file made for the NPU says of itself. They hold commands of the NPU
// and weights in its own order, so they are read and not run.
//
// Every offset and length is held against the file: any bytes give facts or an error, never a crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::rknn {

enum class Variant {
  kNone,       // none of the RKNN stack's
  kContainer,  // "RKNN" in front: RKNN-Toolkit2, and RKNN-Toolkit 1 for the first generation of NPUs
  kBare,       // the payload without a container, "RKNN" at byte 4
  kEncrypted,       // "CYPTRKNN"
  kThird,           // "RKNX": RK182x and later
  kToolkit1Binary,  // "VPMN": precompiled by RKNN-Toolkit 1
};

// By the first bytes (eight are enough).
[[nodiscard]] Variant VariantOf(std::span<const std::byte> bytes);

// The same of a file; kNone also when it cannot be read.
[[nodiscard]] Variant VariantOfFile(const std::string& path);

// An input or output.
struct Port {
  std::string name;
  std::string dtype, layout;  // as the user's calls see them; empty: not stated
  std::vector<int64_t> shape;
  std::string quantized_type, method;  // int8, layer; empty: not quantized
  std::vector<float> scale, min, max;
  std::vector<int64_t> zero_point;
  int64_t device_bytes = 0;
  std::vector<int64_t> device_shape;
  std::vector<double> mean, std;     // folded into the model; empty: none
  std::optional<bool> swaps_colors;  // red and blue
};

struct Facts {
  Variant variant = Variant::kNone;
  std::string what;                // the variant, in words
  uint64_t container_version = 0;  // of kContainer
  size_t file_bytes = 0, payload_bytes = 0, json_bytes = 0;
  int generation = 0;                // of the payload; 0: no payload that can be read
  std::string name, toolkit;         // toolkit: "1.6.2-source_code(compiler version: ...)"
  std::vector<std::string> targets;  // lower case: rk3588
  std::string npu, framework;        // "RKNPU v2", "ONNX"
  std::vector<Port> inputs, outputs;
  std::vector<std::pair<std::string, std::string>> nodes;  // type, name
  std::vector<std::string> custom_operators;
  size_t tensors = 0, buffers = 0;
  uint64_t constant_bytes = 0, command_bytes = 0, task_bytes = 0;
  uint64_t weight_memory = 0, internal_memory = 0;  // as the file states them
  std::vector<int64_t> core_variants;               // first task of each program variant
  bool compressed_weights = false;
  std::vector<std::string> notes;  // what could not be read, and why
};

// Bytes of one task record, and of one command word.
inline constexpr uint64_t kTaskBytes = 40, kCommandBytes = 8;

// Facts of a file of any variant but kNone (kInvalidModel). What the format does not let one read is in `notes`; a
// truncated container or a payload whose offsets lead outside of it is kInvalidModel.
[[nodiscard]] Result<Facts> Read(std::span<const std::byte> bytes);

// kUsage when there is no such file.
[[nodiscard]] Result<Facts> ReadFile(const std::string& path);

// "a model for Rockchip's NPU, made by RKNN-Toolkit2 2.3.2 for rk3588".
[[nodiscard]] std::string Describe(const Facts& facts);

// Why such a file runs on the NPU alone, and what to do.
inline constexpr std::string_view kWhyNotHere =
    "it holds commands of the NPU and weights in the NPU's order, not the network. Convert the "
    "network that it was made from: plumb convert model.onnx";

}  // namespace plumb::rknn
