// A function of a layer's t = float(acc) * m and its rounding, as the staircase that they are.
#include <algorithm>
#include <cmath>

#include "plumb/export/onnx/onnx_dot.h"
#include "plumb/export/onnx/onnx_functions.h"

namespace plumb::exporting {
namespace {

// One staircase for each channel of the grid.
Result<StepTable> StepsOf(const DotLayer& l, const Staircased& s) {
  PLUMB_ASSIGN_OR_RETURN(const float slope, SlopeOf(s.r, s.function));
  PLUMB_ASSIGN_OR_RETURN(const FloatFunction f, FunctionOf(s.r, s.function));
  const Quantization& grid = s.grid;
  std::vector<Staircase> stairs;
  for (size_t c = 0; c < l.m.size(); ++c) {
    const size_t at = grid.per_channel() ? c : 0;
    if (stairs.size() <= at) {
      stairs.push_back({grid.scale[at], grid.zero_point[at], {}, 0, slope});
    }
    const float m = std::max(l.m[c], 0x1p-60f);  // a factor of 0 gives t = 0, as this one may
    stairs[at].factors.push_back(m);
    stairs[at].largest = std::max(stairs[at].largest, std::max(l.LargestSum(c), 1.0f) * m);
  }
  std::vector<std::vector<Step>> steps;
  for (const Staircase& one : stairs) {
    if (!std::isfinite(one.largest)) {
      return s.r.Refuse("factors m so large that its sums leave binary32");
    }
    PLUMB_ASSIGN_OR_RETURN(steps.emplace_back(), FindSteps(f, one));
  }
  Result<StepTable> table = MakeStepTable(steps);
  return table.ok() ? table : s.r.Refuse(table.status().message());
}

}  // namespace

// y = Quantize(f(t)) by the steps of that staircase.
Result<std::string> WriteSteps(const DotLayer& l, const Staircased& s, const std::string& t) {
  Emitter& e = l.r.e;
  OnnxGraph& g = e.graph;
  const std::string& name = s.name;
  PLUMB_ASSIGN_OR_RETURN(const StepTable table, StepsOf(l, s));
  std::string scaled =
      g.Add("Mul", {t, OfChannels(l, name + ".factor", table.factor)}, name + ".scaled");
  scaled = g.Add("Add", {scaled, OfChannels(l, name + ".offset", table.offset)}, name + ".shifted");
  scaled = g.Add("Clip",
                 {scaled, g.Scalar(name + ".first", 0.0f),
                  g.Scalar(name + ".last", static_cast<float>(table.bins - 1))},
                 name + ".held");
  std::string cell =
      e.Cast(scaled, DType::kS32, name + ".bin");  // towards zero, and none is negative
  if (table.channels > 1) {
    std::vector<int32_t> first;
    for (int32_t c = 0; c < table.channels; ++c) {
      first.push_back(c * table.bins);
    }
    cell = g.Add("Add", {cell, OfChannels(l, name + ".first_bin", first)}, name + ".cell");
  }
  std::string at = cell;
  if (table.thresholds_per_bin > 0) {
    at =
        g.Add("Mul", {cell, g.Scalar(name + ".rows", table.thresholds_per_bin + 1)}, name + ".row");
  }
  for (const std::vector<float>& row : table.thresholds) {
    const std::string threshold =
        g.Add("Gather", {g.Vector(name + ".thresholds", row), cell}, name + ".threshold");
    const std::string reached = g.Add("GreaterOrEqual", {t, threshold}, name + ".reached");
    at = g.Add("Add", {at, e.Cast(reached, DType::kS32, name + ".step")}, name + ".at");
  }
  return g.Add("Gather", {g.Vector(name + ".values", table.values), at}, name);
}

namespace {

const artifact::Record* ProducerOf(const Emitter& e, int32_t tensor) {
  for (const artifact::Record& record : e.program().records) {
    if (std::find(record.outputs.begin(), record.outputs.end(), tensor) != record.outputs.end()) {
      return &record;
    }
  }
  return nullptr;
}

}  // namespace

Result<bool> WriteQuantizedFunction(const RecordExport& r) {
  Emitter& e = r.e;
  const artifact::Record* unary = ProducerOf(e, r.in(0));
  if (r.qdq() || unary == nullptr || unary->inputs.size() != 1 || unary->inputs[0] < 0 ||
      r.y().dtype != DType::kS8 || FunctionIsExact(unary->op)) {
    return false;
  }
  ExportedRecord unary_how, layer_how;
  const RecordExport function{e, *unary, unary_how};
  const artifact::Record* layer = ProducerOf(e, unary->inputs[0]);
  if (!SlopeOf(function, unary->op).ok() || layer == nullptr ||
      e.error.contains(unary->inputs[0]) ||
      (layer->op != "conv" && layer->op != "fully_connected") ||
      e.info(layer->inputs[0]).dtype != DType::kS8) {
    return false;
  }
  layer_how.op = layer->op;
  PLUMB_ASSIGN_OR_RETURN(const DotLayer l, ReadDotLayer({e, *layer, layer_how}));
  const Order order = e.OrderOf(unary->inputs[0]);
  const Quantization& grid = r.y().quantization;
  const std::vector<int64_t> perm = r.record.attributes.Ints("perm", PlainOrder(order.size()));
  const bool by_channel =
      !grid.per_channel() ||
      DimensionOf(order, perm[static_cast<size_t>(grid.axis)]) == l.channel_dimension;
  if (l.function != "none" || order != l.y_order || !by_channel) {
    return false;
  }
  PLUMB_ASSIGN_OR_RETURN(
      const std::string y,
      WriteSteps(l, {function, unary->op, grid, e.NameOf(r.out())}, e.In(unary->inputs[0], order)));
  e.Out(r.out(), OrderAfter(order, perm), y);
  r.how.nodes = "comparisons";
  return true;
}

}  // namespace plumb::exporting
