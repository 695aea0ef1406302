// plumb export: a network, quantized by convert or in float, as a file for other tools.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/base/status.h"

namespace plumb {

struct ExportOptions {
  std::string format = "onnx-qdq";  // or onnx-qoperator
  std::string output;
  bool keep_tensors = false;   // every integer tensor as an output too
  bool external_data = false;  // constants beside the model even where they fit into it
  Progress progress;
};

// How a record was written.
struct ExportRecord {
  size_t index = 0;
  std::string op, name;
  std::string nodes;
  bool exact = false;  // the same bits, given the same integers in the tensors before it
  // Of an integer output that is not exact: by how many steps it can differ; -1: no bound is stated.
  int bound = 0;
};

// An integer tensor of the artifact and the output that holds it (keep_tensors).
struct ExportTensor {
  int32_t tensor = -1;
  std::string name, output;
};

struct ExportResult {
  std::string file, data_file;  // data_file: empty when the constants stand in the model
  uint64_t bytes = 0, data_bytes = 0;
  size_t nodes = 0;
  size_t integer_records = 0;  // that read or write integers on a grid
  size_t exact_records = 0;    // of these
  std::vector<ExportRecord> records;
  std::vector<ExportTensor> tensors;
};

// The names that ExportOptions::format may have.
[[nodiscard]] std::vector<std::string> ExportFormats();

// True for a kind of record that has a form in ONNX; one of its records may still be refused.
[[nodiscard]] bool HasOnnxForm(std::string_view record_kind);

// Refuses what the format cannot express, by the record's name. Writes whole files or nothing.
[[nodiscard]] Result<ExportResult> Export(const Model& model, const ExportOptions& options);

}  // namespace plumb
