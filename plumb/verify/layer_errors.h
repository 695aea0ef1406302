// Where quantization error is born and how it adds up: every layer alone and accumulated.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/quant/quantize.h"

namespace plumb::verify {

struct LayerError {
  std::string name;  // of the value
  std::string op;
  std::string form;
  double sqnr_alone = 0;  // the layer by itself on the float graph's inputs, dB
  double cosine_alone = 0;
  double sqnr_accumulated = 0;  // the whole integer network up to here, dB
  double cosine_accumulated = 0;
  double outside =
      0;  // share of the float values that lie off the calibrated grid by more than half a step
  double saturated =
      0;  // share of the integers at an end of the grid beyond what the float values explain
};

struct LayerReport {
  std::vector<LayerError> layers;  // integer layers in execution order
  bool finite = true;              // no NaN or infinity in the float network nor in the integer one
  std::string not_finite;          // the first value with one
};

// Called with samples done and in total.
[[nodiscard]] Result<LayerReport> MeasureLayers(const ir::Graph& graph,
                                                const quant::Quantized& quantized,
                                                std::span<const std::vector<Tensor>> samples,
                                                int threads, const quant::Progress& progress);

// The `count` layers to blame first: the lowest SQNR alone.
[[nodiscard]] std::vector<LayerError> GuiltiestLayers(const LayerReport& report, size_t count);

}  // namespace plumb::verify
