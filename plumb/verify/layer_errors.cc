#include "plumb/verify/layer_errors.h"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <utility>

#include "plumb/runtime/session.h"
#include "plumb/verify/closeness.h"
#include "plumb/verify/grid_values.h"
#include "plumb/verify/shown_run.h"

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;

bool IsInteger(DType dtype) { return dtype == DType::kS8 || dtype == DType::kS16; }
bool OnGrid(const TensorInfo& info) {
  return IsInteger(info.dtype) && !info.quantization.empty() && info.constant < 0;
}

// The tensor of the float network that an integer tensor stands for.
constexpr std::string_view kQuantized = ".quantized";
std::string_view BaseName(std::string_view name) {
  return name.ends_with(kQuantized) ? name.substr(0, name.size() - kQuantized.size()) : name;
}

struct Layer {
  int32_t tensor = 0;  // in the integer program
  std::string name, op, form;
  Closeness alone, accumulated, own, passed;
  double largest_steps = 0;
  double elements = 0, outside = 0, at_end = 0, float_at_end = 0;
  std::bitset<65536> levels;
  Tensor made;  // by the integer network, of the current sample
};

class Measurer {
 public:
  Measurer(std::shared_ptr<const Program> reference, std::shared_ptr<const Program> integer,
           const LayerOptions& options)
      : reference_program_(std::move(reference)),
        integer_program_(std::move(integer)),
        options_(options) {}

  Result<LayerReport> Run(std::span<const std::vector<Tensor>> samples) {
    FindLayers();
    runtime::SessionOptions session_options;
    session_options.threads = options_.threads;
    session_options.in_place = false;  // what an observer writes is what the next record reads
    PLUMB_ASSIGN_OR_RETURN(reference_,
                           runtime::Session::Create(reference_program_, session_options));
    PLUMB_ASSIGN_OR_RETURN(integer_, runtime::Session::Create(integer_program_, session_options));
    for (size_t s = 0; s < samples.size(); ++s) {
      PLUMB_RETURN_IF_ERROR(Accumulate(samples[s]));
      if (s < options_.isolated) {
        PLUMB_RETURN_IF_ERROR(Isolate(samples[s]));
        isolated_ = s + 1;
        PLUMB_RETURN_IF_ERROR(Explain(samples[s]));
      }
      if (options_.progress) {
        options_.progress(s + 1, samples.size());
      }
    }
    for (const Layer& layer : layers_) {
      report_.layers.push_back(ErrorOf(layer));
    }
    return std::move(report_);
  }

 private:
  // Records with the result of integer arithmetic under the name of a tensor of the float network. A layer's bytes that
  // only the table of its function reads are inside the layer.
  void FindLayers() {
    std::map<std::string_view, const Record*> makers;  // of the float network's tensors
    for (const Record& record : reference_program_->records) {
      for (const int32_t t : record.outputs) {
        if (t >= 0) {
          makers[InfoOf(*reference_program_, t).name] = &record;
        }
      }
    }
    std::map<std::string_view, bool> inputs;
    for (const artifact::Port& port : reference_program_->inputs) {
      inputs[InfoOf(*reference_program_, port.tensor).name] = true;
    }
    const std::vector<bool> inside_layers = InsideLayers(*integer_program_);
    layer_of_.assign(integer_program_->tensors.size(), -1);
    std::map<std::string_view, bool> have;
    for (const Record& record : integer_program_->records) {
      const bool reads_integers =
          std::any_of(record.inputs.begin(), record.inputs.end(),
                      [&](int32_t t) { return t >= 0 && OnGrid(InfoOf(*integer_program_, t)); });
      for (const int32_t t : record.outputs) {
        if (t < 0) {
          continue;
        }
        const TensorInfo& info = InfoOf(*integer_program_, t);
        const std::string_view name = BaseName(info.name);
        have[name] = true;
        const bool known = makers.contains(name) || inputs.contains(name);
        const bool result = OnGrid(info) || (info.dtype == DType::kF32 && reads_integers &&
                                             record.op != "dequantize");
        const auto i = static_cast<size_t>(t);
        const bool inside = OnGrid(info) && inside_layers[i];
        if (!known || !result || inside) {
          continue;
        }
        const auto maker = makers.find(name);
        const bool takes_op = record.op == "table" && maker != makers.end();
        layer_of_[i] = static_cast<int>(layers_.size());
        layers_.push_back({});
        layers_.back().tensor = t;
        layers_.back().name = name;
        layers_.back().op = takes_op ? maker->second->op : record.op;
        layers_.back().form = FormOf(record, info);
        layer_named_.emplace(name, layers_.size() - 1);
      }
    }
    for (const auto& [name, maker] : makers) {
      report_.fused_away += !have.contains(name);
    }
  }

  std::string FormOf(const Record& record, const TensorInfo& output) const {
    DType dtype = output.dtype;
    for (const int32_t t : record.inputs) {
      if (!IsInteger(dtype) && t >= 0) {
        dtype = InfoOf(*integer_program_, t).dtype;
      }
    }
    std::string form = dtype == DType::kS16 ? "int16" : "int8";
    const std::string function = record.attributes.String("function", "");
    if (record.op == "table" || function == "table") {
      form += ", table";
    } else if (!function.empty() && function != "none") {
      form += ", float function";
    }
    return output.dtype == DType::kF32 ? form + ", float output" : form;
  }

  static const TensorInfo& InfoOf(const Program& program, int32_t tensor) {
    return program.tensors[static_cast<size_t>(tensor)];
  }

  void CheckFinite(ConstTensorView tensor, const std::string& name) {
    if (!report_.finite || tensor.dtype != DType::kF32) {
      return;
    }
    const float* x = tensor.data<float>();
    if (!std::all_of(x, x + tensor.size(), [](float v) { return std::isfinite(v); })) {
      report_.finite = false;
      report_.not_finite = name;
    }
  }

  void Keep(const std::string& name, ConstTensorView tensor) {
    if (tensor.dtype == DType::kF32 && layer_named_.contains(name)) {
      values_[name].assign(tensor.data<float>(), tensor.data<float>() + tensor.size());
    }
  }

  // Both networks as they are.
  Status Accumulate(std::span<const Tensor> sample) {
    PLUMB_RETURN_IF_ERROR(FillInputs(*reference_, sample));
    for (size_t i = 0; i < sample.size(); ++i) {
      Keep(InfoOf(*reference_program_, reference_program_->inputs[i].tensor).name,
           std::as_const(sample[i]).view());
    }
    PLUMB_RETURN_IF_ERROR(RunShowing(*reference_, [&](int32_t t, const TensorView& made) {
      const std::string& name = InfoOf(*reference_program_, t).name;
      CheckFinite(made, name);
      Keep(name, made);
    }));
    PLUMB_RETURN_IF_ERROR(FillInputs(*integer_, sample));
    return RunShowing(*integer_, [&](int32_t t, const TensorView& made) {
      CheckFinite(made, InfoOf(*integer_program_, t).name);
      if (Layer* layer = LayerOf(t, made)) {
        layer->made = Tensor(made.dtype, Shape(made.shape.begin(), made.shape.end()));
        std::memcpy(layer->made.raw(), made.raw, made.bytes());
        AddAccumulated(*layer, made);
      }
    });
  }

  // The layer that tensor `t` is the result of, if the float network's is there to compare with.
  Layer* LayerOf(int32_t t, ConstTensorView made) {
    const int index = layer_of_[static_cast<size_t>(t)];
    if (index < 0) {
      return nullptr;
    }
    Layer& layer = layers_[static_cast<size_t>(index)];
    const auto found = values_.find(layer.name);
    const bool same =
        found != values_.end() && found->second.size() == static_cast<size_t>(made.size());
    return same ? &layer : nullptr;
  }

  // The elements that are compared: every n-th, where n has no factor in common with the channels, so that all of these
  // have their turn.
  [[nodiscard]] size_t StepOf(ConstTensorView tensor) const {
    const auto n = static_cast<size_t>(tensor.size());
    if (options_.elements == 0 || n <= options_.elements || tensor.shape.empty()) {
      return 1;
    }
    size_t step = n / options_.elements;
    while (std::gcd(step, static_cast<size_t>(tensor.shape.back())) != 1) {
      ++step;
    }
    return step;
  }

  void AddAccumulated(Layer& layer, ConstTensorView made) {
    const std::vector<float>& wanted = values_[layer.name];
    const Quantization& grid = GridOf(layer);
    const GridChannels channels(grid, made.shape);
    const bool integer = IsInteger(made.dtype);
    const auto [low, high] = EndsOf(made.dtype);
    const float below = static_cast<float>(low) - 0.5f, above = static_cast<float>(high) + 0.5f;
    const size_t step = StepOf(made);
    for (size_t i = 0; i < wanted.size(); i += step) {
      layer.accumulated.Add(wanted[i], RealAt(made, grid, channels, i));
      if (!integer) {
        continue;
      }
      const size_t c = channels.At(i);
      const int zero = grid.zero_point[c];
      const float steps = wanted[i] / grid.scale[c] + static_cast<float>(zero);
      const int32_t q = IntegerAt(made, i);
      layer.levels.set(static_cast<size_t>(q + 32768));
      layer.outside += steps < below || steps > above;
      // An end much nearer to zero than the other is where a function has its least value (0 of ReLU, -0.28 of SiLU):
      // being there is no saturation.
      const bool low_counts = 2 * (zero - low) >= high - zero,
                 high_counts = 2 * (high - zero) >= zero - low;
      layer.at_end += (low_counts && q == low) || (high_counts && q == high);
      layer.float_at_end +=
          (low_counts && steps < below + 1.0f) || (high_counts && steps > above - 1.0f);
      ++layer.elements;
    }
  }

  // The integer network with the float network's values put in the place of every result: each layer alone.
  Status Isolate(std::span<const Tensor> sample) {
    PLUMB_RETURN_IF_ERROR(FillInputs(*integer_, sample));
    return RunShowing(*integer_, [&](int32_t t, const TensorView& made) {
      Layer* layer = LayerOf(t, made);
      if (layer == nullptr) {
        return;
      }
      const std::vector<float>& wanted = values_[layer->name];
      const Quantization& grid = GridOf(*layer);
      const GridChannels channels(grid, made.shape);
      const size_t step = StepOf(made);
      for (size_t i = 0; i < wanted.size(); i += step) {
        const float found = RealAt(made, grid, channels, i);
        layer->alone.Add(wanted[i], found);
        if (IsInteger(made.dtype)) {
          const double steps = std::fabs(wanted[i] - found) / grid.scale[channels.At(i)];
          layer->largest_steps = std::max(layer->largest_steps, steps);
        }
      }
      WriteQuantized(wanted, grid, made);
    });
  }

  // The float network with the integer network's results put in the place of its own: what each layer makes of the inputs
  // that it really gets. The rest of its error is its own.
  Status Explain(std::span<const Tensor> sample) {
    PLUMB_RETURN_IF_ERROR(FillInputs(*reference_, sample));
    for (size_t i = 0; i < sample.size(); ++i) {
      Compare(reference_program_->inputs[i].tensor, reference_->input(i));
    }
    return RunShowing(*reference_, [&](int32_t t, const TensorView& made) { Compare(t, made); });
  }

  void Compare(int32_t tensor, const TensorView& made) {
    const auto found = layer_named_.find(InfoOf(*reference_program_, tensor).name);
    if (found == layer_named_.end() || made.dtype != DType::kF32) {
      return;
    }
    Layer& layer = layers_[found->second];
    const std::vector<float>& wanted = values_[layer.name];
    if (layer.made.size() != made.size() || wanted.size() != static_cast<size_t>(made.size())) {
      return;
    }
    const std::span<float> explained(made.data<float>(), wanted.size());
    const ConstTensorView integer = std::as_const(layer.made).view();
    const Quantization& grid = GridOf(layer);
    const GridChannels channels(grid, integer.shape);
    const size_t step = StepOf(made);
    for (size_t i = 0; i < wanted.size(); i += step) {
      layer.passed.Add(wanted[i], explained[i]);
      layer.own.Add(explained[i], RealAt(integer, grid, channels, i));
    }
    const std::vector<float> real = RealValues(integer, grid);
    std::copy(real.begin(), real.end(), explained.begin());
  }

  [[nodiscard]] const Quantization& GridOf(const Layer& layer) const {
    return InfoOf(*integer_program_, layer.tensor).quantization;
  }

  [[nodiscard]] LayerError ErrorOf(const Layer& layer) const {
    LayerError error;
    error.name = layer.name;
    error.op = layer.op;
    error.form = layer.form;
    error.sqnr_alone = layer.alone.Sqnr();
    error.cosine_alone = layer.alone.Cosine();
    error.distance_alone = std::sqrt(layer.alone.noise / static_cast<double>(isolated_));
    error.largest_steps = layer.largest_steps;
    error.sqnr_accumulated = layer.accumulated.Sqnr();
    error.cosine_accumulated = layer.accumulated.Cosine();
    Closeness own = layer.own;
    own.signal = layer.passed.signal;  // of the float network, whatever the inputs made of it
    error.sqnr_own = own.Sqnr();
    const double both = layer.own.noise + layer.passed.noise;
    error.own_share = both > 0 && std::isfinite(both) ? layer.own.noise / both : 0;
    error.origin = error.sqnr_accumulated >= kNoErrorDb ? ErrorOrigin::kNone
                   : error.own_share >= 0.5             ? ErrorOrigin::kBorn
                                                        : ErrorOrigin::kPassedOn;
    const double n = std::max(1.0, layer.elements);
    error.outside = layer.outside / n;
    error.saturated = std::max(0.0, layer.at_end - layer.float_at_end) / n;
    error.levels = static_cast<int>(layer.levels.count());
    return error;
  }

  std::shared_ptr<const Program> reference_program_, integer_program_;
  const LayerOptions& options_;
  size_t isolated_ = 1;  // samples that layers were measured alone on; 1 where there was none
  std::unique_ptr<runtime::Session> reference_, integer_;
  std::vector<Layer> layers_;
  std::vector<int> layer_of_;  // by tensor of the integer program
  std::map<std::string, size_t, std::less<>> layer_named_;
  std::map<std::string, std::vector<float>, std::less<>>
      values_;  // of the float network, one sample
  LayerReport report_;
};

}  // namespace

std::string_view ErrorOriginName(ErrorOrigin origin) {
  return origin == ErrorOrigin::kNone   ? "none"
         : origin == ErrorOrigin::kBorn ? "born"
                                        : "passed on";
}

Result<LayerReport> MeasureLayers(std::shared_ptr<const Program> reference,
                                  std::shared_ptr<const Program> integer,
                                  std::span<const std::vector<Tensor>> samples,
                                  const LayerOptions& options) {
  return Measurer(std::move(reference), std::move(integer), options).Run(samples);
}

std::vector<LayerError> GuiltiestLayers(const LayerReport& report, size_t count) {
  std::vector<LayerError> sorted = report.layers;
  std::stable_sort(sorted.begin(), sorted.end(), [](const LayerError& a, const LayerError& b) {
    return a.sqnr_own < b.sqnr_own;
  });
  sorted.resize(std::min(count, sorted.size()));
  return sorted;
}

}  // namespace plumb::verify
