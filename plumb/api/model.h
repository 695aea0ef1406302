// A model ready to run: an artifact; a float model, imported, brought to canonical form and lowered in memory; or a stage
// file of --save-stage, from which the later stages go on.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"
#include "plumb/contract/recognize.h"
#include "plumb/import/onnx/import.h"
#include "plumb/ir/graph.h"
#include "plumb/passes/pass.h"

namespace plumb {

// What every verb that takes a float model lets the user state.
struct ModelOptions {
  std::map<std::string, Shape> input_shapes;  // --input-shape; of an artifact: which variant
  bool other_shapes = false;       // than those that a model without free dimensions states
  onnx::Cut cut;                   // --inputs, --outputs, --constant
  passes::PipelineOptions passes;  // --disable-pass, --optimization-level
  contract::Options contract;      // --color ... --decode --labels
  bool fuse = true;
  // An artifact must pass its self-test (plumb selftest) before it is used; also asked for by PLUMB_SELFTEST=1 in the
  // environment. A float model has none to pass.
  bool self_test = false;
};

struct Model {
  std::string path;
  bool is_artifact = false;
  bool is_integer_stage = false;  // a stage file from behind the quantizer
  onnx::ImportOptions read_with;  // a float model
  // Of one sample, whatever the batch of the artifact's own; of an artifact with variants the first, or the one asked for.
  std::shared_ptr<const artifact::Program> program;
  artifact::IoContract io;
  artifact::DecodeContract decode;
  std::vector<std::string> explanation;  // how the contracts came about, one line each
  std::shared_ptr<const artifact::Artifact> artifact;  // when is_artifact
  std::vector<std::string> data_files;  // beside a float model, relative to its folder
  std::optional<ir::Graph> graph;       // canonical, when a float model
  std::string self_test;  // what a self-test at load found, in a line; empty: none was asked for
};

// Told apart by content. Options that only a float model can take are refused for an artifact: its contracts travel in it.
[[nodiscard]] Result<Model> LoadModel(const std::string& path, const ModelOptions& options);

// Class names as exporters write them into a model's metadata: {0: 'person', 1: 'bicycle'} or ['person', 'bicycle'].
// Empty when the text is neither, or its numbers do not count up from 0.
[[nodiscard]] std::vector<std::string> LabelsOfMetadata(const std::string& names);

// What an artifact's recipe says of how its float model is read: part, shapes, passes. What `options` state themselves stays.
// Nothing when `artifact` is none.
void ReadAsRecorded(const Model& artifact, ModelOptions& options);

// Names of classes, one a line; trailing blanks are dropped, empty lines at the end too.
[[nodiscard]] Result<std::vector<std::string>> ReadLabelFile(const std::string& path);

// "images=1x3x640x640" into name and shape.
[[nodiscard]] Result<std::pair<std::string, Shape>> ParseInputShape(const std::string& text);

// "scale=scale.npy" into name and values.
[[nodiscard]] Result<std::pair<std::string, Tensor>> ReadConstant(const std::string& text);

}  // namespace plumb
