// plumb reduce: the smallest part of a network that still fails a check, as an ONNX test case.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/base/status.h"

namespace plumb {

// What has to be wrong.
struct ReduceCheck {
  enum class Kind {
    kSqnr,       // below `limit` dB of the float network's tensor
    kCosine,     // below `limit`
    kNotFinite,  // NaN or infinity comes out, and none went in
    kByIsa,      // the fast kernels give other bits than the plain C++ ones
    kByJudge,    // an installed ONNX Runtime gives something else for the written ONNX
  } kind = Kind::kSqnr;
  std::string tensor;  // an output or any tensor, by name; empty: the first output
  double limit = 0;
};
// "sqnr(output)<20", "cosine(output)<0.99", "nan(output)", "differs-by-isa(output)", "differs-from-judge(output)"; the
// parentheses may be left out.
[[nodiscard]] Result<ReduceCheck> ParseReduceCheck(std::string_view text);

struct ReduceOptions {
  std::string model;    // what fails: an artifact or a float model
  std::string against;  // the float model, for sqnr and cosine
  ModelOptions model_options;
  std::string data;    // a picture, an .npy, an .npz or a list: its first sample is used
  std::string output;  // folder to write model.onnx and test_data_set_0/ into
  ReduceCheck check;
  int threads = 1;
};

struct ReduceResult {
  size_t records_before = 0, tries = 0;
  struct Record {
    std::string op, name;
  };
  std::vector<Record> records;  // what is left
  std::vector<std::string> inputs;
  std::string output;                       // the tensor that is looked at
  std::string figure_before, figure_after;  // "SQNR 3.2 dB"
  std::string expected_from;                // whose outputs stand in test_data_set_0
  std::string file;                         // model.onnx
};

[[nodiscard]] Result<ReduceResult> ReduceModel(const ReduceOptions& options);

}  // namespace plumb
