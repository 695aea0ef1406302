#include "plumb/quant/choose_observers.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "plumb/lower/graph_runner.h"
#include "plumb/quant/layer_types.h"

namespace plumb::quant {
namespace {

constexpr std::array<Observer, 4> kObservers = {Observer::kMinMax, Observer::kPercentile,
                                                Observer::kMse, Observer::kKl};

// A grid that some of the observers give a tensor.
struct Candidate {
  Quantization grid;
  Observer first;  // of those that give it
  double error = 0;
};

// One reader's result with a tensor rounded onto a candidate's grid.
struct Trial {
  ir::ValueId exact = ir::kNone;  // the same result without the rounding
  Candidate* candidate = nullptr;
  double noise = 0, signal = 0;
};

class Chooser {
 public:
  Chooser(const ir::Graph& graph, const QuantizeOptions& options, std::vector<ValueStats>& stats)
      : from_(graph), options_(options), stats_(stats) {}

  Status Run(const SampleSource& samples, int threads) {
    PLUMB_RETURN_IF_ERROR(FindCandidates());
    if (candidates_.empty()) {
      return {};
    }
    BuildTrials();
    PLUMB_ASSIGN_OR_RETURN(lower::GraphRunner runner, lower::GraphRunner::Create(to_, threads));
    const size_t count = std::min(samples.count, kChoiceSamples);
    for (size_t i = 0; i < count; ++i) {
      PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs,
                             samples.load(i * samples.count / count));
      PLUMB_RETURN_IF_ERROR(
          runner.Run(inputs, [&](ir::ValueId v, ConstTensorView t) { Observe(v, t); }).status());
    }
    for (const auto& [value, trial] : trials_) {
      if (trial.noise > 0) {
        trial.candidate->error += trial.noise / std::max(trial.signal, kLeastSignal);
      }
    }
    for (const auto& [value, candidates] : candidates_) {
      stats_[static_cast<size_t>(value)].chosen =
          std::ranges::min_element(candidates, {}, &Candidate::error)->first;
    }
    return {};
  }

 private:
  static constexpr double kLeastSignal = std::numeric_limits<float>::min();

  Status FindCandidates() {
    placement_ = PlaceAsStated(from_, options_);
    PLUMB_ASSIGN_OR_RETURN(types_, TypesOf(from_, placement_, options_));
    GridOptions whole = options_.grids;
    whole.range.observer = Observer::kMinMax;
    PLUMB_ASSIGN_OR_RETURN(const Grids grids, SolveGrids(from_, placement_, types_, stats_, whole));
    for (size_t i = 0; i < grids.of.size(); ++i) {
      if (!grids.ranged[i] || stats_[i].count == 0) {
        continue;
      }
      std::vector<Candidate>& candidates = candidates_[static_cast<ir::ValueId>(i)];
      for (const Observer observer : kObservers) {
        RangeOptions range = options_.grids.range;
        range.observer = observer;
        const Quantization grid = types_.of[i] == DType::kS16
                                      ? CentredGridOf(ChooseRange16(stats_[i], range))
                                      : GridOf(ChooseRange(stats_[i], range));
        if (std::ranges::find(candidates, grid, &Candidate::grid) == candidates.end()) {
          candidates.push_back({grid, observer});
        }
      }
    }
    return {};
  }

  // The float graph, and behind each node the same node once more for each candidate of each of its inputs.
  void BuildTrials() {
    to_.name = from_.name;
    copy_.assign(from_.value_count(), ir::kNone);
    for (const ir::Input& input : from_.inputs) {
      const ir::Value& value = from_.value(input.value);
      copy_[static_cast<size_t>(input.value)] = to_.AddInput(value.name, value.type);
    }
    for (const ir::NodeId id : from_.Order()) {
      const ir::Node& node = from_.node(id);
      std::vector<ir::ValueId> inputs;
      for (const ir::ValueId in : node.inputs) {
        inputs.push_back(Copied(in));
      }
      const std::vector<ir::ValueId> exact = EmitCopy(node, inputs);
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] != ir::kNone) {
          copy_[static_cast<size_t>(node.outputs[i])] = exact[i];
        }
      }
      if (!placement_.integer[static_cast<size_t>(id)]) {
        continue;
      }
      for (const ir::ValueId in : std::set(node.inputs.begin(), node.inputs.end())) {
        if (const auto found = candidates_.find(in);
            found != candidates_.end() && found->second.size() > 1) {
          for (Candidate& candidate : found->second) {
            EmitTrial(node, in, candidate, exact);
          }
        }
      }
    }
    for (const ir::Output& output : from_.outputs) {
      to_.outputs.push_back({output.name, Copied(output.value), output.dtype});
    }
  }

  ir::ValueId Copied(ir::ValueId value) {
    if (value == ir::kNone) {
      return ir::kNone;
    }
    ir::ValueId& copy = copy_[static_cast<size_t>(value)];
    if (copy == ir::kNone) {
      copy = to_.AddValue(from_.value(value).name, from_.value(value).type);
      to_.value(copy).constant = from_.value(value).constant;
    }
    return copy;
  }

  std::vector<ir::ValueId> EmitCopy(const ir::Node& node, const std::vector<ir::ValueId>& inputs) {
    std::vector<ir::ValueId> outputs;
    for (const ir::ValueId out : node.outputs) {
      outputs.push_back(out == ir::kNone
                            ? ir::kNone
                            : to_.AddValue(from_.value(out).name, from_.value(out).type));
    }
    to_.AddNode(node.op, node.name, inputs, outputs, node.attributes, node.origin);
    return outputs;
  }

  void EmitTrial(const ir::Node& node, ir::ValueId rounded, Candidate& candidate,
                 const std::vector<ir::ValueId>& exact) {
    const ir::Value& value = from_.value(rounded);
    ir::TensorType type = value.type;
    type.dtype = types_.of[static_cast<size_t>(rounded)];
    const ir::ValueId integer = to_.AddValue(value.name, type);
    to_.value(integer).quantization = candidate.grid;
    to_.AddNode("quantize", to_.value(integer).name, {Copied(rounded)}, {integer},
                {{"dtype", std::string(DTypeName(type.dtype))}});
    const ir::ValueId real = to_.Emit("dequantize", value.name, {integer}, {}, value.type);
    std::vector<ir::ValueId> inputs;
    for (const ir::ValueId in : node.inputs) {
      inputs.push_back(in == rounded ? real : Copied(in));
    }
    const std::vector<ir::ValueId> made = EmitCopy(node, inputs);
    for (size_t i = 0; i < made.size(); ++i) {
      if (made[i] != ir::kNone) {
        trials_[made[i]] = {exact[i], &candidate};
        results_[exact[i]];
      }
    }
  }

  void Observe(ir::ValueId value, ConstTensorView tensor) {
    if (tensor.dtype != DType::kF32) {
      return;
    }
    const float* x = tensor.data<float>();
    if (const auto exact = results_.find(value); exact != results_.end()) {
      exact->second.assign(x, x + tensor.size());
    } else if (const auto found = trials_.find(value); found != trials_.end()) {
      Trial& trial = found->second;
      const std::vector<float>& wanted = results_[trial.exact];
      for (size_t i = 0; i < wanted.size(); ++i) {
        const double signal = wanted[i], noise = signal - x[i];
        trial.signal += signal * signal;
        trial.noise += noise * noise;
      }
    }
  }

  const ir::Graph& from_;
  const QuantizeOptions& options_;
  std::vector<ValueStats>& stats_;
  Placement placement_;
  LayerTypes types_;
  std::map<ir::ValueId, std::vector<Candidate>> candidates_;  // by value of from_
  ir::Graph to_;
  std::vector<ir::ValueId> copy_;                      // by value of from_: it in to_
  std::map<ir::ValueId, Trial> trials_;                // by value of to_
  std::map<ir::ValueId, std::vector<float>> results_;  // of the current sample, by value of to_
};

}  // namespace

Status ChooseObservers(const ir::Graph& graph, const QuantizeOptions& options,
                       const SampleSource& samples, int threads, std::vector<ValueStats>& stats) {
  return Chooser(graph, options, stats).Run(samples, threads);
}

}  // namespace plumb::quant
