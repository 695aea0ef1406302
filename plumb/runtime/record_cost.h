// What one run of a record computes and moves; for reports.
#pragma once

#include <cstdint>
#include <string_view>

#include "plumb/base/cpu.h"
#include "plumb/base/dtype.h"

namespace plumb::runtime {

struct RecordCost {
  // Multiply-adds of the record's definition: taps that fall outside a picture count too.
  int64_t macs = 0;
  DType products = DType::kNone;                // type of what is multiplied; kNone when macs is 0
  int64_t window_height = 0, window_width = 0;  // of a convolution
  bool depthwise = false;
  std::string_view kernel;  // that does the multiplying; empty where none is chosen
  Isa isa = Isa::kScalar;   // of the kernel
  // Whole tensors, each once; constants as the artifact stores them. Filled in by the session.
  int64_t bytes_read = 0, bytes_written = 0;
};

}  // namespace plumb::runtime
