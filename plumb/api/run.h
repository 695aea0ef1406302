// plumb run: tensors in, tensors out.
#pragma once

#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/base/status.h"
#include "plumb/runtime/session.h"

namespace plumb {

struct RunOptions {
  std::vector<std::string> inputs;  // "name=file.npy", or "file.npy" for the only input
  bool as_picture =
      false;  // files are pictures, or u8 arrays [H, W, 3]: fitted and normalised by the contract
  std::string save;           // folder for <output>.npy; empty: not saved
  bool raw = false;           // integer outputs as they are stored, not dequantized
  bool keep_tensors = false;  // with `save`: what every record makes too, as tensor_<index>.npy
  bool hashes = false;        // a hash of every record's outputs
  int threads = 1;
};

struct RecordHash {
  size_t index = 0;
  std::string name;  // of the record's first output
  std::string op;
  uint64_t hash = 0;
};

struct RunResult {
  std::vector<runtime::NamedTensor> outputs;
  std::vector<std::string> files;  // written, by output
  std::vector<RecordHash> hashes;
};

// The tensors that `options.inputs` names, one for each input of the model.
[[nodiscard]] Result<std::vector<runtime::NamedTensor>> LoadInputs(const Model& model,
                                                                   const RunOptions& options);

[[nodiscard]] Result<RunResult> Run(const Model& model, const RunOptions& options);

// The name of an output's file: characters outside [A-Za-z0-9._-] become '_'.
[[nodiscard]] std::string FileNameOf(const std::string& output);

}  // namespace plumb
