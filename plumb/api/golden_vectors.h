// Golden vectors of a conversion: which samples become inputs, and what the program makes of them.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/quant/observe.h"
#include "plumb/runtime/session.h"

namespace plumb {

// By vector, in port order; `hash` is not filled in.
using GoldenInputs = std::vector<std::vector<artifact::GoldenInput>>;

inline constexpr size_t kGoldenBudget =
    256 * 1024;  // bytes of the section, when no count is asked for

// Samples by the share of range ends that they reached first: a value counts one, spread over the ends of its channels.
// Most first, equals by index.
[[nodiscard]] std::vector<size_t> SamplesByCoverage(const std::vector<quant::ValueStats>& stats,
                                                    size_t samples);

struct GoldenRequest {
  const artifact::Artifact* artifact = nullptr;             // with program and contracts
  std::span<const quant::ValueStats> input_stats;           // of the program's inputs, port order
  std::vector<size_t> samples;                              // to be taken, best first
  std::function<Result<std::vector<Tensor>>(size_t)> load;  // a sample's inputs, port order
  size_t count = artifact::kMaxGoldenVectors;               // at most
};
// Pictures where the input takes pictures and the samples lie in their range; else noise within what was observed. A network
// that takes no pictures gets one vector.
[[nodiscard]] Result<GoldenInputs> ChooseGoldenInputs(const GoldenRequest& request);

// Runs the artifact's program on the inputs. With `budget`, vectors beyond it are left out, but for the first.
[[nodiscard]] Result<artifact::Golden> MakeGolden(const artifact::Artifact& artifact,
                                                  const GoldenInputs& inputs, int threads,
                                                  std::optional<size_t> budget);

// Outputs in f32, for the decoder: as they are, or dequantized into `storage`.
[[nodiscard]] std::vector<ConstTensorView> OutputsAsF32(const artifact::Program& program,
                                                        std::span<const ConstTensorView> outputs,
                                                        std::vector<Tensor>& storage);

}  // namespace plumb
