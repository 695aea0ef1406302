// Where quantization error is born and how it adds up: every layer alone, accumulated, and what it adds of its own.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::verify {

// Where the error of a layer's output comes from.
enum class ErrorOrigin {
  kNone,      // there is none to speak of: accumulated SQNR of kNoErrorDb or more
  kBorn,      // half of its power or more is the layer's own
  kPassedOn,  // most of it came in with the layer's inputs
};
[[nodiscard]] std::string_view ErrorOriginName(ErrorOrigin origin);  // "none", "born", "passed on"
inline constexpr double kNoErrorDb = 40;  // about what one rounding to 8 bits leaves

struct LayerError {
  std::string name;  // of the tensor in the float network
  std::string op;
  std::string form;       // "int8", "int8, table", "int8, float output", ...
  double sqnr_alone = 0;  // on the float network's inputs, rounded onto their grids; dB
  double cosine_alone = 0;
  double distance_alone =
      0;  // Euclidean, over the elements compared; root mean square of the samples' distances
  double largest_steps = 0;     // greatest error alone, in steps of its grid; 0 for float outputs
  double sqnr_accumulated = 0;  // the whole integer network up to here, dB
  double cosine_accumulated = 0;
  double sqnr_own = 0;   // against the float layer on the integer network's inputs, dB
  double own_share = 0;  // of the accumulated error's power: what is the layer's own
  ErrorOrigin origin = ErrorOrigin::kNone;
  double outside = 0;    // clipped: share of the float values off the grid by more than half a step
  double saturated = 0;  // share of the integers at an end of the grid beyond what the float values
                         // explain
  int levels = 0;        // distinct integers that occur; 0 for float outputs
};

struct LayerReport {
  std::vector<LayerError> layers;  // integer layers in execution order
  int fused_away = 0;      // tensors of the float network that the integer one does not have
  bool finite = true;      // no NaN or infinity in the float network nor in the integer one
  std::string not_finite;  // the first tensor with one
};

struct LayerOptions {
  int threads = 1;
  size_t isolated = 2;  // samples that layers are measured alone on; the others accumulate only
  size_t elements = 0;  // compared of a tensor, spread over all of it; 0: all
  std::function<void(size_t done, size_t total)> progress;
};

// `reference`: the float network unfused, so that its tensors are there to compare with (lower::Lower of the graph).
// Tensors of `integer` are matched by name. `samples`: inputs in port order.
[[nodiscard]] Result<LayerReport> MeasureLayers(std::shared_ptr<const artifact::Program> reference,
                                                std::shared_ptr<const artifact::Program> integer,
                                                std::span<const std::vector<Tensor>> samples,
                                                const LayerOptions& options);

// The `count` layers to blame first: those that add most error of their own.
[[nodiscard]] std::vector<LayerError> GuiltiestLayers(const LayerReport& report, size_t count);

}  // namespace plumb::verify
