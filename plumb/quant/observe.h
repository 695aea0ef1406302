// Observation: the ranges that the values of a float graph take on calibration samples.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/ir/graph.h"

namespace plumb::quant {

inline constexpr int kHistogramBins = 2048;

// How the range of a tensor is chosen from what was seen of it (range.h).
enum class Observer {
  kMinMax,      // the whole range
  kPercentile,  // the range that holds the given share of the elements
  kMse,         // the range whose quantization leaves the least squared error
  kKl,          // the range whose quantization loses the least information (kl_range.h)
  kAuto,        // for each tensor, of these, the one that leaves its readers the least error
};

// Of one f32 value over all samples. A channel is an index of the last axis.
struct ValueStats {
  bool seen = false;
  float min = 0, max = 0;                       // of the finite elements
  std::vector<float> channel_min, channel_max;  // one each a channel
  std::vector<double> channel_mean;             // of the finite elements; 0 where there are none
  std::vector<int32_t> channel_min_sample, channel_max_sample;  // that reached it first; -1: none
  std::vector<uint64_t> histogram;  // kHistogramBins bins of equal width over [min, max]
  uint64_t rows = 0;                // elements of one channel, over all samples
  uint64_t count = 0;               // of finite elements
  uint64_t not_finite = 0;
  std::optional<Observer> chosen;  // by ChooseObservers, where Observer::kAuto asked for it

  [[nodiscard]] float BinCentre(int bin) const {
    return min +
           (max - min) * ((static_cast<float>(bin) + 0.5f) / static_cast<float>(kHistogramBins));
  }
};

// The inputs of sample i, in port order. `index` runs from 0 to count - 1; called twice for each.
struct SampleSource {
  size_t count = 0;
  std::function<Result<std::vector<Tensor>>(size_t index)> load;
  // Given the graph's outputs on sample `index`, once for each; may be empty.
  std::function<void(size_t index, std::vector<Tensor> outputs)> outputs = nullptr;
};

// Called with samples done and in total, over both rounds.
using Progress = std::function<void(size_t done, size_t total)>;

// Runs the graph over all samples twice: ranges first, then histograms over the ranges. Stats by ValueId; values that are
// constant or not f32 stay unseen. The result does not depend on `threads`.
[[nodiscard]] Result<std::vector<ValueStats>> Observe(const ir::Graph& graph,
                                                      const SampleSource& samples, int threads,
                                                      const Progress& progress);

}  // namespace plumb::quant
