#include "plumb/quant/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "plumb/base/edit_distance.h"
#include "plumb/numerics/requantize.h"
#include "plumb/ops/op_def.h"
#include "plumb/quant/function_table.h"
#include "plumb/quant/weights.h"

namespace plumb::quant {
namespace {

using ops::QuantKind;

constexpr std::array<std::pair<FunctionForm, std::string_view>, 3> kForms = {
    {{FunctionForm::kAuto, "auto"},
     {FunctionForm::kTable, "table"},
     {FunctionForm::kFloat, "float"}}};

constexpr std::string_view kFloatOutput = "int8, float output";

constexpr float kLeastMultiplier = 0x1p-60f;
constexpr float kGreatestMultiplier = 0x1p30f;

// Whether storing 8 bits on the grid clamps at least as tightly as the function, for every channel: then nothing is left of
// it to compute. Its bounds are the same for every element (CanBeInteger).
bool StoringClamps(const ir::Graph& graph, const ir::Node& clamp, const Quantization& grid) {
  constexpr float kNone = std::numeric_limits<float>::infinity();
  const auto bound = [&](size_t i, float none) {
    const bool given = i < clamp.inputs.size() && clamp.inputs[i] != ir::kNone;
    return given ? graph.ConstantOf(clamp.inputs[i])->values<float>()[0] : none;
  };
  const float lo = clamp.op == "relu" ? 0.0f : bound(1, -kNone);
  const float hi = clamp.op == "relu" ? kNone : bound(2, kNone);
  for (size_t c = 0; c < grid.scale.size(); ++c) {
    if (numerics::Quantize(lo, grid.scale[c], grid.zero_point[c], -128, 127) != -128 ||
        numerics::Quantize(hi, grid.scale[c], grid.zero_point[c], -128, 127) != 127) {
      return false;
    }
  }
  return true;
}

// "did you mean 'a' or 'b'? ": names that few edits make of the wanted one, or that it is a part of.
std::string Nearest(const std::string& wanted, const std::set<std::string>& known) {
  constexpr size_t kNamed = 3;
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& name : known) {
    const size_t edits = EditDistance(wanted, name);
    if (edits <= std::max<size_t>(2, wanted.size() / 4) || name.find(wanted) != std::string::npos) {
      near.emplace_back(edits, name);
    }
  }
  std::sort(near.begin(), near.end());
  near.resize(std::min(near.size(), kNamed));
  std::string text;
  for (size_t i = 0; i < near.size(); ++i) {
    text += StrCat(i == 0                 ? "did you mean '"
                   : i + 1 == near.size() ? "' or '"
                                          : "', '",
                   near[i].second);
  }
  return near.empty() ? "" : text + "'? ";
}

float ScaleAt(const Quantization& grid, size_t channel) {
  return grid.scale[grid.per_channel() ? channel : 0];
}

class Quantizer {
 public:
  Quantizer(const ir::Graph& graph, const std::vector<ValueStats>& stats,
            const QuantizeOptions& options)
      : from_(graph),
        stats_(stats),
        options_(options),
        wide_(options.grids.activations == DType::kS16) {}

  Result<Quantized> Run() {
    PLUMB_RETURN_IF_ERROR(CheckNames());
    placement_ = Place(from_, options_.keep_float);
    for (const auto& [name, grid] : options_.grids.stated) {
      if (const auto value = from_.FindValue(name)) {
        placement_.stated.insert(*value);
      }
    }
    GridOptions grid_options = options_.grids;
    if (wide_) {
      for (auto& [name, grid] : grid_options.stated) {
        grid = RefinedGrid(grid);
      }
    }
    grid_options.one_scale_for_tails = options_.one_scale_for_outputs;
    PLUMB_ASSIGN_OR_RETURN(grids_, SolveGrids(from_, placement_, stats_, grid_options));
    PLUMB_RETURN_IF_ERROR(CheckHistograms());
    used_.assign(from_.value_count(), StatsUse());
    float_of_.assign(from_.value_count(), ir::kNone);
    integer_of_.assign(from_.value_count(), ir::kNone);
    to_.name = from_.name;
    for (const ir::Input& input : from_.inputs) {
      const ir::ValueId value =
          to_.AddValue(from_.value(input.value).name, from_.value(input.value).type);
      to_.inputs.push_back({value, input.dtype});
      float_of_[static_cast<size_t>(input.value)] = value;
      RoundAsStated(input.value);
    }
    for (ir::NodeId id : from_.Order()) {
      if (!done_.contains(id)) {
        PLUMB_RETURN_IF_ERROR(placement_.integer[static_cast<size_t>(id)] ? EmitInteger(id)
                                                                          : EmitFloat(id));
      }
    }
    for (const ir::Output& output : from_.outputs) {
      to_.outputs.push_back({output.name, OutputValue(output.value), output.dtype});
    }
    const bool histograms = options_.grids.range.observer != Observer::kMinMax;
    for (size_t i = 0; i < used_.size(); ++i) {
      used_[i].channels = !grids_.of[i].empty();
      used_[i].histogram = used_[i].histogram || (histograms && used_[i].channels);
    }
    return Quantized{std::move(to_), std::move(notes_), std::move(used_)};
  }

 private:
  // Names that the user gives must be there: an option without effect is a mistake.
  Status CheckNames() const {
    std::set<std::string> known;
    for (ir::NodeId id : from_.Order()) {
      known.insert(from_.node(id).name);
    }
    for (size_t i = 0; i < from_.value_count(); ++i) {
      known.insert(NameOf(static_cast<ir::ValueId>(i)));
    }
    for (const std::string& name : options_.keep_float) {
      if (!known.contains(name)) {
        return UsageError("--keep-float '", name, "': no layer or tensor has this name; ",
                          Nearest(name, known), "'plumb inspect --layers' lists them");
      }
    }
    for (const auto& [name, factor] : options_.scale_faults) {
      if (!known.contains(name)) {
        return UsageError("--scale-fault '", name, "': no layer or weight has this name; ",
                          Nearest(name, known), "'plumb inspect --layers' lists them");
      }
    }
    return {};
  }

  // Statistics that were kept for another observer may lack what this one reads.
  Status CheckHistograms() const {
    const Observer observer = options_.grids.range.observer;
    for (size_t i = 0; i < grids_.of.size() && observer != Observer::kMinMax; ++i) {
      if (!grids_.of[i].empty() && stats_[i].count > 0 && stats_[i].histogram.empty()) {
        return UsageError("--observer ", ObserverName(observer), " needs the histogram of '",
                          NameOf(static_cast<ir::ValueId>(i)),
                          "', which the given ranges do not hold; calibrate with --calib");
      }
    }
    return {};
  }

  const Quantization& GridOfValue(ir::ValueId value) const {
    return grids_.of[static_cast<size_t>(value)];
  }
  const std::string& NameOf(ir::ValueId value) const { return from_.value(value).name; }

  ir::ValueId CopyConstant(ir::ValueId value) {
    const ir::Value& old = from_.value(value);
    const ir::ValueId copy = to_.AddValue(old.name, old.type);
    to_.value(copy).constant = old.constant;
    to_.value(copy).quantization = old.quantization;
    return copy;
  }

  // The value as the float graph had it, dequantized if it is computed in integers.
  ir::ValueId Float(ir::ValueId value) {
    if (value == ir::kNone) {
      return ir::kNone;
    }
    ir::ValueId& known = float_of_[static_cast<size_t>(value)];
    if (known == ir::kNone) {
      if (from_.IsConstant(value)) {
        known = CopyConstant(value);
      } else {
        known = to_.Emit("dequantize", NameOf(value) + ".dequantized",
                         {integer_of_[static_cast<size_t>(value)]}, {}, from_.value(value).type);
      }
    }
    return known;
  }

  // A value computed in float that the model rounds onto a grid before anything reads it.
  void RoundAsStated(ir::ValueId value) {
    if (!options_.grids.rounded.contains(NameOf(value))) {
      return;
    }
    const ir::ValueId integer = QuantizeNode(value, options_.grids.stated.at(NameOf(value)));
    integer_of_[static_cast<size_t>(value)] = integer;
    float_of_[static_cast<size_t>(value)] = to_.Emit("dequantize", NameOf(value) + ".dequantized",
                                                     {integer}, {}, from_.value(value).type);
  }

  ir::ValueId NewInteger(std::string_view name, const ir::TensorType& type,
                         const Quantization& grid) {
    ir::TensorType integer = type;
    integer.dtype = options_.grids.activations;
    const ir::ValueId value = to_.AddValue(name, integer);
    to_.value(value).quantization = grid;
    return value;
  }

  // The value as int8 on its grid, quantized if it is computed in float.
  ir::ValueId Integer(ir::ValueId value) {
    ir::ValueId& known = integer_of_[static_cast<size_t>(value)];
    if (known == ir::kNone) {
      known = from_.IsConstant(value) ? QuantizedConstant(value)
                                      : QuantizeNode(value, GridOfValue(value));
    }
    return known;
  }

  ir::ValueId QuantizeNode(ir::ValueId value, const Quantization& grid) {
    const ir::ValueId out = NewInteger(NameOf(value) + ".quantized", from_.value(value).type, grid);
    to_.AddNode("quantize", to_.value(out).name, {Float(value)}, {out}, {{"dtype", TypeName()}});
    return out;
  }

  // A constant operand of an elementwise operator: per tensor, on the grid of its own range.
  ir::ValueId QuantizedConstant(ir::ValueId value) {
    const Tensor& tensor = *from_.ConstantOf(value);
    const std::span<const float> x = tensor.values<float>();
    Range range;
    for (float v : x) {
      range = {std::min(range.lo, v), std::max(range.hi, v)};
    }
    if (wide_) {
      const Quantization grid = CentredGridOf(range);
      Tensor s16(DType::kS16, tensor.shape());
      for (size_t i = 0; i < x.size(); ++i) {
        s16.values<int16_t>()[i] =
            static_cast<int16_t>(numerics::Quantize(x[i], grid.scale[0], 0, -32768, 32767));
      }
      return to_.AddConstant(NameOf(value), std::move(s16), grid);
    }
    const Quantization grid = GridOf(range);
    Tensor s8(DType::kS8, tensor.shape());
    for (size_t i = 0; i < x.size(); ++i) {
      s8.values<int8_t>()[i] = static_cast<int8_t>(
          numerics::Quantize(x[i], grid.scale[0], grid.zero_point[0], -128, 127));
    }
    return to_.AddConstant(NameOf(value), std::move(s8), grid);
  }

  // The value on another per-tensor grid.
  Result<ir::ValueId> Rescaled(ir::ValueId value, const Quantization& grid) {
    const ir::ValueId in = Integer(value);
    if (to_.value(in).quantization == grid) {
      return in;
    }
    const ir::ValueId out = NewInteger(NameOf(value) + ".rescaled", from_.value(value).type, grid);
    if (wide_) {
      to_.AddNode("quantize", to_.value(out).name, {Float(value)}, {out}, {{"dtype", TypeName()}});
      return out;
    }
    PLUMB_ASSIGN_OR_RETURN(Tensor table,
                           MakeTable(from_, nullptr, to_.value(in).quantization, grid));
    to_.AddNode("table", to_.value(out).name,
                {in, to_.AddConstant(NameOf(value) + ".rescale_table", std::move(table))}, {out});
    return out;
  }

  void Note(const ir::Node& node, ir::ValueId value, std::string form, std::string reason,
            bool integer) {
    const bool per_channel = integer && form != kFloatOutput && GridOfValue(value).per_channel();
    form = integer && wide_ ? "int16" + form.substr(4) : form;
    LayerNote note{NameOf(value), node.op, std::move(form), std::move(reason),
                   integer,       false,   per_channel,     {}};
    if (integer && options_.model_states_grids) {
      MarkAnew(node, value, note);
    }
    for (ir::ValueId in : node.inputs) {
      if (in != ir::kNone && !from_.IsConstant(in)) {
        note.reads.push_back(NameOf(in));
      }
    }
    notes_.push_back(std::move(note));
  }

  // A layer of a model that comes quantized, on a grid of ours or with weights of ours.
  void MarkAnew(const ir::Node& node, ir::ValueId value, LayerNote& note) const {
    const bool dot = ops::FindOp(node.op)->quant == QuantKind::kDot;
    const bool real = to_.FindValue(NameOf(value)) &&
                      to_.value(*to_.FindValue(NameOf(value))).type.dtype == DType::kF32;
    const bool from_ours = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId in) {
      return in != ir::kNone && !grids_.of[static_cast<size_t>(in)].empty() &&
             !grids_.stated[static_cast<size_t>(in)];
    });
    const std::string why =
        wide_ ? "activations of 16 bits"
        : dot && note.reason.empty() && !from_.value(node.inputs[1]).quantization.empty()
            ? "its weights' grid cannot be kept"
        : !real && !grids_.stated[static_cast<size_t>(value)]
            ? "the model states no 8-bit grid here"
        : from_ours ? "it reads a tensor on a grid that the model does not state"
                    : "";
    if (!why.empty()) {
      note.anew = true;
      note.reason += StrCat(note.reason.empty() ? "" : "; ", "not the original's integers: ", why);
    }
  }

  Status EmitFloat(ir::NodeId id) {
    const ir::Node& node = from_.node(id);
    std::vector<ir::ValueId> inputs, outputs;
    for (ir::ValueId in : node.inputs) {
      inputs.push_back(Float(in));
    }
    for (ir::ValueId out : node.outputs) {
      outputs.push_back(out == ir::kNone ? ir::kNone
                                         : to_.AddValue(NameOf(out), from_.value(out).type));
      if (out != ir::kNone) {
        to_.value(outputs.back()).quantization = from_.value(out).quantization;
        float_of_[static_cast<size_t>(out)] = outputs.back();
      }
    }
    to_.AddNode(node.op, node.name, inputs, outputs, node.attributes, node.origin);
    for (ir::ValueId out : node.outputs) {
      if (out != ir::kNone) {
        RoundAsStated(out);
      }
    }
    Note(node, node.outputs[0], "float", placement_.why_float[static_cast<size_t>(id)], false);
    return {};
  }

  // A node with int8 data inputs and outputs under its own name; constant inputs that are parameters are copied.
  void EmitPlain(const ir::Node& node, std::vector<ir::ValueId> inputs) {
    EmitUnnoted(node, std::move(inputs));
    Note(node, node.outputs[0], "int8", "", true);
  }

  // A sum or product, and the clamp behind it, which makes one layer of the two.
  Status EmitSum(ir::NodeId id, std::vector<ir::ValueId> inputs) {
    const ir::Node& node = from_.node(id);
    const ir::NodeId clamp_id = ClampBehind(from_, placement_, id);
    if (clamp_id == ir::kNone) {
      EmitPlain(node, std::move(inputs));
      return {};
    }
    const ir::Node& clamp = from_.node(clamp_id);
    const Quantization& grid = GridOfValue(clamp.outputs[0]);
    if (wide_) {
      Attributes attributes = node.attributes;
      PLUMB_RETURN_IF_ERROR(SetClamp(clamp, grid, attributes));
      const ir::ValueId last = clamp.outputs[0];
      const ir::ValueId out = NewInteger(NameOf(last), from_.value(last).type, grid);
      to_.AddNode(node.op, node.name, std::move(inputs), {out}, std::move(attributes), node.origin);
      integer_of_[static_cast<size_t>(last)] = out;
      Note(node, last, "int8", "", true);
      done_.insert(clamp_id);
      return {};
    }
    EmitUnnoted(node, std::move(inputs));
    PLUMB_ASSIGN_OR_RETURN(Tensor table, MakeTable(from_, &clamp, grid, grid));
    EmitTable(clamp, integer_of_[static_cast<size_t>(node.outputs[0])], std::move(table));
    Note(node, clamp.outputs[0], "int8", "", true);
    done_.insert(clamp_id);
    return {};
  }

  // clamp_lo and clamp_hi that do on the grid what the function does: where its ends go.
  Status SetClamp(const ir::Node& clamp, const Quantization& grid, Attributes& attributes) {
    const std::vector<float> ends = {numerics::Dequantize(-32768, grid.scale[0], 0),
                                     numerics::Dequantize(32767, grid.scale[0], 0)};
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> to, EvaluateFunction(from_, clamp, ends));
    for (size_t i = 0; i < 2; ++i) {
      attributes.Set(i == 0 ? "clamp_lo" : "clamp_hi",
                     int64_t{numerics::Quantize(to[i], grid.scale[0], 0, -32768, 32767)});
    }
    return {};
  }

  void EmitUnnoted(const ir::Node& node, std::vector<ir::ValueId> inputs) {
    std::vector<ir::ValueId> outputs;
    for (ir::ValueId out : node.outputs) {
      outputs.push_back(out == ir::kNone
                            ? ir::kNone
                            : NewInteger(NameOf(out), from_.value(out).type, GridOfValue(out)));
      if (out != ir::kNone) {
        integer_of_[static_cast<size_t>(out)] = outputs.back();
      }
    }
    to_.AddNode(node.op, node.name, std::move(inputs), std::move(outputs), node.attributes,
                node.origin);
  }

  Status EmitInteger(ir::NodeId id) {
    const ir::Node& node = from_.node(id);
    std::vector<ir::ValueId> inputs;
    switch (ops::FindOp(node.op)->quant) {
      case QuantKind::kDot:
        return EmitDot(id);
      case QuantKind::kTable: {
        if (wide_) {
          EmitThroughFloat(node);
          return {};
        }
        PLUMB_ASSIGN_OR_RETURN(Tensor table, MakeTable(from_, &node, GridOfValue(node.inputs[0]),
                                                       GridOfValue(node.outputs[0])));
        EmitTable(node, Integer(node.inputs[0]), std::move(table));
        Note(node, node.outputs[0], "int8, table", "", true);
        return {};
      }
      case QuantKind::kConcat:
        for (ir::ValueId in : node.inputs) {
          if (GridOfValue(node.outputs[0]).per_channel()) {
            inputs.push_back(Integer(in));
          } else {
            PLUMB_ASSIGN_OR_RETURN(ir::ValueId rescaled,
                                   Rescaled(in, GridOfValue(node.outputs[0])));
            inputs.push_back(rescaled);
          }
        }
        EmitPlain(node, std::move(inputs));
        return {};
      case QuantKind::kAdd:
      case QuantKind::kMul:
        for (ir::ValueId in : node.inputs) {
          inputs.push_back(Integer(in));
        }
        return EmitSum(id, std::move(inputs));
      case QuantKind::kSameGrid:
        if (wide_ && (node.op == "reduce_max" || node.op == "reduce_min")) {
          EmitThroughFloat(node);
          return {};
        }
        // A model may state another grid for what is moved: the move itself is the same on both.
        if (node.outputs.size() == 1 && placement_.stated.contains(node.outputs[0])) {
          PLUMB_ASSIGN_OR_RETURN(ir::ValueId rescaled,
                                 Rescaled(node.inputs[0], GridOfValue(node.outputs[0])));
          inputs.push_back(rescaled);
        } else {
          inputs.push_back(Integer(node.inputs[0]));
        }
        EmitMoved(node, std::move(inputs));
        return {};
      default:  // average: input 0 is data, what follows are parameters
        if (wide_) {
          EmitThroughFloat(node);
          return {};
        }
        inputs.push_back(Integer(node.inputs[0]));
        EmitMoved(node, std::move(inputs));
        return {};
    }
  }

  // A function or mean of 16-bit numbers: dequantized, computed in float, rounded onto its grid.
  void EmitThroughFloat(const ir::Node& node) {
    EmitFloatFunction(node, Float(node.inputs[0]));
    Note(node, node.outputs[0], "int8, float function", "", true);
  }

  // `inputs` holds the data; parameters follow.
  void EmitMoved(const ir::Node& node, std::vector<ir::ValueId> inputs) {
    for (size_t i = 1; i < node.inputs.size(); ++i) {
      inputs.push_back(Float(node.inputs[i]));
    }
    EmitPlain(node, std::move(inputs));
  }

  void EmitTable(const ir::Node& node, ir::ValueId in, Tensor table) {
    const ir::ValueId value = node.outputs[0];
    const ir::ValueId out = NewInteger(NameOf(value), from_.value(value).type, GridOfValue(value));
    to_.AddNode("table", node.name,
                {in, to_.AddConstant(NameOf(value) + ".table", std::move(table))}, {out}, {},
                node.origin);
    integer_of_[static_cast<size_t>(value)] = out;
  }

  // Whether `count` elements from `first` on are zero: of integers, that their bytes are.
  static bool IsZero(const Tensor& tensor, size_t first, size_t count) {
    const size_t size = DTypeSize(tensor.dtype());
    const auto* bytes = static_cast<const std::byte*>(tensor.raw()) + first * size;
    return std::all_of(bytes, bytes + count * size, [](std::byte b) { return b == std::byte{0}; });
  }

  std::string TypeName() const { return std::string(DTypeName(options_.grids.activations)); }

  Result<Tensor> Multipliers(const QuantizedWeights& weights, const Quantization& input,
                             bool depthwise, const Quantization* output, float fault,
                             const std::string& layer) {
    Tensor m(DType::kF32, {static_cast<int64_t>(weights.scale.size())});
    const size_t length =
        static_cast<size_t>(weights.weights.size()) / std::max<size_t>(1, weights.scale.size());
    for (size_t o = 0; o < weights.scale.size(); ++o) {
      const float s_x = input.per_channel() ? (depthwise ? input.scale[o] : 1.0f) : input.scale[0];
      float value = s_x * (weights.scale[o] * fault);
      value = output == nullptr ? value : value / ScaleAt(*output, o);
      const bool silent = IsZero(weights.bias, o, 1) && IsZero(weights.weights, o * length, length);
      if (!silent && !(value >= 0 && value <= kGreatestMultiplier)) {
        return InvalidModel(
            "layer '", layer, "': the requantization multiplier of output channel ", o, " is ",
            value, "; expected at most 2^30. Keep this layer in float: --keep-float '", layer, "'");
      }
      // Dead channels: a sum of zeros is zero times any multiplier, and any sum times 2^-60 or less rounds to zero.
      m.values<float>()[o] = std::clamp(value, kLeastMultiplier, kGreatestMultiplier);
    }
    return m;
  }

  // `last`: the value behind the layer's function, by which reports name the layer.
  float FaultOf(const ir::Node& node, ir::ValueId last) const {
    for (const std::string& name :
         {node.name, NameOf(node.outputs[0]), NameOf(node.inputs[1]), NameOf(last)}) {
      if (const auto it = options_.scale_faults.find(name); it != options_.scale_faults.end()) {
        return it->second;
      }
    }
    return 1.0f;
  }

  // A layer whose sums go to float at once: a head (only float operators read it), or one number a channel that nobody reads
  // (a classifier's scores). A class that the samples do not show has no range to speak of, so that a grid for each channel
  // would cut off what it gives when it does show; rounding to eight bits in between would cost accuracy and save nothing.
  bool GivesFloat(ir::ValueId value) const {
    const std::vector<ir::NodeId> readers = from_.Users(value);
    const bool read = std::any_of(readers.begin(), readers.end(), [&](ir::NodeId id) {
      return placement_.integer[static_cast<size_t>(id)];
    });
    const Shape shape = from_.value(value).type.shape();
    const bool flat =
        std::all_of(shape.begin() + 1, shape.end() - 1, [](int64_t size) { return size == 1; });
    const bool head = !readers.empty() && !from_.IsOutput(value);
    return !read && (head || flat) && shape.size() >= 2 && !placement_.stated.contains(value) &&
           !options_.one_scale_for_outputs;
  }

  std::span<const double> InputMean(ir::ValueId value) const {
    const ValueStats& stats = stats_[static_cast<size_t>(value)];
    return options_.correct_bias && stats.seen ? std::span<const double>(stats.channel_mean)
                                               : std::span<const double>();
  }

  // The dot operator, and the function behind it where one can be computed in its epilogue. Emitted unfused; the passes of
  // compile/fuse put them together.
  Status EmitDot(ir::NodeId id) {
    const ir::Node& node = from_.node(id);
    const ir::ValueId conv = node.outputs[0];
    const Quantization& input = GridOfValue(node.inputs[0]);
    const bool depthwise = IsDepthwise(from_, node);
    const Tensor* bias = node.inputs.size() > 2 ? from_.ConstantOf(node.inputs[2]) : nullptr;
    PLUMB_ASSIGN_OR_RETURN(
        QuantizedWeights weights,
        QuantizeWeights(*from_.ConstantOf(node.inputs[1]), bias, input, depthwise,
                        from_.value(node.inputs[1]).quantization, InputMean(node.inputs[0]),
                        static_cast<int>(node.attributes.Int("groups", 1)), NameOf(conv),
                        {options_.grids.activations, options_.weights}));
    const ir::NodeId function_id = FusibleFunction(from_, placement_, id);
    const ir::Node* function = function_id == ir::kNone ? nullptr : &from_.node(function_id);
    const ir::ValueId last = function == nullptr ? conv : function->outputs[0];
    const Quantization& output = GridOfValue(last);

    std::optional<Quantization>
        onto;  // the grid the dot operator itself requantizes onto; none: it gives float
    std::optional<Tensor> table;
    ir::ValueId made_by_dot = conv;
    std::string form = "int8";
    if (function == nullptr && GivesFloat(conv)) {
      form = kFloatOutput;
    } else if (function == nullptr) {
      onto = output;
    } else if (IsClamp(*function) && wide_) {
      onto = output;
      made_by_dot = last;
    } else if (IsClamp(*function) && !output.per_channel()) {
      onto = output;
      PLUMB_ASSIGN_OR_RETURN(table, MakeTable(from_, function, output, output));
    } else if (IsClamp(*function) && StoringClamps(from_, *function, output)) {
      onto = output;
      made_by_dot = last;
    } else if (IsClamp(*function)) {
      form = "int8, float function";  // bounds that differ by channel: before the rounding
    } else {
      PLUMB_RETURN_IF_ERROR(ChooseForm(*function, conv, output, onto, table));
      form = onto ? "int8, table" : "int8, float function";
    }
    PLUMB_ASSIGN_OR_RETURN(Tensor m, Multipliers(weights, input, depthwise, onto ? &*onto : nullptr,
                                                 FaultOf(node, last), NameOf(conv)));
    const std::string kept = weights.kept_grid ? "kept the model's weight grid" : "";
    const std::vector<ir::ValueId> inputs = {
        Integer(node.inputs[0]),
        to_.AddConstant(
            NameOf(node.inputs[1]), std::move(weights.weights),
            Quantization{weights.scale, std::vector<int32_t>(weights.scale.size(), 0), 0}),
        to_.AddConstant(NameOf(conv) + ".bias", std::move(weights.bias)),
        to_.AddConstant(NameOf(conv) + ".multiplier", std::move(m))};
    Attributes attributes = node.attributes;
    attributes.Set("output_dtype", onto ? TypeName() : "f32");
    if (wide_ && onto && made_by_dot != conv) {
      PLUMB_RETURN_IF_ERROR(SetClamp(*function, output, attributes));
    }
    const std::string& name = NameOf(made_by_dot);
    const ir::ValueId made = onto ? NewInteger(name, from_.value(conv).type, *onto)
                                  : to_.AddValue(name, from_.value(conv).type);
    to_.AddNode(node.op, node.name, inputs, {made}, std::move(attributes), node.origin);
    (onto ? integer_of_ : float_of_)[static_cast<size_t>(made_by_dot)] = made;
    Note(node, last, form, kept, true);
    if (function == nullptr) {
      return {};
    }
    done_.insert(function_id);
    if (made_by_dot == last) {
      return {};
    }
    if (table) {
      EmitTable(*function, made, std::move(*table));
    } else {
      EmitFloatFunction(*function, made);
    }
    return {};
  }

  // Form F, unfused: the function in float, then one rounding onto its grid.
  void EmitFloatFunction(const ir::Node& function, ir::ValueId in) {
    const ir::ValueId value = function.outputs[0];
    std::vector<ir::ValueId> inputs = {in};
    for (size_t i = 1; i < function.inputs.size(); ++i) {
      inputs.push_back(Float(function.inputs[i]));
    }
    const ir::ValueId real = to_.AddValue(NameOf(value) + ".real", from_.value(value).type);
    to_.AddNode(function.op, function.name, inputs, {real}, function.attributes, function.origin);
    const ir::ValueId out = NewInteger(NameOf(value), from_.value(value).type, GridOfValue(value));
    to_.AddNode("quantize", to_.value(out).name, {real}, {out}, {{"dtype", TypeName()}});
    integer_of_[static_cast<size_t>(value)] = out;
  }

  Status ChooseForm(const ir::Node& function, ir::ValueId conv, const Quantization& output,
                    std::optional<Quantization>& onto, std::optional<Tensor>& table) {
    if (wide_ || output.per_channel() || options_.form == FunctionForm::kFloat) {
      return {};
    }
    const ValueStats& before = stats_[static_cast<size_t>(conv)];
    if (before.histogram.size() != kHistogramBins) {
      return InvalidModel("layer '", NameOf(conv), "': the calibration holds no histogram of it");
    }
    used_[static_cast<size_t>(conv)].histogram = true;
    PLUMB_ASSIGN_OR_RETURN(TableForm form, FitTableForm(from_, function, before, output));
    if (options_.form == FunctionForm::kTable ||
        form.table_error <= options_.table_error_ratio * form.direct_error) {
      onto = form.mid;
      PLUMB_ASSIGN_OR_RETURN(table, MakeTable(from_, &function, form.mid, output));
    }
    return {};
  }

  ir::ValueId OutputValue(ir::ValueId value) {
    if (options_.one_scale_for_outputs && from_.value(value).type.dtype == DType::kF32) {
      const ValueStats& stats = stats_[static_cast<size_t>(value)];
      const Range range = {stats.min, stats.max};
      return QuantizeNode(value, wide_ ? CentredGridOf(range) : GridOf(range));
    }
    const ir::ValueId integer = integer_of_[static_cast<size_t>(value)];
    return integer != ir::kNone ? integer : Float(value);
  }

  const ir::Graph& from_;
  const std::vector<ValueStats>& stats_;
  const QuantizeOptions& options_;
  bool wide_;  // 16-bit activations
  Placement placement_;
  Grids grids_;
  ir::Graph to_;
  std::vector<ir::ValueId> float_of_, integer_of_;  // by value of from_: its value in to_
  std::set<ir::NodeId> done_;
  std::vector<LayerNote> notes_;
  std::vector<StatsUse> used_;
};

}  // namespace

Result<FunctionForm> FunctionFormFromName(std::string_view name) {
  for (const auto& [form, text] : kForms) {
    if (text == name) {
      return form;
    }
  }
  return UsageError("function form '", name, "' is not known; expected auto, table or float");
}

std::string_view FunctionFormName(FunctionForm form) {
  return kForms[static_cast<size_t>(form)].second;
}

Result<DType> IntegerTypeFromName(std::string_view name) {
  if (name == "int8") {
    return DType::kS8;
  }
  if (name == "int16") {
    return DType::kS16;
  }
  return UsageError("integer type '", name, "' is not known; expected int8 or int16");
}

std::string_view IntegerTypeName(DType type) { return type == DType::kS16 ? "int16" : "int8"; }

Result<Quantized> Quantize(const ir::Graph& graph, const std::vector<ValueStats>& stats,
                           const QuantizeOptions& options) {
  return Quantizer(graph, stats, options).Run();
}

}  // namespace plumb::quant
