#include "plumb/quant/observe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "plumb/lower/graph_runner.h"

namespace plumb::quant {
namespace {

void ObserveRange(ConstTensorView tensor, int32_t sample, ValueStats& stats) {
  const float* x = tensor.data<float>();
  const int64_t n = tensor.size();
  if (n == 0) {
    return;
  }
  const int64_t channels = tensor.shape.empty() ? 1 : tensor.shape.back();
  constexpr float kMax = std::numeric_limits<float>::max();
  if (!stats.seen) {
    stats.seen = true;
    stats.channel_min.assign(static_cast<size_t>(channels), kMax);
    stats.channel_max.assign(static_cast<size_t>(channels), -kMax);
    stats.channel_mean.assign(static_cast<size_t>(channels), 0.0);  // sums, until FinishRange
    stats.channel_min_sample.assign(static_cast<size_t>(channels), -1);
    stats.channel_max_sample.assign(static_cast<size_t>(channels), -1);
  }
  const std::vector<float> low_before = stats.channel_min, high_before = stats.channel_max;
  float* low = stats.channel_min.data();
  float* high = stats.channel_max.data();
  double* sum = stats.channel_mean.data();
  stats.rows += static_cast<uint64_t>(n / channels);
  for (int64_t row = 0; row < n; row += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float v = x[row + c];
      // Comparisons with NaN are false; the infinities are kept out by the bounds.
      low[c] = v < low[c] && v >= -kMax ? v : low[c];
      high[c] = v > high[c] && v <= kMax ? v : high[c];
      sum[c] += v >= -kMax && v <= kMax ? v : 0.0f;
    }
  }
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    if (low[c] < low_before[c]) {
      stats.channel_min_sample[c] = sample;
    }
    if (high[c] > high_before[c]) {
      stats.channel_max_sample[c] = sample;
    }
  }
}

void FinishRange(ValueStats& stats) {
  for (size_t c = 0; c < stats.channel_min.size(); ++c) {
    if (stats.channel_min[c] > stats.channel_max[c]) {  // nothing finite was seen
      stats.channel_min[c] = stats.channel_max[c] = 0;
    }
  }
  if (!stats.channel_min.empty()) {
    stats.min = *std::min_element(stats.channel_min.begin(), stats.channel_min.end());
    stats.max = *std::max_element(stats.channel_max.begin(), stats.channel_max.end());
  }
  stats.histogram.assign(kHistogramBins, 0);
  for (double& mean : stats.channel_mean) {
    mean /= static_cast<double>(stats.rows);
  }
}

void ObserveHistogram(ConstTensorView tensor, ValueStats& stats) {
  const float* x = tensor.data<float>();
  const float width = stats.max - stats.min;
  const float to_bin = width > 0 ? static_cast<float>(kHistogramBins) / width : 0.0f;
  uint64_t not_finite = 0;
  for (int64_t i = 0, n = tensor.size(); i < n; ++i) {
    const float position = (x[i] - stats.min) * to_bin;
    if (!(position >= 0 && position <= static_cast<float>(kHistogramBins))) {
      ++not_finite;
      continue;
    }
    ++stats
          .histogram[static_cast<size_t>(std::min(static_cast<int>(position), kHistogramBins - 1))];
  }
  stats.not_finite += not_finite;
  stats.count += static_cast<uint64_t>(tensor.size()) - not_finite;
}

}  // namespace

Result<std::vector<ValueStats>> Observe(const ir::Graph& graph, const SampleSource& samples,
                                        int threads, const Progress& progress) {
  if (samples.count == 0) {
    return UsageError("calibration needs at least one sample; found none");
  }
  PLUMB_ASSIGN_OR_RETURN(lower::GraphRunner runner, lower::GraphRunner::Create(graph, threads));
  std::vector<ValueStats> stats(graph.value_count());
  size_t done = 0;
  for (bool histogram : {false, true}) {
    for (size_t i = 0; i < samples.count; ++i) {
      PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> inputs, samples.load(i));
      const auto observer = [&](ir::ValueId value, ConstTensorView tensor) {
        if (tensor.dtype == DType::kF32) {
          ValueStats& s = stats[static_cast<size_t>(value)];
          histogram ? ObserveHistogram(tensor, s)
                    : ObserveRange(tensor, static_cast<int32_t>(i), s);
        }
      };
      PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, runner.Run(inputs, observer));
      if (!histogram && samples.outputs) {
        samples.outputs(i, std::move(outputs));
      }
      if (progress) {
        progress(++done, 2 * samples.count);
      }
    }
    if (!histogram) {
      std::for_each(stats.begin(), stats.end(), FinishRange);
    }
  }
  return stats;
}

}  // namespace plumb::quant
