#include "plumb/api/auto_hybrid.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "plumb/base/number_text.h"
#include "plumb/lower/graph_runner.h"
#include "plumb/lower/lower.h"
#include "plumb/numerics/scalar_functions.h"
#include "plumb/ops/op_def.h"
#include "plumb/runtime/session.h"
#include "plumb/verify/closeness.h"
#include "plumb/verify/grid_values.h"
#include "plumb/verify/layer_errors.h"

namespace plumb {
namespace {

using Measure = AutoHybridTarget::Measure;

constexpr size_t kAloneSamples = 2;  // that each layer is measured alone on
constexpr size_t kCurveSamples = 4;  // that the curve is measured on
constexpr size_t kCurvePoints = 24;  // about
constexpr std::string_view kHeadForm = "float output";

// Tensors by name, of one run.
using Values = std::map<std::string, std::vector<float>>;

class Search {
 public:
  Search(const AutoHybridRequest& request, std::map<std::string, quant::LayerType>& hybrid)
      : request_(request), hybrid_(hybrid) {}

  Result<AutoHybrid> Run(compile::Compiled& compiled) {
    found_.target = AutoHybridTargetText(request_.target);
    FindLayers(compiled);
    PLUMB_RETURN_IF_ERROR(RunFloat());
    PLUMB_RETURN_IF_ERROR(AddPoint({}, 0, compiled));
    if (request_.target.measure == Measure::kLayers) {
      PLUMB_ASSIGN_OR_RETURN(std::vector<std::string> off, LayersOff(compiled));
      if (!off.empty()) {
        PLUMB_RETURN_IF_ERROR(Promote(std::move(off), 0, compiled));
      }
      found_.met = true;
      return std::move(found_);
    }
    if (!found_.met) {
      PLUMB_RETURN_IF_ERROR(PromoteByError(compiled));
    }
    return std::move(found_);
  }

 private:
  void FindLayers(const compile::Compiled& compiled) {
    for (const quant::LayerNote& note : compiled.quantized.notes) {
      const auto given = hybrid_.find(note.name);
      const bool moves = ops::FindOp(note.op)->quant == ops::QuantKind::kSameGrid;
      if (note.integer && !moves && (given == hybrid_.end())) {
        layers_.push_back(note.name);
      }
      if (note.form.ends_with(kHeadForm) && request_.graph->FindValue(note.name)) {
        watched_.insert(note.name);
      }
    }
    if (watched_.empty()) {
      for (const ir::Output& output : request_.graph->outputs) {
        watched_.insert(request_.graph->value(output.value).name);
      }
    }
    found_.layers = layers_.size();
  }

  Result<Values> Watch(lower::GraphRunner& runner, const ir::Graph& graph, size_t sample) const {
    Values values;
    const auto keep = [&](ir::ValueId id, ConstTensorView tensor) {
      const ir::Value& value = graph.value(id);
      if (!watched_.contains(value.name)) {
        return;
      }
      if (tensor.dtype == DType::kF32 || !value.quantization.empty()) {
        values[value.name] = verify::RealValues(tensor, value.quantization);
      }
    };
    PLUMB_RETURN_IF_ERROR(runner.Run(request_.samples[sample], keep).status());
    return values;
  }

  [[nodiscard]] size_t Samples(size_t most) const {
    return std::min(most, request_.samples.size());
  }

  Status RunFloat() {
    PLUMB_ASSIGN_OR_RETURN(auto runner,
                           lower::GraphRunner::Create(*request_.graph, request_.options.threads));
    for (size_t s = 0; s < Samples(kCurveSamples); ++s) {
      PLUMB_ASSIGN_OR_RETURN(Values values, Watch(runner, *request_.graph, s));
      exact_.push_back(std::move(values));
    }
    return {};
  }

  struct Error {
    double relative = 0;  // mean of the relative error powers
    double cosine = 1;
  };

  // Of the tensors that are watched, against those of the float network.
  Result<Error> ErrorOf(const ir::Graph& integer, size_t samples) const {
    PLUMB_ASSIGN_OR_RETURN(auto runner,
                           lower::GraphRunner::Create(integer, request_.options.threads));
    std::map<std::string, verify::Closeness> closeness;
    for (size_t s = 0; s < Samples(samples); ++s) {
      PLUMB_ASSIGN_OR_RETURN(const Values values, Watch(runner, integer, s));
      for (const auto& [name, found] : values) {
        const auto wanted = exact_[s].find(name);
        if (wanted != exact_[s].end() && wanted->second.size() == found.size()) {
          closeness[name].Add(wanted->second, found);
        }
      }
    }
    if (closeness.empty()) {
      return UsageError(
          "--auto-hybrid finds no tensor to measure at: no head and no output holds real numbers");
    }
    Error error;
    for (const auto& [name, one] : closeness) {
      error.relative += one.signal > 0 ? one.noise / one.signal : 0;
      error.cosine = std::min(error.cosine, one.Cosine());
    }
    error.relative /= static_cast<double>(closeness.size());
    return error;
  }

  Result<compile::Compiled> Compile(std::map<std::string, quant::LayerType> types) const {
    compile::CompileOptions options = request_.options;
    options.quantize.hybrid = std::move(types);
    return compile::CompileObserved(*request_.graph, *request_.stats, options);
  }

  // What this layer in 8 bits leaves when all others have 16.
  Result<double> ErrorAlone(const std::string& layer) const {
    std::map<std::string, quant::LayerType> types = hybrid_;
    for (const std::string& other : layers_) {
      types[other] = other == layer ? quant::LayerType::kInt8 : quant::LayerType::kInt16;
    }
    PLUMB_ASSIGN_OR_RETURN(const compile::Compiled alone, Compile(std::move(types)));
    PLUMB_ASSIGN_OR_RETURN(const Error error, ErrorOf(alone.quantized.graph, kAloneSamples));
    return error.relative;
  }

  Status PromoteByError(compile::Compiled& compiled) {
    PLUMB_ASSIGN_OR_RETURN(const double floor, ErrorAlone(""));
    std::vector<std::pair<double, std::string>> order;
    double all = 0;
    for (const std::string& layer : layers_) {
      PLUMB_ASSIGN_OR_RETURN(const double error, ErrorAlone(layer));
      order.emplace_back(std::max(0.0, error - floor), layer);
      all += order.back().first;
      if (request_.progress) {
        request_.progress(order.size(), layers_.size());
      }
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    const size_t step = std::max<size_t>(1, order.size() / kCurvePoints);
    for (size_t i = 0; i < order.size() && !found_.met; i += step) {
      std::vector<std::string> group;
      double error = 0;
      for (size_t k = i; k < std::min(i + step, order.size()); ++k) {
        group.push_back(order[k].second);
        error += order[k].first;
      }
      PLUMB_RETURN_IF_ERROR(Promote(std::move(group), all > 0 ? error / all : 0, compiled));
    }
    return {};
  }

  // Layers that are beyond the target by themselves.
  Result<std::vector<std::string>> LayersOff(const compile::Compiled& compiled) const {
    PLUMB_ASSIGN_OR_RETURN(const auto reference, lower::Lower(*request_.graph));
    verify::LayerOptions options;
    options.threads = request_.options.threads;
    options.isolated = kAloneSamples;
    PLUMB_ASSIGN_OR_RETURN(
        const verify::LayerReport report,
        verify::MeasureLayers(reference, compiled.program,
                              request_.samples.first(Samples(kAloneSamples)), options));
    const AutoHybridTarget& target = request_.target;
    std::vector<std::string> off;
    for (const verify::LayerError& layer : report.layers) {
      const bool turned = target.layer_cosine && layer.cosine_alone < *target.layer_cosine;
      const bool far = target.layer_euclidean && layer.distance_alone > *target.layer_euclidean;
      if ((turned || far) &&
          std::find(layers_.begin(), layers_.end(), layer.name) != layers_.end()) {
        off.push_back(layer.name);
      }
    }
    return off;
  }

  Status Promote(std::vector<std::string> group, double share, compile::Compiled& compiled) {
    for (const std::string& layer : group) {
      hybrid_[layer] = quant::LayerType::kInt16;
    }
    PLUMB_ASSIGN_OR_RETURN(compile::Compiled better, Compile(hybrid_));
    compiled = std::move(better);
    return AddPoint(std::move(group), share, compiled);
  }

  Status AddPoint(std::vector<std::string> group, double share, const compile::Compiled& compiled) {
    PLUMB_ASSIGN_OR_RETURN(const Error error, ErrorOf(compiled.quantized.graph, kCurveSamples));
    HybridPoint point;
    point.layers = std::move(group);
    point.share = share;
    point.sqnr = error.relative > 0 ? -10 * std::log10(error.relative) : 200;
    point.cosine = error.cosine;
    runtime::SessionOptions options;
    options.threads = request_.options.threads;
    PLUMB_ASSIGN_OR_RETURN(const auto session, runtime::Session::Create(compiled.program, options));
    for (size_t r = 0; r < compiled.program->records.size(); ++r) {
      const runtime::RecordCost cost = session->cost(r);
      point.macs += cost.products == DType::kS8 || cost.products == DType::kS16 ? cost.macs : 0;
      point.macs_16 += cost.products == DType::kS16 ? cost.macs : 0;
    }
    for (const auto& constant : compiled.program->constants) {
      point.bytes += static_cast<int64_t>(constant.bytes);
    }
    // The power of ten and not the logarithm decides: the one of numerics/ has the same bits everywhere.
    const double most = numerics::Pow(10.0F, static_cast<float>(-request_.target.value / 10));
    found_.met = request_.target.measure == Measure::kSqnr ? error.relative <= most
                                                           : point.cosine >= request_.target.value;
    found_.curve.push_back(std::move(point));
    return {};
  }

  const AutoHybridRequest& request_;
  std::map<std::string, quant::LayerType>& hybrid_;
  std::vector<std::string> layers_;  // that may be promoted, in execution order
  std::set<std::string> watched_;    // names of heads or outputs
  std::vector<Values> exact_;        // of the float network, by sample
  AutoHybrid found_;
};

}  // namespace

Result<AutoHybridTarget> AutoHybridTargetFromText(const std::string& text) {
  AutoHybridTarget target;
  std::istringstream parts(text);
  size_t count = 0;
  bool whole_network = false;
  for (std::string part; std::getline(parts, part, ',');) {
    const size_t equals = std::min(part.find('='), part.size());
    const std::string name = part.substr(0, equals);
    double value = 0;
    const bool known =
        name == "sqnr" || name == "cosine" || name == "layer-cosine" || name == "layer-euclidean";
    if (!known || equals == part.size() ||
        !NumberFrom(std::string_view(part).substr(equals + 1), value)) {
      return UsageError("--auto-hybrid ", text,
                        ": expected sqnr=DECIBELS, cosine=NUMBER, layer-cosine=NUMBER, "
                        "layer-euclidean=NUMBER, or the last two with a comma between them");
    }
    if (name.ends_with("cosine") && !(value > 0 && value <= 1)) {
      return UsageError("--auto-hybrid ", text, ": a cosine lies between 0 and 1");
    }
    if (name == "layer-euclidean" && !(value > 0 && std::isfinite(value))) {
      return UsageError("--auto-hybrid ", text, ": a distance is a number above 0");
    }
    whole_network = whole_network || name == "sqnr" || name == "cosine";
    std::optional<double>& own =
        name == "layer-cosine" ? target.layer_cosine : target.layer_euclidean;
    if (++count > 1 && (whole_network || own)) {
      return UsageError("--auto-hybrid ", text,
                        ": only layer-cosine and layer-euclidean go together, once each");
    }
    if (whole_network) {
      target.measure = name == "sqnr" ? Measure::kSqnr : Measure::kCosine;
      target.value = value;
    } else {
      target.measure = Measure::kLayers;
      own = value;
    }
  }
  if (count == 0) {
    return UsageError("--auto-hybrid: expected a target, as in sqnr=35");
  }
  return target;
}

std::string AutoHybridTargetText(const AutoHybridTarget& target) {
  if (target.measure != Measure::kLayers) {
    return StrCat(target.measure == Measure::kSqnr ? "sqnr=" : "cosine=", NumberText(target.value));
  }
  std::string text;
  if (target.layer_cosine) {
    text = "layer-cosine=" + NumberText(*target.layer_cosine);
  }
  if (target.layer_euclidean) {
    text +=
        StrCat(text.empty() ? "" : ",", "layer-euclidean=", NumberText(*target.layer_euclidean));
  }
  return text;
}

Result<AutoHybrid> FindHybrid(const AutoHybridRequest& request, compile::Compiled& compiled,
                              std::map<std::string, quant::LayerType>& hybrid) {
  return Search(request, hybrid).Run(compiled);
}

}  // namespace plumb
