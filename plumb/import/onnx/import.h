// ONNX files as graphs. Reads opsets 7 to 27 of the default domain, and tensors as .pb files.
//
// Every error about the file has code kInvalidModel and names the node, value or dimension; about
// an option, kUsage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/ir/graph.h"

namespace plumb::onnx {

// Opsets of the default domain whose operators have been checked.
inline constexpr int64_t kOldestOpset = 7, kNewestOpset = 27;

// A part of the model, by names of tensors as they stand in the file. A text that is no tensor's name is several, with commas
// between.
struct Cut {
  std::vector<std::string> inputs, outputs;  // empty: the model's own
  std::map<std::string, Tensor> constants;   // of inputs, which then are none
  [[nodiscard]] bool empty() const {
    return inputs.empty() && outputs.empty() && constants.empty();
  }
};

struct ImportOptions {
  std::map<std::string, Shape>
      input_shapes;  // by input name, or "#0" for the first and so on: sizes for symbolic dimensions, all of an input's
  bool other_shapes = false;  // of a model without symbolic dimensions: instead of what it declares
  Cut cut;
  // Finds the types of all values of an imported graph; for inner tensors that become inputs.
  std::function<Status(ir::Graph&)> infer;
};

struct ImportedModel {
  // Inputs typed and known; other values untyped until inference. f16, bf16 and f64 are f32 inside;
  // Input::dtype and Output::dtype keep what the file says (kNone where it does not type an
  // output).
  ir::Graph graph;
  std::map<std::string, std::string> metadata;
  std::string producer;              // name and version
  std::set<std::string> data_files;  // of initializers, relative to the model's folder
  int64_t ir_version = 0;
  int64_t opset = 0;            // of the default domain
  bool symbolic_batch = false;  // the leading dimension of every input is one free name, set to 1
};

// `path` names the file; external data is looked up beside it.
[[nodiscard]] Result<ImportedModel> ImportOnnx(std::string_view path, const ImportOptions& options);
// The same from memory; `base_dir` is where external data lies.
[[nodiscard]] Result<ImportedModel> ImportOnnxBytes(std::span<const std::byte> bytes,
                                                    const std::filesystem::path& base_dir,
                                                    const ImportOptions& options);

// The part that `options` cut out, as a model of its own for another program, all its weights inside. Resource error where
// that is no file of 2 GiB.
[[nodiscard]] Result<std::string> CutModelBytes(std::string_view path,
                                                const ImportOptions& options);

// The model's inputs by name, in its order, whatever else is in the file.
[[nodiscard]] Result<std::vector<std::string>> InputNames(std::string_view path);

struct NamedTensor {
  std::string name;  // may be empty
  Tensor tensor;     // of the file's own element type (f16 stays f16)
};
// A serialized TensorProto, as in test_data_set_N/input_0.pb.
[[nodiscard]] Result<NamedTensor> ReadTensorProto(std::string_view path);

}  // namespace plumb::onnx
