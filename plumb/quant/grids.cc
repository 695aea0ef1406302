#include "plumb/quant/grids.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "plumb/ops/op_def.h"

namespace plumb::quant {
namespace {

using ops::QuantKind;

QuantKind KindOf(const ir::Node& node) { return ops::FindOp(node.op)->quant; }

int RankOf(const ir::Graph& graph, ir::ValueId value) {
  return static_cast<int>(graph.value(value).type.dims.size());
}
int64_t LastDim(const ir::Graph& graph, ir::ValueId value) {
  return graph.value(value).type.dims.back().size;
}

bool OnLastAxis(const ir::Graph& graph, const ir::Node& node) {
  const int rank = RankOf(graph, node.outputs[0]);
  const int64_t axis = node.attributes.Int("axis", 0);
  return (axis < 0 ? axis + rank : axis) == rank - 1;
}

// What a pad writes around its data; nothing when it repeats the data itself.
std::optional<float> PadValue(const ir::Graph& graph, const ir::Node& node) {
  if (node.op != "pad" || node.attributes.String("mode", "constant") != "constant") {
    return std::nullopt;
  }
  const bool given = node.inputs.size() > 2 && node.inputs[2] != ir::kNone;
  return given ? graph.ConstantOf(node.inputs[2])->values<float>()[0] : 0.0f;
}

// Where each channel (index of the last axis) of output `index` of an element-moving node comes from: a channel of its
// input. Nothing when channels are mixed with other axes, so that only a per-tensor grid passes.
std::optional<std::vector<int64_t>> ChannelSource(const ir::Graph& graph, const ir::Node& node,
                                                  size_t index) {
  const ir::ValueId in = node.inputs[0];
  const ir::ValueId out = node.outputs[index];
  if (RankOf(graph, in) == 0 || RankOf(graph, out) == 0) {
    return std::nullopt;
  }
  const int64_t channels = LastDim(graph, out);
  std::vector<int64_t> source(static_cast<size_t>(channels));
  for (int64_t c = 0; c < channels; ++c) {
    source[static_cast<size_t>(c)] = c;
  }
  if (node.op == "max_pool" || node.op == "resize" || node.op == "reduce_max" ||
      node.op == "reduce_min") {
    return channels == LastDim(graph, in) && RankOf(graph, in) == RankOf(graph, out)
               ? std::optional(source)
               : std::nullopt;
  }
  if (node.op == "split" && OnLastAxis(graph, node)) {
    int64_t first = 0;
    for (size_t i = 0; i < index; ++i) {
      first += LastDim(graph, node.outputs[i]);
    }
    for (int64_t& c : source) {
      c += first;
    }
    return source;
  }
  if (node.op == "split") {
    return source;
  }
  if (node.op == "gather" && OnLastAxis(graph, node) && graph.IsConstant(node.inputs[1]) &&
      RankOf(graph, in) == RankOf(graph, out)) {
    const Tensor& indices = *graph.ConstantOf(node.inputs[1]);
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t i = indices.dtype() == DType::kS64
                            ? indices.values<int64_t>()[static_cast<size_t>(c)]
                            : indices.values<int32_t>()[static_cast<size_t>(c)];
      source[static_cast<size_t>(c)] = i < 0 ? i + LastDim(graph, in) : i;
    }
    return source;
  }
  // A stated value is one integer for all channels, real zero too where zero points differ.
  if (node.op == "pad" && channels == LastDim(graph, in) && !PadValue(graph, node)) {
    return source;
  }
  return std::nullopt;
}

class Solver {
 public:
  Solver(const ir::Graph& graph, const Placement& placement, const LayerTypes& types,
         const std::vector<ValueStats>& stats, const GridOptions& options)
      : graph_(graph), placement_(placement), types_(types), stats_(stats), options_(options) {}

  Result<Grids> Solve() {
    order_ = graph_.Order();
    for (const DType type : types_.of) {
      limit_.push_back(type == DType::kS16 ? 1.0f  // one scale a tensor
                                           : std::numeric_limits<float>::max());
    }
    for (const auto& [name, range] : options_.ranges) {
      if (const auto value = graph_.FindValue(name)) {
        LimitTo(*value, 1.0f);  // the range is that of all channels
      }
    }
    range_of_.assign(graph_.value_count(), ir::kNone);
    grids_.of.resize(graph_.value_count());
    grids_.stated.resize(graph_.value_count());
    grids_.ranged.resize(graph_.value_count());
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      LimitInputs(*it);
    }
    for (ir::NodeId id : order_) {
      if (placement_.integer[static_cast<size_t>(id)]) {
        PLUMB_RETURN_IF_ERROR(GiveGrids(id));
      }
    }
    return std::move(grids_);
  }

 private:
  std::vector<bool>::reference IsStated(ir::ValueId value) {
    return grids_.stated[static_cast<size_t>(value)];
  }
  float& Limit(ir::ValueId value) { return limit_[static_cast<size_t>(value)]; }
  void LimitTo(ir::ValueId value, float ratio) { Limit(value) = std::min(Limit(value), ratio); }

  // What this node, as a reader, demands of its inputs' grids.
  void LimitInputs(ir::NodeId id) {
    const ir::Node& node = graph_.node(id);
    if (!placement_.integer[static_cast<size_t>(id)]) {
      // Float readers dequantize, whatever the scales.
      for (ir::ValueId in : node.inputs) {
        if (in != ir::kNone && options_.one_scale_for_tails) {
          LimitTo(in, 1.0f);
        }
      }
      return;
    }
    switch (KindOf(node)) {
      case QuantKind::kDot:
        LimitTo(node.inputs[0], IsDepthwise(graph_, node) ? options_.free_channel_ratio
                                                          : options_.dense_channel_ratio);
        break;
      case QuantKind::kSameGrid: {
        float limit = std::numeric_limits<float>::max();
        for (size_t i = 0; i < node.outputs.size(); ++i) {
          if (node.outputs[i] != ir::kNone) {
            const bool passes =
                ChannelSource(graph_, node, i) && Stated(node.outputs[i]) == nullptr;
            limit = std::min(limit, passes ? Limit(node.outputs[i]) : 1.0f);
          }
        }
        LimitTo(node.inputs[0], limit);
        if (WidensRange(node)) {
          PreferRangeOf(node.inputs[0], node.outputs[0]);
        }
        break;
      }
      case QuantKind::kConcat: {
        const bool passes =
            OnLastAxis(graph_, node) && Stated(node.outputs[0]) == nullptr && OneType(node);
        const float limit = passes ? Limit(node.outputs[0]) : 1.0f;
        for (ir::ValueId in : node.inputs) {
          LimitTo(in, limit);
          if (limit == 1.0f && TypeOf(in) == TypeOf(node.outputs[0])) {
            PreferRangeOf(in, node.outputs[0]);
          }
        }
        break;
      }
      default:
        // A function that a dot operator computes in its epilogue reads an accumulator, not a grid.
        for (ir::ValueId in : node.inputs) {
          if (in != ir::kNone && !graph_.IsConstant(in) && !IsEpilogue(id, in)) {
            LimitTo(in, 1.0f);
          }
        }
    }
  }

  // A pad whose value may lie off the range of its data.
  bool WidensRange(const ir::Node& node) const {
    const std::optional<float> value = PadValue(graph_, node);
    return value && *value != 0.0f && std::isfinite(*value);
  }

  // Whether the pad's value lies off the grid of its data by more than rounding makes it.
  bool IsOffGrid(const ir::Node& node, const Quantization& grid) const {
    const std::optional<float> value = PadValue(graph_, node);
    const bool wide = TypeOf(node.outputs[0]) == DType::kS16;
    const float low =
        grid.scale[0] * static_cast<float>((wide ? -32768 : -128) - grid.zero_point[0]);
    const float high =
        grid.scale[0] * static_cast<float>((wide ? 32767 : 127) - grid.zero_point[0]);
    const float half = grid.scale[0] / 2;
    return value && (*value < low - half || *value > high + half);
  }

  bool IsEpilogue(ir::NodeId function, ir::ValueId input) const {
    if (input == ir::kNone || graph_.IsConstant(input)) {
      return false;
    }
    const ir::NodeId producer = graph_.value(input).producer;
    return producer != ir::kNone && placement_.integer[static_cast<size_t>(producer)] &&
           FusibleFunction(graph_, placement_, producer) == function;
  }

  // A value that only one concatenation reads takes the concatenation's range at once, which saves a rescaling.
  void PreferRangeOf(ir::ValueId value, ir::ValueId concat) {
    while (graph_.OnlyUser(value) != ir::kNone) {
      range_of_[static_cast<size_t>(value)] = concat;
      const ir::NodeId producer = graph_.value(value).producer;
      if (producer == ir::kNone || !placement_.integer[static_cast<size_t>(producer)] ||
          KindOf(graph_.node(producer)) != QuantKind::kSameGrid ||
          graph_.node(producer).outputs.size() != 1) {
        return;
      }
      value = graph_.node(producer).inputs[0];
    }
  }

  DType TypeOf(ir::ValueId value) const { return types_.of[static_cast<size_t>(value)]; }
  // Whether the parts of a concatenation are held as the whole is.
  bool OneType(const ir::Node& concat) const {
    return std::all_of(concat.inputs.begin(), concat.inputs.end(),
                       [&](ir::ValueId in) { return TypeOf(in) == TypeOf(concat.outputs[0]); });
  }

  // The 8-bit grid stated for the value.
  const Quantization* Stated(ir::ValueId value) const {
    const auto stated = options_.stated.find(graph_.value(value).name);
    return stated == options_.stated.end() ? nullptr : &stated->second;
  }
  // A stated grid as the value's type has it.
  Quantization AsHeld(ir::ValueId value, const Quantization& stated) const {
    return TypeOf(value) == DType::kS16 ? WidenedGrid(stated) : stated;
  }

  // The grid stated for the value, or for what its only reader makes of it by moving elements: rounding commutes with that.
  const Quantization* StatedAhead(ir::ValueId value) const {
    const Quantization* stated = Stated(value);
    for (ir::NodeId user = graph_.OnlyUser(value); stated == nullptr && user != ir::kNone;
         user = graph_.OnlyUser(value)) {
      const ir::Node& node = graph_.node(user);
      if (!placement_.integer[static_cast<size_t>(user)] || KindOf(node) != QuantKind::kSameGrid ||
          node.outputs.size() != 1 || node.inputs[0] != value) {
        return nullptr;
      }
      value = node.outputs[0];
      stated = Stated(value);
    }
    return stated;
  }

  Quantization FromStats(ir::ValueId value) {
    if (const Quantization* stated = StatedAhead(value)) {
      return AsHeld(value, *stated);
    }
    ir::ValueId source = range_of_[static_cast<size_t>(value)] == ir::kNone
                             ? value
                             : range_of_[static_cast<size_t>(value)];
    // A concatenation may itself feed another one whose range it takes.
    while (source != value && range_of_[static_cast<size_t>(source)] != ir::kNone) {
      source = range_of_[static_cast<size_t>(source)];
    }
    const ValueStats& stats = stats_[static_cast<size_t>(source)];
    const float ratio = Limit(value);
    if (ratio > 1.0f && source == value && RankOf(graph_, value) > 0 &&
        stats.channel_min.size() == static_cast<size_t>(LastDim(graph_, value))) {
      const float headroom = ratio == std::numeric_limits<float>::max()
                                 ? options_.tail_headroom
                                 : 0.0f;  // no integer reader
      return ChannelGridOf(stats, std::min(ratio, options_.free_channel_ratio),
                           RankOf(graph_, value), headroom);
    }
    grids_.ranged[static_cast<size_t>(source)] = true;
    const auto given = options_.ranges.find(graph_.value(source).name);
    const bool is_given = given != options_.ranges.end();
    if (TypeOf(value) == DType::kS16) {
      return CentredGridOf(is_given ? given->second : ChooseRange16(stats, options_.range));
    }
    return GridOf(is_given ? given->second : ChooseRange(stats, options_.range));
  }

  // The grid of a value that enters the integer part here: computed in float, or a graph input.
  const Quantization& Entry(ir::ValueId value) {
    Quantization& grid = grids_.of[static_cast<size_t>(value)];
    if (grid.empty()) {
      IsStated(value) = StatedAhead(value) != nullptr;
      grid = FromStats(value);
    }
    return grid;
  }

  Status GiveGrids(ir::NodeId id) {
    const ir::Node& node = graph_.node(id);
    for (ir::ValueId in : node.inputs) {
      if (in != ir::kNone && !graph_.IsConstant(in)) {
        Entry(in);
      }
    }
    switch (KindOf(node)) {
      case QuantKind::kSameGrid:
        for (size_t i = 0; i < node.outputs.size(); ++i) {
          if (node.outputs[i] != ir::kNone) {
            // Several outputs stay on the grid of what they are parts of.
            const Quantization* stated =
                node.outputs.size() == 1 ? Stated(node.outputs[i]) : nullptr;
            IsStated(node.outputs[i]) = stated != nullptr || IsStated(node.inputs[0]);
            const Quantization moved =
                stated != nullptr ? AsHeld(node.outputs[i], *stated) : Moved(node, i);
            const bool own = stated == nullptr && WidensRange(node) && IsOffGrid(node, moved);
            IsStated(node.outputs[i]) = IsStated(node.outputs[i]) && !own;
            grids_.of[static_cast<size_t>(node.outputs[i])] =
                own ? FromStats(node.outputs[i]) : moved;
          }
        }
        break;
      case QuantKind::kConcat:
        IsStated(node.outputs[0]) = Stated(node.outputs[0]) != nullptr;
        grids_.of[static_cast<size_t>(node.outputs[0])] = Concatenated(node);
        break;
      case QuantKind::kDot:
        Entry(node.outputs[0]);
        break;
      default:
        // Only a dot operator's epilogue requantizes channel by channel.
        if (!IsEpilogue(id, node.inputs[0])) {
          LimitTo(node.outputs[0], 1.0f);
        }
        if (const ir::NodeId clamp = ClampBehind(graph_, placement_, id); clamp != ir::kNone) {
          const ir::ValueId clamped = graph_.node(clamp).outputs[0];
          LimitTo(clamped, 1.0f);
          grids_.of[static_cast<size_t>(node.outputs[0])] = Entry(clamped);
          IsStated(node.outputs[0]) = IsStated(clamped);
        } else {
          Entry(node.outputs[0]);
        }
    }
    return {};
  }

  Quantization Moved(const ir::Node& node, size_t index) {
    const Quantization& in = grids_.of[static_cast<size_t>(node.inputs[0])];
    if (!in.per_channel()) {
      return in;
    }
    const auto source = ChannelSource(graph_, node, index);
    PLUMB_CHECK(source.has_value())
        << "a per-channel grid reaches " << node.op << " '" << node.name << "'";
    Quantization out;
    out.axis = RankOf(graph_, node.outputs[index]) - 1;
    for (int64_t c : *source) {
      out.scale.push_back(in.scale[static_cast<size_t>(c)]);
      out.zero_point.push_back(in.zero_point[static_cast<size_t>(c)]);
    }
    return out;
  }

  Quantization Concatenated(const ir::Node& node) {
    if (const Quantization* stated = Stated(node.outputs[0])) {
      return AsHeld(node.outputs[0], *stated);
    }
    const Quantization& first = grids_.of[static_cast<size_t>(node.inputs[0])];
    const bool equal = !first.per_channel() && OneType(node) &&
                       std::all_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId in) {
                         return grids_.of[static_cast<size_t>(in)] == first;
                       });
    if (equal) {
      return first;
    }
    if (!OnLastAxis(graph_, node) || !OneType(node)) {
      LimitTo(node.outputs[0], 1.0f);  // every channel holds numbers of all parts
    }
    if (Limit(node.outputs[0]) == 1.0f) {
      return FromStats(node.outputs[0]);
    }
    Quantization out;
    out.axis = RankOf(graph_, node.outputs[0]) - 1;
    for (ir::ValueId in : node.inputs) {
      const Quantization& part = grids_.of[static_cast<size_t>(in)];
      for (int64_t c = 0; c < LastDim(graph_, in); ++c) {
        const auto i = part.per_channel() ? static_cast<size_t>(c) : 0;
        out.scale.push_back(part.scale[i]);
        out.zero_point.push_back(part.zero_point[i]);
      }
    }
    return out;
  }

  const ir::Graph& graph_;
  const Placement& placement_;
  const LayerTypes& types_;
  const std::vector<ValueStats>& stats_;
  const GridOptions& options_;
  std::vector<ir::NodeId> order_;
  std::vector<float> limit_;           // by value: how far apart its channels' scales may lie
  std::vector<ir::ValueId> range_of_;  // by value: the concatenation whose range it takes
  Grids grids_;
};

}  // namespace

bool IsDepthwise(const ir::Graph& graph, const ir::Node& node) {
  if (node.op != "conv") {
    return false;
  }
  const int64_t groups = node.attributes.Int("groups", 1);
  const int64_t channels = LastDim(graph, node.inputs[0]);
  return groups == channels && groups > 1 && LastDim(graph, node.outputs[0]) == channels;
}

ir::NodeId FusibleFunction(const ir::Graph& graph, const Placement& placement, ir::NodeId dot) {
  const ir::Node& node = graph.node(dot);
  if (KindOf(node) != QuantKind::kDot || placement.stated.contains(node.outputs[0])) {
    return ir::kNone;
  }
  const ir::NodeId user = graph.OnlyUser(node.outputs[0]);
  if (user == ir::kNone || !placement.integer[static_cast<size_t>(user)] ||
      KindOf(graph.node(user)) != QuantKind::kTable ||
      graph.node(user).inputs[0] != node.outputs[0]) {
    return ir::kNone;
  }
  return user;
}

bool IsClamp(const ir::Node& node) { return node.op == "relu" || node.op == "clip"; }

ir::NodeId ClampBehind(const ir::Graph& graph, const Placement& placement, ir::NodeId sum) {
  const ir::Node& node = graph.node(sum);
  const ir::NodeId user = graph.OnlyUser(node.outputs[0]);
  const bool combines = KindOf(node) == QuantKind::kAdd || KindOf(node) == QuantKind::kMul;
  const bool clamped = combines && user != ir::kNone && IsClamp(graph.node(user)) &&
                       placement.integer[static_cast<size_t>(user)] &&
                       graph.node(user).inputs[0] == node.outputs[0] &&
                       !placement.stated.contains(node.outputs[0]);
  return clamped ? user : ir::kNone;
}

Result<Grids> SolveGrids(const ir::Graph& graph, const Placement& placement,
                         const LayerTypes& types, const std::vector<ValueStats>& stats,
                         const GridOptions& options) {
  return Solver(graph, placement, types, stats, options).Solve();
}

}  // namespace plumb::quant
