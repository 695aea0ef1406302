// NumPy's .npz archives: named tensors. Read only; stored or deflated entries, sizes below 4 GiB.
#pragma once

#include <string>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::pictures {

struct NpzEntry {
  std::string name;  // without ".npy"
  Tensor tensor;
};

// In the archive's order. A file that is no such archive, or is damaged, is a usage error that says what was found.
[[nodiscard]] Result<std::vector<NpzEntry>> ReadNpz(const std::string& path);

}  // namespace plumb::pictures
