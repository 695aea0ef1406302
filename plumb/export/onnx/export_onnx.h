// Writes a program as an ONNX file, in one of two forms:
//
//   onnx-qoperator   every integer record by nodes that compute its rule (docs/arithmetic.md), each
//                    operation in the same order and rounded alike: ONNX Runtime gives the same
//                    integers. Its QLinearConv where one holds the rule, else ConvInteger or
//                    MatMulInteger and what follows.
//   onnx-qdq         DequantizeLinear, the float operator, QuantizeLinear: what other tools read.
//                    Equal to within the steps that each record's `bound` states.
//
// Float records become float nodes, in both forms equal to within rounding.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/export/onnx/onnx_graph.h"

namespace plumb::exporting {

enum class OnnxForm { kQdq, kQOperator };

struct OnnxOptions {
  OnnxForm form = OnnxForm::kQdq;
  bool keep_tensors = false;  // every integer tensor as an output too, as the program holds it
  uint64_t most_inside =
      (uint64_t{1} << 31) - (uint64_t{1} << 26);  // bytes of constants in the model
  std::string producer_version;
  std::function<void(size_t done, size_t total)> progress;  // may be empty
};

// How a record was written.
struct ExportedRecord {
  size_t index = 0;
  std::string op, name;
  std::string nodes;   // "QLinearConv, Gather"
  bool exact = false;  // the same bits, given the same integers in the tensors before it
  // Of an integer output that is not exact: by how many steps it can differ, given the same integers;
  // below 0: no bound is stated.
  int bound = 0;
};

// An integer tensor of the program and the output of the model that holds it (keep_tensors).
struct ExportedTensor {
  int32_t tensor = -1;
  std::string name, output;
};

struct OnnxExport {
  OnnxFiles files;
  size_t nodes = 0;
  std::vector<ExportedRecord> records;
  std::vector<ExportedTensor> tensors;
};

// `program` is one that the runtime binds. Refuses, with one sentence for each of them, records that it
// does not know, or whose attributes or types it does not know: what is written is what the program
// computes, or nothing.
[[nodiscard]] Result<OnnxExport> ExportOnnx(const artifact::Program& program,
                                            const OnnxOptions& options, const std::string& path);
// The same without a file.
[[nodiscard]] Result<OnnxGraph> BuildOnnx(const artifact::Program& program,
                                          const OnnxOptions& options, OnnxExport& result);

}  // namespace plumb::exporting
