#include "plumb/verify/layer_errors.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "plumb/ir/extract.h"
#include "plumb/lower/graph_runner.h"
#include "plumb/numerics/requantize.h"
#include "plumb/verify/closeness.h"

namespace plumb::verify {
namespace {

struct Channels {
  const Quantization& grid;
  size_t inner;  // elements after the grid's axis
  [[nodiscard]] size_t At(size_t i) const {
    return grid.per_channel() ? i / inner % grid.scale.size() : 0;
  }
};

Channels ChannelsOf(const Quantization& grid, std::span<const int64_t> shape) {
  return {grid,
          grid.per_channel()
              ? static_cast<size_t>(NumElements(shape.subspan(static_cast<size_t>(grid.axis) + 1)))
              : 1};
}

// The ends of the integers that activations are held as: s8 or s16.
struct Ends {
  int32_t low, high;
};
Ends EndsOf(DType dtype) { return dtype == DType::kS16 ? Ends{-32768, 32767} : Ends{-128, 127}; }
int32_t IntegerAt(ConstTensorView tensor, size_t i) {
  return tensor.dtype == DType::kS16 ? tensor.data<int16_t>()[i] : tensor.data<int8_t>()[i];
}

std::vector<float> Dequantized(ConstTensorView tensor, const Quantization& grid) {
  if (tensor.dtype == DType::kF32) {  // a layer of integer products whose result stays in float
    return {tensor.data<float>(), tensor.data<float>() + tensor.size()};
  }
  const Channels channels = ChannelsOf(grid, tensor.shape);
  std::vector<float> x(static_cast<size_t>(tensor.size()));
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = channels.At(i);
    x[i] = numerics::Dequantize(IntegerAt(tensor, i), grid.scale[c], grid.zero_point[c]);
  }
  return x;
}

Tensor QuantizedTensor(std::span<const float> x, const ir::TensorType& type,
                       const Quantization& grid) {
  const Shape shape = type.shape();
  const Ends ends = EndsOf(type.dtype);
  Tensor tensor(type.dtype, shape);
  const Channels channels = ChannelsOf(grid, shape);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = channels.At(i);
    const int32_t q =
        numerics::Quantize(x[i], grid.scale[c], grid.zero_point[c], ends.low, ends.high);
    if (type.dtype == DType::kS16) {
      tensor.values<int16_t>()[i] = static_cast<int16_t>(q);
    } else {
      tensor.values<int8_t>()[i] = static_cast<int8_t>(q);
    }
  }
  return tensor;
}

class Measurer {
 public:
  Measurer(const ir::Graph& graph, const quant::Quantized& quantized, int threads)
      : float_graph_(graph), integer_graph_(quantized.graph), threads_(threads) {
    for (const quant::LayerNote& note : quantized.notes) {
      if (note.integer) {
        layers_.push_back({note, {}, {}, 0, 0, 0, 0});
        index_of_[note.name] = layers_.size() - 1;
      }
    }
  }

  Result<LayerReport> Run(std::span<const std::vector<Tensor>> samples,
                          const quant::Progress& progress) {
    PLUMB_ASSIGN_OR_RETURN(auto float_runner, lower::GraphRunner::Create(float_graph_, threads_));
    PLUMB_ASSIGN_OR_RETURN(auto integer_runner,
                           lower::GraphRunner::Create(integer_graph_, threads_));
    for (size_t s = 0; s < samples.size(); ++s) {
      PLUMB_RETURN_IF_ERROR(
          float_runner.Run(samples[s], [&](ir::ValueId v, ConstTensorView t) { Keep(v, t); })
              .status());
      PLUMB_RETURN_IF_ERROR(
          integer_runner
              .Run(samples[s], [&](ir::ValueId v, ConstTensorView t) { Accumulated(v, t); })
              .status());
      for (Layer& layer : layers_) {
        PLUMB_RETURN_IF_ERROR(Alone(layer));
      }
      if (progress) {
        progress(s + 1, samples.size());
      }
    }
    for (const Layer& layer : layers_) {
      const double n = std::max(1.0, layer.elements);
      report_.layers.push_back({layer.note.name, layer.note.op, layer.note.form, layer.alone.Sqnr(),
                                layer.alone.Cosine(), layer.accumulated.Sqnr(),
                                layer.accumulated.Cosine(), layer.outside / n,
                                std::max(0.0, layer.at_end - layer.float_at_end) / n});
    }
    return std::move(report_);
  }

 private:
  struct Layer {
    quant::LayerNote note;
    Closeness alone, accumulated;
    double elements, outside, at_end, float_at_end;
  };

  // Remembers a value of the float run.
  void Keep(ir::ValueId value, ConstTensorView tensor) {
    if (tensor.dtype != DType::kF32) {
      return;
    }
    const float* x = tensor.data<float>();
    std::vector<float>& kept = reference_[float_graph_.value(value).name];
    kept.assign(x, x + tensor.size());
    CheckFinite(kept, float_graph_.value(value).name);
  }

  void CheckFinite(std::span<const float> x, const std::string& name) {
    if (report_.finite &&
        !std::all_of(x.begin(), x.end(), [](float v) { return std::isfinite(v); })) {
      report_.finite = false;
      report_.not_finite = name;
    }
  }

  void Accumulated(ir::ValueId id, ConstTensorView tensor) {
    const ir::Value& value = integer_graph_.value(id);
    if (tensor.dtype == DType::kF32) {
      CheckFinite({tensor.data<float>(), static_cast<size_t>(tensor.size())}, value.name);
    }
    const auto at = index_of_.find(value.name);
    if (at == index_of_.end() || (tensor.dtype != DType::kS8 && tensor.dtype != DType::kS16 &&
                                  tensor.dtype != DType::kF32)) {
      return;
    }
    if (tensor.dtype == DType::kF32) {
      layers_[at->second].accumulated.Add(reference_[value.name], Dequantized(tensor, {}));
      return;
    }
    Layer& layer = layers_[at->second];
    const std::vector<float>& reference = reference_[value.name];
    layer.accumulated.Add(reference, Dequantized(tensor, value.quantization));
    const Channels channels = ChannelsOf(value.quantization, tensor.shape);
    const auto [low, high] = EndsOf(tensor.dtype);
    for (size_t i = 0; i < reference.size(); ++i) {
      const size_t c = channels.At(i);
      const int zero = value.quantization.zero_point[c];
      const float steps = reference[i] / value.quantization.scale[c] + static_cast<float>(zero);
      const int32_t q = IntegerAt(tensor, i);
      const float below = static_cast<float>(low) - 0.5f, above = static_cast<float>(high) + 0.5f;
      layer.outside += steps < below || steps > above;
      // An end much nearer to zero than the other is where a function has its least value (0 of ReLU, -0.28 of SiLU):
      // being there is no saturation.
      const bool low_counts = 2 * (zero - low) >= high - zero,
                 high_counts = 2 * (high - zero) >= zero - low;
      layer.at_end += (low_counts && q == low) || (high_counts && q == high);
      layer.float_at_end +=
          (low_counts && steps < below + 1.0f) || (high_counts && steps > above - 1.0f);
    }
    layer.elements += static_cast<double>(reference.size());
  }

  Status Alone(Layer& layer) {
    std::vector<ir::ValueId> inputs;
    std::vector<Tensor> tensors;
    for (const std::string& name : layer.note.reads) {
      // What the layer reads is its integer form where there is one.
      auto id = integer_graph_.FindValue(name + ".quantized");
      id = id ? id : integer_graph_.FindValue(name);
      const ir::Value& value = integer_graph_.value(*id);
      if (value.type.dtype == DType::kF32 ||
          std::find(inputs.begin(), inputs.end(), *id) != inputs.end()) {
        continue;
      }
      inputs.push_back(*id);
      tensors.push_back(QuantizedTensor(reference_[name], value.type, value.quantization));
    }
    const ir::ValueId output = *integer_graph_.FindValue(layer.note.name);
    PLUMB_ASSIGN_OR_RETURN(const ir::Graph part,
                           ir::Extract(integer_graph_, inputs, std::vector<ir::ValueId>{output}));
    PLUMB_ASSIGN_OR_RETURN(auto runner, lower::GraphRunner::Create(part, threads_));
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> made, runner.Run(tensors));
    layer.alone.Add(reference_[layer.note.name],
                    Dequantized(made[0].view(), integer_graph_.value(output).quantization));
    return {};
  }

  const ir::Graph& float_graph_;
  const ir::Graph& integer_graph_;
  int threads_;
  std::vector<Layer> layers_;
  std::map<std::string, size_t> index_of_;
  std::map<std::string, std::vector<float>> reference_;  // of the current sample
  LayerReport report_;
};

}  // namespace

Result<LayerReport> MeasureLayers(const ir::Graph& graph, const quant::Quantized& quantized,
                                  std::span<const std::vector<Tensor>> samples, int threads,
                                  const quant::Progress& progress) {
  return Measurer(graph, quantized, threads).Run(samples, progress);
}

std::vector<LayerError> GuiltiestLayers(const LayerReport& report, size_t count) {
  std::vector<LayerError> sorted = report.layers;
  std::stable_sort(sorted.begin(), sorted.end(), [](const LayerError& a, const LayerError& b) {
    return a.sqnr_alone < b.sqnr_alone;
  });
  sorted.resize(std::min(count, sorted.size()));
  return sorted;
}

}  // namespace plumb::verify
