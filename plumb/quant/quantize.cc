#include "plumb/quant/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "plumb/base/edit_distance.h"
#include "plumb/numerics/requantize.h"
#include "plumb/ops/op_def.h"
#include "plumb/quant/function_table.h"
#include "plumb/quant/layer_types.h"
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

float ScaleAt(const Quantization& grid, size_t channel) {
  return grid.scale[grid.per_channel() ? channel : 0];
}

class Quantizer {
 public:
  Quantizer(const ir::Graph& graph, const std::vector<ValueStats>& stats,
            const QuantizeOptions& options)
      : from_(graph), stats_(stats), options_(options) {}

  Result<Quantized> Run() {
    PLUMB_RETURN_IF_ERROR(CheckNames());
    placement_ = PlaceAsStated(from_, options_);
    PLUMB_ASSIGN_OR_RETURN(types_, TypesOf(from_, placement_, options_));
    GridOptions grid_options = options_.grids;
    grid_options.one_scale_for_tails = options_.one_scale_for_outputs;
    PLUMB_ASSIGN_OR_RETURN(grids_, SolveGrids(from_, placement_, types_, stats_, grid_options));
    PLUMB_RETURN_IF_ERROR(CheckRanges());
    PLUMB_RETURN_IF_ERROR(CheckHistograms());
    used_.assign(from_.value_count(), StatsUse());
    float_of_.assign(from_.value_count(), ir::kNone);
    integer_of_.assign(from_.value_count(), ir::kNone);
    other_of_.assign(from_.value_count(), ir::kNone);
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
    for (size_t i = 0; i < used_.size(); ++i) {
      const bool reads_histogram = ObserverOf(stats_[i], options_.grids.range) != Observer::kMinMax;
      used_[i].channels = !grids_.of[i].empty();
      used_[i].histogram = used_[i].histogram || (reads_histogram && used_[i].channels);
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
                          DidYouMean(name, known), "'plumb inspect --layers' lists them");
      }
    }
    for (const auto& [name, type] : options_.hybrid) {
      if (!known.contains(name)) {
        return UsageError("--hybrid '", name, "': no layer or tensor has this name; ",
                          DidYouMean(name, known), "'plumb inspect --layers' lists them");
      }
    }
    for (const auto& [name, factor] : options_.scale_faults) {
      if (!known.contains(name)) {
        return UsageError("--scale-fault '", name, "': no layer or weight has this name; ",
                          DidYouMean(name, known), "'plumb inspect --layers' lists them");
      }
    }
    return {};
  }

  // A range that no grid is made of is a mistake.
  Status CheckRanges() const {
    for (const auto& [name, range] : options_.grids.ranges) {
      const auto value = from_.FindValue(name);
      if (!value) {
        std::set<std::string> known;
        for (size_t i = 0; i < from_.value_count(); ++i) {
          known.insert(NameOf(static_cast<ir::ValueId>(i)));
        }
        return UsageError("range of '", name, "': no tensor has this name; ",
                          DidYouMean(name, known), "'plumb inspect --layers' lists them");
      }
      if (!grids_.ranged[static_cast<size_t>(*value)]) {
        return UsageError("range of '", name,
                          "': no grid is made of it: the tensor is computed in float, lies inside "
                          "a layer, or keeps the grid of another. Leave the range out");
      }
    }
    return {};
  }

  // Statistics that were kept for another observer may lack what this one reads.
  Status CheckHistograms() const {
    const bool unchosen = std::ranges::none_of(
        stats_, [](const ValueStats& stats) { return stats.chosen.has_value(); });
    if (options_.grids.range.observer == Observer::kAuto && unchosen &&
        std::ranges::find(grids_.ranged, true) != grids_.ranged.end()) {
      return UsageError(
          "--observer auto: the given ranges do not say what was chosen; calibrate with --calib, "
          "or name an observer");
    }
    for (size_t i = 0; i < grids_.of.size(); ++i) {
      const Observer observer = ObserverOf(stats_[i], options_.grids.range);
      if (observer != Observer::kMinMax && !grids_.of[i].empty() && stats_[i].count > 0 &&
          stats_[i].histogram.empty()) {
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
    if (!options_.grids.rounded.contains(NameOf(value)) || TypeOf(value) == DType::kS16) {
      return;
    }
    const ir::ValueId integer =
        QuantizeNode(value, DType::kS8, options_.grids.stated.at(NameOf(value)));
    integer_of_[static_cast<size_t>(value)] = integer;
    float_of_[static_cast<size_t>(value)] = to_.Emit("dequantize", NameOf(value) + ".dequantized",
                                                     {integer}, {}, from_.value(value).type);
  }

  DType TypeOf(ir::ValueId value) const { return types_.of[static_cast<size_t>(value)]; }
  bool Wide(ir::NodeId id) const { return types_.Wide(from_, id); }

  ir::ValueId NewInteger(std::string_view name, const ir::TensorType& type, DType dtype,
                         const Quantization& grid) {
    ir::TensorType integer = type;
    integer.dtype = dtype;
    const ir::ValueId value = to_.AddValue(name, integer);
    to_.value(value).quantization = grid;
    return value;
  }
  // What a layer makes, in the value's own type and on its grid.
  ir::ValueId NewInteger(ir::ValueId value) {
    return NewInteger(NameOf(value), from_.value(value).type, TypeOf(value), GridOfValue(value));
  }

  // The grid of the value as `dtype`: its own, or the 16-bit one that an 8-bit one widens to.
  Quantization GridAs(ir::ValueId value, DType dtype) const {
    return dtype == TypeOf(value) ? GridOfValue(value) : WidenedGrid(GridOfValue(value));
  }

  // The value as integers of `dtype`: as it is computed, or rounded from its real numbers. No layer of 8 bits reads a value
  // that is held in 16 (LayerTypes::Wide).
  ir::ValueId Integer(ir::ValueId value, DType dtype) {
    if (from_.IsConstant(value)) {
      const auto [made, fresh] = constant_of_.try_emplace({value, dtype}, ir::kNone);
      if (fresh) {
        made->second = QuantizedConstant(value, dtype);
      }
      return made->second;
    }
    ir::ValueId& known =
        (dtype == TypeOf(value) ? integer_of_ : other_of_)[static_cast<size_t>(value)];
    if (known == ir::kNone) {
      known = QuantizeNode(value, dtype, GridAs(value, dtype));
    }
    return known;
  }

  ir::ValueId QuantizeNode(ir::ValueId value, DType dtype, const Quantization& grid) {
    const ir::ValueId out =
        NewInteger(NameOf(value) + ".quantized", from_.value(value).type, dtype, grid);
    to_.AddNode("quantize", to_.value(out).name, {Float(value)}, {out},
                {{"dtype", std::string(DTypeName(dtype))}});
    return out;
  }

  // A constant operand of an elementwise operator: per tensor, on the grid of its own range.
  ir::ValueId QuantizedConstant(ir::ValueId value, DType dtype) {
    const Tensor& tensor = *from_.ConstantOf(value);
    const std::span<const float> x = tensor.values<float>();
    Range range;
    for (float v : x) {
      range = {std::min(range.lo, v), std::max(range.hi, v)};
    }
    if (dtype == DType::kS16) {
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

  // The value on another per-tensor grid, of another type even.
  Result<ir::ValueId> Rescaled(ir::ValueId value, DType dtype, const Quantization& grid) {
    const DType own = TypeOf(value);
    if (own == dtype) {
      const ir::ValueId in = Integer(value, own);
      if (to_.value(in).quantization == grid) {
        return in;
      }
    }
    const ir::ValueId out =
        NewInteger(NameOf(value) + ".rescaled", from_.value(value).type, dtype, grid);
    if (own == DType::kS16 || dtype == DType::kS16) {
      to_.AddNode("quantize", to_.value(out).name, {Float(value)}, {out},
                  {{"dtype", std::string(DTypeName(dtype))}});
      return out;
    }
    const ir::ValueId in = Integer(value, own);
    PLUMB_ASSIGN_OR_RETURN(Tensor table,
                           MakeTable(from_, nullptr, to_.value(in).quantization, grid));
    to_.AddNode("table", to_.value(out).name,
                {in, to_.AddConstant(NameOf(value) + ".rescale_table", std::move(table))}, {out});
    return out;
  }

  void Note(const ir::Node& node, ir::ValueId value, std::string form, std::string reason,
            bool integer) {
    const bool per_channel = integer && form != kFloatOutput && GridOfValue(value).per_channel();
    const bool wide = integer && Wide(from_.value(node.outputs[0]).producer);
    form = wide ? "int16" + form.substr(4) : form;
    LayerNote note{NameOf(value), node.op, std::move(form), std::move(reason),
                   integer,       false,   per_channel,     {}};
    if (integer && options_.model_states_grids) {
      MarkAnew(node, value, wide, note);
    }
    for (ir::ValueId in : node.inputs) {
      if (in != ir::kNone && !from_.IsConstant(in)) {
        note.reads.push_back(NameOf(in));
      }
    }
    notes_.push_back(std::move(note));
  }

  // A layer of a model that comes quantized, on a grid of ours or with weights of ours.
  void MarkAnew(const ir::Node& node, ir::ValueId value, bool wide, LayerNote& note) const {
    const bool dot = ops::FindOp(node.op)->quant == QuantKind::kDot;
    const bool real = to_.FindValue(NameOf(value)) &&
                      to_.value(*to_.FindValue(NameOf(value))).type.dtype == DType::kF32;
    const bool from_ours = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId in) {
      return in != ir::kNone && !grids_.of[static_cast<size_t>(in)].empty() &&
             !grids_.stated[static_cast<size_t>(in)];
    });
    const std::string why =
        wide ? "activations of 16 bits"
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
  Status EmitSum(ir::NodeId id) {
    const ir::Node& node = from_.node(id);
    std::vector<ir::ValueId> inputs;
    const ir::NodeId clamp_id = ClampBehind(from_, placement_, id);
    const ir::ValueId last =
        clamp_id == ir::kNone ? node.outputs[0] : from_.node(clamp_id).outputs[0];
    const bool all_wide = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId in) {
      return in == ir::kNone || from_.IsConstant(in) || TypeOf(in) == DType::kS16;
    });
    if (Wide(id) && !(all_wide && TypeOf(last) == DType::kS16)) {
      EmitSumThroughFloat(node, clamp_id);
      return {};
    }
    for (ir::ValueId in : node.inputs) {
      inputs.push_back(Integer(in, TypeOf(last)));
    }
    if (clamp_id == ir::kNone) {
      EmitPlain(node, std::move(inputs));
      return {};
    }
    const ir::Node& clamp = from_.node(clamp_id);
    const Quantization& grid = GridOfValue(last);
    if (Wide(id)) {
      Attributes attributes = node.attributes;
      PLUMB_RETURN_IF_ERROR(SetClamp(clamp, grid, attributes));
      const ir::ValueId out = NewInteger(last);
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

  // A sum or product of 8-bit and 16-bit numbers (A10), and the clamp behind it.
  void EmitSumThroughFloat(const ir::Node& node, ir::NodeId clamp_id) {
    std::vector<ir::ValueId> inputs;
    for (ir::ValueId in : node.inputs) {
      inputs.push_back(Float(in));
    }
    const ir::ValueId sum = node.outputs[0];
    const ir::ValueId real = to_.Emit(node.op, NameOf(sum) + ".real", std::move(inputs),
                                      node.attributes, from_.value(sum).type, node.origin);
    if (clamp_id == ir::kNone) {
      Round(sum, real);
      Note(node, sum, "int8, float function", "", true);
      return;
    }
    const ir::Node& clamp = from_.node(clamp_id);
    EmitFloatFunction(clamp, real);
    Note(node, clamp.outputs[0], "int8, float function", "", true);
    done_.insert(clamp_id);
  }

  // The value's real numbers, rounded onto its grid.
  void Round(ir::ValueId value, ir::ValueId real) {
    const ir::ValueId out = NewInteger(value);
    to_.AddNode("quantize", to_.value(out).name, {real}, {out},
                {{"dtype", std::string(DTypeName(TypeOf(value)))}});
    integer_of_[static_cast<size_t>(value)] = out;
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
      outputs.push_back(out == ir::kNone ? ir::kNone : NewInteger(out));
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
        if (Wide(id)) {
          EmitThroughFloat(node);
          return {};
        }
        PLUMB_ASSIGN_OR_RETURN(Tensor table, MakeTable(from_, &node, GridOfValue(node.inputs[0]),
                                                       GridOfValue(node.outputs[0])));
        EmitTable(node, Integer(node.inputs[0], DType::kS8), std::move(table));
        Note(node, node.outputs[0], "int8, table", "", true);
        return {};
      }
      case QuantKind::kConcat:
        for (ir::ValueId in : node.inputs) {
          if (GridOfValue(node.outputs[0]).per_channel()) {
            inputs.push_back(Integer(in, DType::kS8));
          } else {
            PLUMB_ASSIGN_OR_RETURN(ir::ValueId rescaled, Rescaled(in, TypeOf(node.outputs[0]),
                                                                  GridOfValue(node.outputs[0])));
            inputs.push_back(rescaled);
          }
        }
        EmitPlain(node, std::move(inputs));
        return {};
      case QuantKind::kAdd:
      case QuantKind::kMul:
        return EmitSum(id);
      case QuantKind::kSameGrid:
        if (Wide(id) && (node.op == "reduce_max" || node.op == "reduce_min")) {
          EmitThroughFloat(node);
          return {};
        }
        // A model may state another grid for what is moved: the move itself is the same on both.
        // So may a pad need one, for its value.
        if (node.outputs.size() == 1 && (placement_.stated.contains(node.outputs[0]) ||
                                         (node.op == "pad" && !(GridOfValue(node.inputs[0]) ==
                                                                GridOfValue(node.outputs[0]))))) {
          PLUMB_ASSIGN_OR_RETURN(
              ir::ValueId rescaled,
              Rescaled(node.inputs[0], TypeOf(node.outputs[0]), GridOfValue(node.outputs[0])));
          inputs.push_back(rescaled);
        } else {
          inputs.push_back(Integer(node.inputs[0], TypeOf(node.inputs[0])));
        }
        EmitMoved(node, std::move(inputs));
        return {};
      default:  // average: input 0 is data, what follows are parameters
        if (Wide(id)) {
          EmitThroughFloat(node);
          return {};
        }
        inputs.push_back(Integer(node.inputs[0], DType::kS8));
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
      inputs.push_back(node.op == "pad" && i == 2 ? PadConstant(node) : Float(node.inputs[i]));
    }
    EmitPlain(node, std::move(inputs));
  }

  // The value of a pad on the grid of what it makes; none for real zero, which is what a pad without one writes.
  ir::ValueId PadConstant(const ir::Node& node) {
    const float value =
        node.inputs[2] == ir::kNone ? 0.0f : from_.ConstantOf(node.inputs[2])->values<float>()[0];
    if (value == 0.0f) {
      return ir::kNone;
    }
    const Quantization& grid = GridOfValue(node.outputs[0]);
    const DType type = TypeOf(node.outputs[0]);
    const bool wide = type == DType::kS16;
    const int32_t q = numerics::Quantize(value, grid.scale[0], grid.zero_point[0],
                                         wide ? -32768 : -128, wide ? 32767 : 127);
    Tensor constant(type, {});
    if (wide) {
      constant.values<int16_t>()[0] = static_cast<int16_t>(q);
    } else {
      constant.values<int8_t>()[0] = static_cast<int8_t>(q);
    }
    return to_.AddConstant(NameOf(node.outputs[0]) + ".pad_value", std::move(constant));
  }

  void EmitTable(const ir::Node& node, ir::ValueId in, Tensor table) {
    const ir::ValueId value = node.outputs[0];
    const ir::ValueId out = NewInteger(value);
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
    const bool wide = Wide(id);
    const DType products = wide ? DType::kS16 : DType::kS8;
    const DType weight_type =
        wide && (options_.weights == DType::kS16 || types_.named_wide[static_cast<size_t>(id)])
            ? DType::kS16
            : DType::kS8;
    const Quantization input = GridAs(node.inputs[0], products);
    const bool depthwise = IsDepthwise(from_, node);
    const Tensor* bias = node.inputs.size() > 2 ? from_.ConstantOf(node.inputs[2]) : nullptr;
    PLUMB_ASSIGN_OR_RETURN(
        QuantizedWeights weights,
        QuantizeWeights(*from_.ConstantOf(node.inputs[1]), bias, input, depthwise,
                        from_.value(node.inputs[1]).quantization, InputMean(node.inputs[0]),
                        static_cast<int>(node.attributes.Int("groups", 1)), NameOf(conv),
                        {products, weight_type, options_.weight_scales}));
    const ir::NodeId function_id = FusibleFunction(from_, placement_, id);
    const ir::Node* function = function_id == ir::kNone ? nullptr : &from_.node(function_id);
    const ir::ValueId last = function == nullptr ? conv : function->outputs[0];
    const Quantization& output = GridOfValue(last);

    std::optional<Quantization>
        onto;  // the grid the dot operator itself requantizes onto; none: it gives float
    std::optional<Tensor> table;
    ir::ValueId made_by_dot = conv;
    std::string form = "int8";
    const bool narrows = wide && TypeOf(last) == DType::kS8;  // sums of 16 bits, rounded to 8
    if (function == nullptr && GivesFloat(conv)) {
      form = kFloatOutput;
    } else if (narrows) {
      form = "int8, float function";
    } else if (function == nullptr) {
      onto = output;
    } else if (IsClamp(*function) && wide) {
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
      if (!wide) {
        PLUMB_RETURN_IF_ERROR(ChooseForm(*function, conv, output, onto, table));
      }
      form = onto ? "int8, table" : "int8, float function";
    }
    PLUMB_ASSIGN_OR_RETURN(Tensor m, Multipliers(weights, input, depthwise, onto ? &*onto : nullptr,
                                                 FaultOf(node, last), NameOf(conv)));
    const std::string kept = weights.kept_grid ? "kept the model's weight grid" : "";
    const std::vector<ir::ValueId> inputs = {
        Integer(node.inputs[0], products),
        to_.AddConstant(
            NameOf(node.inputs[1]), std::move(weights.weights),
            Quantization{weights.scale, std::vector<int32_t>(weights.scale.size(), 0), 0}),
        to_.AddConstant(NameOf(conv) + ".bias", std::move(weights.bias)),
        to_.AddConstant(NameOf(conv) + ".multiplier", std::move(m))};
    Attributes attributes = node.attributes;
    attributes.Set("output_dtype", onto ? std::string(DTypeName(TypeOf(last))) : "f32");
    if (wide && onto && made_by_dot != conv) {
      PLUMB_RETURN_IF_ERROR(SetClamp(*function, output, attributes));
    }
    const bool rounded_after = narrows && function == nullptr && form != kFloatOutput;
    const std::string name = NameOf(made_by_dot) + (rounded_after ? ".real" : "");
    const ir::ValueId made = onto ? NewInteger(name, from_.value(conv).type, TypeOf(last), *onto)
                                  : to_.AddValue(name, from_.value(conv).type);
    to_.AddNode(node.op, node.name, inputs, {made}, std::move(attributes), node.origin);
    if (rounded_after) {
      Round(conv, made);
    } else {
      (onto ? integer_of_ : float_of_)[static_cast<size_t>(made_by_dot)] = made;
    }
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
    Round(value, real);
  }

  Status ChooseForm(const ir::Node& function, ir::ValueId conv, const Quantization& output,
                    std::optional<Quantization>& onto, std::optional<Tensor>& table) {
    if (output.per_channel() || options_.form == FunctionForm::kFloat) {
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
      const DType type = TypeOf(value);
      return QuantizeNode(value, type, type == DType::kS16 ? CentredGridOf(range) : GridOf(range));
    }
    const ir::ValueId integer = integer_of_[static_cast<size_t>(value)];
    return integer != ir::kNone ? integer : Float(value);
  }

  const ir::Graph& from_;
  const std::vector<ValueStats>& stats_;
  const QuantizeOptions& options_;
  Placement placement_;
  LayerTypes types_;
  Grids grids_;
  ir::Graph to_;
  // By value of from_, its value in to_: in float, as integers of its own type, of the other one.
  std::vector<ir::ValueId> float_of_, integer_of_, other_of_;
  std::map<std::pair<ir::ValueId, DType>, ir::ValueId> constant_of_;
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

namespace {
constexpr std::array<std::pair<LayerType, std::string_view>, 3> kLayerTypes = {
    {{LayerType::kInt8, "int8"}, {LayerType::kInt16, "int16"}, {LayerType::kFloat, "float"}}};
}  // namespace

Result<LayerType> LayerTypeFromName(std::string_view name) {
  for (const auto& [type, text] : kLayerTypes) {
    if (text == name) {
      return type;
    }
  }
  return UsageError("type '", name, "' is not known; expected int8, int16 or float");
}

std::string_view LayerTypeName(LayerType type) {
  return kLayerTypes[static_cast<size_t>(type)].second;
}

std::string_view IntegerTypeName(DType type) { return type == DType::kS16 ? "int16" : "int8"; }

Placement PlaceAsStated(const ir::Graph& graph, const QuantizeOptions& options) {
  std::set<std::string> in_float = options.keep_float;
  for (const auto& [name, type] : options.hybrid) {
    if (type == LayerType::kFloat) {
      in_float.insert(name);
    }
  }
  Placement placement = Place(graph, in_float);
  for (const auto& [name, grid] : options.grids.stated) {
    if (const auto value = graph.FindValue(name)) {
      placement.stated.insert(*value);
    }
  }
  return placement;
}

Result<Quantized> Quantize(const ir::Graph& graph, const std::vector<ValueStats>& stats,
                           const QuantizeOptions& options) {
  return Quantizer(graph, stats, options).Run();
}

}  // namespace plumb::quant
