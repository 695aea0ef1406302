#include "plumb/verify/range_fit.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include "plumb/base/number_text.h"

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;

// Of a grid, over all its channels. One with the zero point in the middle says nothing about signs: there, magnitudes count.
struct Range {
  double low = 0, high = 0, step = 0;
  bool magnitudes = false;
};

Range RangeOf(const TensorInfo& info) {
  Range range;
  range.magnitudes = info.dtype == DType::kS16;
  const double least = range.magnitudes ? 0 : -128, most = range.magnitudes ? 32767 : 127;
  for (size_t c = 0; c < info.quantization.scale.size(); ++c) {
    const double scale = info.quantization.scale[c], zero = info.quantization.zero_point[c];
    range.low = std::min(range.low, scale * (least - zero));
    range.high = std::max(range.high, scale * (most - zero));
    range.step = std::max(range.step, scale);
  }
  return range;
}

bool OnlyMoves(const Record& record) {
  return record.op == "quantize" || record.op == "transpose" || record.op == "reshape" ||
         record.op == "pad_channels";
}

// Grids by name, without those of the input.
std::map<std::string, Range> RangesOf(const Program& program) {
  std::vector<bool> is_input(program.tensors.size());
  for (const artifact::Port& port : program.inputs) {
    is_input[static_cast<size_t>(port.tensor)] = true;
  }
  std::map<std::string, Range> ranges;
  for (const Record& record : program.records) {
    const bool moved = OnlyMoves(record) && !record.inputs.empty() && record.inputs[0] >= 0 &&
                       is_input[static_cast<size_t>(record.inputs[0])];
    for (const int32_t t : record.outputs) {
      if (t < 0) {
        continue;
      }
      const TensorInfo& info = program.tensors[static_cast<size_t>(t)];
      if (moved) {
        is_input[static_cast<size_t>(t)] = true;
      } else if ((info.dtype == DType::kS8 || info.dtype == DType::kS16) &&
                 !info.quantization.empty()) {
        ranges[info.name] = RangeOf(info);
      }
    }
  }
  return ranges;
}

struct Seen {
  double low = std::numeric_limits<double>::infinity(),
         high = -std::numeric_limits<double>::infinity();
  double count = 0, outside = 0;
};

}  // namespace

Result<RangeFit> FitRanges(runtime::Session& session, const Program& integers,
                           std::span<const Tensor> inputs) {
  const std::map<std::string, Range> ranges = RangesOf(integers);
  const Program& program = session.program();
  std::map<std::string, Seen> seen;
  for (const Tensor& input : inputs) {
    const TensorView to = session.input(0);
    if (to.dtype != input.dtype() || to.bytes() != input.bytes()) {
      return RangeFit{};
    }
    std::memcpy(to.raw, input.raw(), input.bytes());
    PLUMB_RETURN_IF_ERROR(
        session.Run([&](size_t, const Record& record, std::span<const TensorView> outputs) {
          for (size_t i = 0; i < outputs.size(); ++i) {
            if (outputs[i].raw == nullptr || outputs[i].dtype != DType::kF32) {
              continue;
            }
            const std::string& name = program.tensors[static_cast<size_t>(record.outputs[i])].name;
            const auto found = ranges.find(name);
            if (found == ranges.end()) {
              continue;
            }
            const Range& range = found->second;
            Seen& one = seen[name];
            const float* values = outputs[i].data<float>();
            for (int64_t k = 0; k < outputs[i].size(); ++k) {
              const double v = range.magnitudes ? std::fabs(values[k]) : values[k];
              one.low = std::min(one.low, v);
              one.high = std::max(one.high, v);
              one.outside += v < range.low - range.step / 2 || v > range.high + range.step / 2;
            }
            one.count += static_cast<double>(outputs[i].size());
          }
        }));
  }
  RangeFit fit;
  for (const auto& [name, one] : seen) {
    const Range& range = ranges.at(name);
    const double low = range.magnitudes ? 0 : one.low;
    const double both = std::min(one.high, range.high) - std::max(low, range.low);
    const double either = std::max(one.high, range.high) - std::min(low, range.low);
    if (!(either > 0) || !std::isfinite(either)) {
      continue;
    }
    ++fit.tensors;
    fit.clipped += one.outside / one.count;
    fit.used += std::max(0.0, both) / (range.high - range.low);
    fit.overlap += std::max(0.0, both) / either;
  }
  if (fit.tensors > 0) {
    const auto n = static_cast<double>(fit.tensors);
    fit.clipped /= n, fit.used /= n, fit.overlap /= n;
  }
  return fit;
}

bool FitsClearlyBetter(const RangeFit& fit, const RangeFit& than) {
  // Other pictures than those of the calibration reach half of the ranges and more; a wrong normalization is off by a factor.
  constexpr double kFits = 0.5, kTimes = 1.5;
  constexpr size_t kFewest = 4;
  return std::min(fit.tensors, than.tensors) >= kFewest && fit.overlap >= kFits &&
         fit.overlap >= kTimes * than.overlap;
}

std::string DescribeFit(const RangeFit& fit) {
  return StrCat(FixedText(100 * fit.clipped, 1),
                " % of the values lie beyond the calibrated ranges, ", FixedText(100 * fit.used, 0),
                " % of the ranges are used");
}

}  // namespace plumb::verify
