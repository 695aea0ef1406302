// Everything that picks a regular part of a tensor becomes a slice, and slices meet what stands
// before them:
//
//   gather with constant indices in even steps          slice (and, for a single index, a reshape)
//   split of which a part is not read                   a slice for each part that is
//   slice of a slice                                    one slice
//   slice of a concat, within one of its inputs         slice of that input
//   slice of a reshape that splits an axis              slice, in steps, of the axis itself: half
//   of a channel shuffle
#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {
namespace {

// Along one axis: `count` elements from `start`, every `step`-th; step above 0.
struct Range {
  int64_t start;
  int64_t count;
  int64_t step;
  [[nodiscard]] bool Whole(int64_t size) const { return start == 0 && step == 1 && count == size; }
};
using Ranges = std::vector<Range>;  // one for each axis

// Of a slice node with constant parameters and forward steps.
std::optional<Ranges> RangesOf(const ir::Graph& graph, const ir::Node& node) {
  if (node.op != "slice") {
    return std::nullopt;
  }
  const Shape in = ShapeOf(graph, node.inputs[0]);
  const Shape out = ShapeOf(graph, node.outputs[0]);
  const auto starts = ConstantInts(graph, node.inputs[1]);
  const auto optional_ints = [&](size_t i, int64_t first,
                                 int64_t increment) -> std::optional<std::vector<int64_t>> {
    if (i < node.inputs.size() && node.inputs[i] != ir::kNone) {
      return ConstantInts(graph, node.inputs[i]);
    }
    std::vector<int64_t> list(starts ? starts->size() : 0);
    for (size_t k = 0; k < list.size(); ++k) {
      list[k] = first + increment * static_cast<int64_t>(k);
    }
    return list;
  };
  const auto axes = optional_ints(3, 0, 1);
  const auto steps = optional_ints(4, 1, 0);
  if (!starts || !axes || !steps) {
    return std::nullopt;
  }
  Ranges ranges;
  for (int64_t size : in) {
    ranges.push_back({0, size, 1});
  }
  for (size_t i = 0; i < starts->size(); ++i) {
    const auto axis = static_cast<size_t>(NormalAxis((*axes)[i], static_cast<int64_t>(in.size())));
    if ((*steps)[i] <= 0) {
      return std::nullopt;
    }
    const int64_t start = (*starts)[i] < 0 ? (*starts)[i] + in[axis] : (*starts)[i];
    ranges[axis] = {std::clamp<int64_t>(start, 0, in[axis]), out[axis], (*steps)[i]};
  }
  return ranges;
}

Result<ir::ValueId> EmitSlice(ir::Graph& graph, ir::ValueId value, const Ranges& ranges,
                              std::string name, std::string origin) {
  const Shape shape = ShapeOf(graph, value);
  std::vector<int64_t> starts, ends, axes, steps;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const Range& range = ranges[i];
    if (!range.Whole(shape[i])) {
      starts.push_back(range.start);
      ends.push_back(std::min(range.start + range.count * range.step, shape[i]));
      axes.push_back(static_cast<int64_t>(i));
      steps.push_back(range.step);
    }
  }
  if (axes.empty()) {
    return value;
  }
  const ir::ValueId a = AddInts(graph, StrCat(name, ".starts"), starts);
  const ir::ValueId b = AddInts(graph, StrCat(name, ".ends"), ends);
  const ir::ValueId c = AddInts(graph, StrCat(name, ".axes"), axes);
  const ir::ValueId d = AddInts(graph, StrCat(name, ".steps"), steps);
  return EmitTyped(graph, "slice", name, {value, a, b, c, d}, {}, origin);
}

// `value` stands for the node's output from now on.
void Replace(ir::Graph& graph, ir::NodeId id, ir::ValueId value, bool fresh) {
  if (fresh) {
    const Quantization grid = graph.value(graph.node(id).outputs[0]).quantization;
    graph.value(value).quantization = grid;
    ReplaceByFresh(graph, id, value);
  } else {
    ReplaceByExisting(graph, id, value);
  }
}

Result<bool> GatherToSlice(ir::Graph& graph, ir::NodeId id) {
  const ir::Node old = graph.node(id);
  const auto indices = ConstantInts(graph, old.inputs[1]);
  const int64_t index_rank = RankOf(graph, old.inputs[1]);
  if (!indices || indices->empty() || index_rank > 1) {
    return false;
  }
  const Shape in = ShapeOf(graph, old.inputs[0]);
  const auto axis = static_cast<size_t>(
      NormalAxis(old.attributes.Int("axis", 0), static_cast<int64_t>(in.size())));
  const auto at = [&](size_t i) { return NormalAxis((*indices)[i], in[axis]); };
  const int64_t step = indices->size() > 1 ? at(1) - at(0) : 1;
  for (size_t i = 0; i < indices->size(); ++i) {
    if (step <= 0 || at(i) < 0 || at(i) >= in[axis] ||
        at(i) != at(0) + static_cast<int64_t>(i) * step) {
      return false;
    }
  }
  Ranges ranges;
  for (int64_t size : in) {
    ranges.push_back({0, size, 1});
  }
  ranges[axis] = {at(0), static_cast<int64_t>(indices->size()), step};
  PLUMB_ASSIGN_OR_RETURN(ir::ValueId part,
                         EmitSlice(graph, old.inputs[0], ranges, old.name, old.origin));
  bool fresh = part != old.inputs[0];
  if (index_rank == 0) {
    PLUMB_ASSIGN_OR_RETURN(part,
                           EmitReshape(graph, part, ShapeOf(graph, old.outputs[0]), old.name));
    fresh = true;
  }
  Replace(graph, id, part, fresh);
  return true;
}

Result<bool> SplitToSlices(ir::Graph& graph, ir::NodeId id) {
  const ir::Node old = graph.node(id);
  const auto read = [&](ir::ValueId out) {
    return out != ir::kNone && (!graph.Users(out).empty() || graph.IsOutput(out));
  };
  if (std::all_of(old.outputs.begin(), old.outputs.end(), read)) {
    return false;
  }
  const Shape in = ShapeOf(graph, old.inputs[0]);
  const auto axis = static_cast<size_t>(
      NormalAxis(old.attributes.Int("axis", 0), static_cast<int64_t>(in.size())));
  int64_t start = 0;
  for (ir::ValueId out : old.outputs) {
    if (out == ir::kNone) {
      return false;  // its size is not known here
    }
  }
  for (ir::ValueId out : old.outputs) {
    const int64_t size = ShapeOf(graph, out)[axis];
    Ranges ranges;
    for (int64_t s : in) {
      ranges.push_back({0, s, 1});
    }
    ranges[axis] = {start, size, 1};
    start += size;
    if (!read(out)) {
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(const ir::ValueId part, EmitSlice(graph, old.inputs[0], ranges,
                                                             graph.value(out).name, old.origin));
    if (part == old.inputs[0]) {
      graph.ReplaceUses(out, part);
    } else {
      graph.TakeOutput(graph.value(part).producer, 0, out);
    }
  }
  graph.RemoveNode(id);
  return true;
}

Result<bool> SliceOfSlice(ir::Graph& graph, ir::NodeId id, const Ranges& outer) {
  const ir::Node old = graph.node(id);
  const ir::NodeId inner_id = graph.ProducerWithOp(old.inputs[0], "slice");
  if (inner_id == ir::kNone) {
    return false;
  }
  const ir::ValueId source = graph.node(inner_id).inputs[0];
  std::optional<Ranges> both = RangesOf(graph, graph.node(inner_id));
  if (!both) {
    return false;
  }
  for (size_t i = 0; i < outer.size(); ++i) {
    Range& range = (*both)[i];
    range = {range.start + outer[i].start * range.step, outer[i].count, range.step * outer[i].step};
  }
  PLUMB_ASSIGN_OR_RETURN(const ir::ValueId part,
                         EmitSlice(graph, source, *both, old.name, old.origin));
  Replace(graph, id, part, part != source);
  return true;
}

Result<bool> SliceOfConcat(ir::Graph& graph, ir::NodeId id, const Ranges& ranges) {
  const ir::Node old = graph.node(id);
  const ir::NodeId concat = graph.ProducerWithOp(old.inputs[0], "concat");
  if (concat == ir::kNone) {
    return false;
  }
  const auto axis = static_cast<size_t>(NormalAxis(graph.node(concat).attributes.Int("axis", 1),
                                                   static_cast<int64_t>(ranges.size())));
  const Range wanted = ranges[axis];
  if (wanted.count == 0) {
    return false;
  }
  int64_t begin = 0;
  for (ir::ValueId in : graph.node(concat).inputs) {
    const int64_t size = ShapeOf(graph, in)[axis];
    const int64_t last = wanted.start + (wanted.count - 1) * wanted.step;
    if (wanted.start >= begin && last < begin + size) {
      Ranges inside = ranges;
      inside[axis].start -= begin;
      PLUMB_ASSIGN_OR_RETURN(const ir::ValueId part,
                             EmitSlice(graph, in, inside, old.name, old.origin));
      Replace(graph, id, part, part != in);
      return true;
    }
    begin += size;
  }
  return false;
}

// in [..., m*k, ...] -> reshape [..., m, k, ...]: the axis of `in` that is split in two, all others
// being the same.
std::optional<size_t> SplitAxis(const Shape& in, const Shape& out) {
  if (out.size() != in.size() + 1) {
    return std::nullopt;
  }
  for (size_t a = 0; a < in.size(); ++a) {
    if (std::equal(in.begin(), in.begin() + static_cast<ptrdiff_t>(a), out.begin()) &&
        std::equal(in.begin() + static_cast<ptrdiff_t>(a) + 1, in.end(),
                   out.begin() + static_cast<ptrdiff_t>(a) + 2) &&
        in[a] == out[a] * out[a + 1] && out[a] > 1 && out[a + 1] > 1) {
      return a;
    }
  }
  return std::nullopt;
}

// The same with axes of size 1 left out of account: a reshape to the shape without them changes
// nothing.
Shape WithoutOnes(const Shape& shape) {
  Shape rest;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(rest),
               [](int64_t n) { return n != 1; });
  return rest;
}

Result<bool> SliceOfReshape(ir::Graph& graph, ir::NodeId id, const Ranges& ranges) {
  const ir::Node old = graph.node(id);
  const ir::NodeId reshape = graph.ProducerWithOp(old.inputs[0], "reshape");
  if (reshape == ir::kNone) {
    return false;
  }
  const ir::ValueId source = graph.node(reshape).inputs[0];
  const Shape in = ShapeOf(graph, source);
  const Shape out = ShapeOf(graph, old.inputs[0]);
  const std::optional<size_t> split = SplitAxis(WithoutOnes(in), WithoutOnes(out));
  if (!split) {
    return false;
  }
  // Back from the axes that are not 1 to those of each shape.
  const auto position = [](const Shape& shape, size_t nth) {
    for (size_t i = 0;; ++i) {
      if (shape[i] != 1 && nth-- == 0) {
        return i;
      }
    }
  };
  const size_t outer = position(out, *split);
  const size_t inner = position(out, *split + 1);
  for (size_t i = 0; i < out.size(); ++i) {
    if (i != outer && i != inner && !ranges[i].Whole(out[i])) {
      return false;
    }
  }
  const int64_t k = out[inner];
  Range range;
  if (ranges[outer].Whole(out[outer]) && ranges[inner].count == 1) {
    range = {ranges[inner].start, out[outer], k};
  } else if (ranges[inner].Whole(k) && ranges[outer].step == 1) {
    range = {ranges[outer].start * k, ranges[outer].count * k, 1};
  } else {
    return false;
  }
  Ranges of_source;
  for (int64_t size : in) {
    of_source.push_back({0, size, 1});
  }
  of_source[position(in, *split)] = range;
  PLUMB_ASSIGN_OR_RETURN(const ir::ValueId part,
                         EmitSlice(graph, source, of_source, old.name + ".part", old.origin));
  PLUMB_ASSIGN_OR_RETURN(const ir::ValueId shaped,
                         EmitReshape(graph, part, ShapeOf(graph, old.outputs[0]), old.name));
  Replace(graph, id, shaped, true);
  return true;
}

Result<bool> SimplifyNode(ir::Graph& graph, ir::NodeId id) {
  const std::string& op = graph.node(id).op;
  if (op == "gather") {
    return GatherToSlice(graph, id);
  }
  if (op == "split") {
    return SplitToSlices(graph, id);
  }
  const std::optional<Ranges> ranges = RangesOf(graph, graph.node(id));
  if (!ranges) {
    return false;
  }
  for (auto* rule : {SliceOfSlice, SliceOfConcat, SliceOfReshape}) {
    PLUMB_ASSIGN_OR_RETURN(const bool done, rule(graph, id, *ranges));
    if (done) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<int> SimplifySlice(ir::Graph& graph) {
  int rewrites = 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (ir::NodeId id : graph.Order()) {
      PLUMB_ASSIGN_OR_RETURN(const bool done, SimplifyNode(graph, id));
      rewrites += done;
      changed |= done;
    }
    graph.RemoveDeadNodes();
  }
  return rewrites;
}

}  // namespace plumb::passes
