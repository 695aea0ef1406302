// Integer records evaluated element by element, as docs/arithmetic.md words their rules: the plainest loops, no kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/tensor.h"

namespace plumb::verify {

struct RecordTensor {
  const artifact::TensorInfo* info = nullptr;  // null: an optional input left out
  ConstTensorView view;
};
struct RecordView {
  const artifact::Record* record = nullptr;
  std::vector<RecordTensor> inputs, outputs;
};

// The rule of one record, on what it read. The views must outlive it.
class PlainRecord {
 public:
  // Nothing for kinds that have no rule of their own here: those that pick or move, and float ones.
  [[nodiscard]] static std::optional<PlainRecord> Of(const RecordView& view);

  // Element `i` of output 0, in row-major order: of an s8 or s16 output, and of an f32 one.
  [[nodiscard]] int32_t Integer(int64_t i) const { return integer_(i); }
  [[nodiscard]] float Real(int64_t i) const { return real_(i); }

 private:
  std::function<int32_t(int64_t)> integer_;
  std::function<float(int64_t)> real_;
};

}  // namespace plumb::verify
