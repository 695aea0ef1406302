// concat, split, slice, pad, tile, expand, depth_to_space, space_to_depth: elements moved by rule.
#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "plumb/kernels/common/copy_rows.h"
#include "plumb/kernels/common/index_map.h"
#include "plumb/kernels/common/strided_copy.h"
#include "plumb/kernels/copy/concat.h"
#include "plumb/kernels/copy/pad.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

// The record that runs a strided copy from input 0 to output 0.
Result<std::unique_ptr<BoundRecord>> CopyRecord(kernels::StridedCopyPlan plan) {
  plan.Finish();
  return MakeRecord([plan](const RunContext& run) {
    kernels::StridedCopy(plan, run.inputs[0].raw, run.outputs[0].raw, run.pool);
  });
}

constexpr size_t kMaxParts =
    256;  // of concat and split: their pointers are collected without allocating

constexpr int64_t kBytesPerPart = 32768;  // for a thread, at least

// "axis", counted from the front; nothing where Bind refuses it.
std::optional<int64_t> NormalAxis(const BindContext& context, size_t rank) {
  const Result<int64_t> axis = AxisOr(context, 0, rank);
  return axis.ok() ? std::optional(*axis) : std::nullopt;
}

// Strides of the axes of `shape`, rows of the last one `pitch` elements apart.
std::array<int64_t, kernels::kMaxTensorRank> PitchedStrides(const Shape& shape, int64_t pitch) {
  std::array<int64_t, kernels::kMaxTensorRank> strides = {};
  int64_t step = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    strides[d] = step;
    step = d + 1 == shape.size() ? pitch : step * shape[d];
  }
  return strides;
}

// The parts of a tensor along `axis`: checks each part against the whole, gives the bytes of each
// part's row.
template <typename GetPart>
Result<std::vector<int64_t>> PartBytes(const BindContext& context,
                                       const artifact::TensorInfo& whole, size_t axis, size_t parts,
                                       const GetPart& part) {
  std::vector<int64_t> bytes;
  int64_t sum = 0;
  const auto row = ProductOf(whole.shape, axis + 1, whole.shape.size()) *
                   static_cast<int64_t>(DTypeSize(whole.dtype));
  for (size_t i = 0; i < parts; ++i) {
    const artifact::TensorInfo& info = part(i);
    Shape expected = whole.shape;
    if (info.shape.size() == expected.size()) {
      expected[axis] = info.shape[axis];
    }
    if (info.shape != expected || info.dtype != whole.dtype) {
      return context.Invalid(
          StrCat("part ", i, " to be ", DTypeName(whole.dtype), " ", ShapeToString(expected)),
          StrCat(DTypeName(info.dtype), " ", ShapeToString(info.shape)));
    }
    PLUMB_RETURN_IF_ERROR(RequireSameGrid(context, info, whole));
    sum += info.shape[axis];
    bytes.push_back(info.shape[axis] * row);
  }
  if (sum != whole.shape[axis]) {
    return context.Invalid(StrCat("parts of ", whole.shape[axis], " along axis ", axis),
                           StrCat(sum));
  }
  return bytes;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindConcat(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, kMaxParts, 1));
  for (size_t i = 0; i < context.input_count(); ++i) {
    if (!context.HasInput(i)) {
      return context.Invalid("every input to be there", StrCat("no input ", i));
    }
  }
  const artifact::TensorInfo& whole = context.output(0);
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, AxisOr(context, 0, whole.shape.size()));
  const auto at = static_cast<size_t>(axis);
  PLUMB_ASSIGN_OR_RETURN(
      auto bytes, PartBytes(
                      context, whole, at, context.input_count(), [&](size_t i) -> const auto& {
                        return context.input(i);
                      }));
  const int64_t outer = ProductOf(whole.shape, 0, at);
  const int64_t size = ElementSize(context, 0);
  const int64_t row = ProductOf(whole.shape, at, whole.shape.size()) * size;
  // Rows may lie apart along the last axis only. What has been written in its place stays.
  const bool last = at + 1 == whole.shape.size();
  const int64_t to_step = last ? context.output_pitch(0) * size : row;
  std::vector<int64_t> from_step;
  bool dense = to_step == row;
  for (size_t i = 0; i < bytes.size(); ++i) {
    from_step.push_back(last ? context.input_pitch(i) * size : bytes[i]);
    dense = dense && from_step[i] == bytes[i];
  }
  return MakeRecord([bytes = std::move(bytes), from_step = std::move(from_step), outer, row,
                     to_step, dense](const RunContext& run) {
    std::array<const void*, kMaxParts> parts;
    auto* to = static_cast<std::byte*>(run.outputs[0].raw);
    bool apart = true;
    int64_t start = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      parts[i] = run.inputs[i].raw;
      apart = apart && parts[i] != to + start;
      start += bytes[i];
    }
    if (dense && apart) {
      kernels::Concat({outer, row, bytes}, {parts.data(), bytes.size()}, to, run.pool);
      return;
    }
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (parts[i] != to && bytes[i] > 0) {
        const auto* from = static_cast<const std::byte*>(parts[i]);
        const auto rows = [&](int64_t begin, int64_t end, int) {
          kernels::CopyRows(to + begin * to_step, to_step, from + begin * from_step[i],
                            from_step[i], end - begin, bytes[i]);
        };
        run.pool.ParallelFor(outer, std::max<int64_t>(1, kBytesPerPart / bytes[i]),
                             std::cref(rows));
      }
      to += bytes[i];
    }
  });
}

// Rows may lie apart where they are cut by the concatenation's own axis.
Placement PlaceConcat(const BindContext& context) {
  const size_t rank = context.output(0).shape.size();
  const auto axis = NormalAxis(context, rank);
  if (!axis) {
    return {};
  }
  const bool last = static_cast<size_t>(*axis) + 1 == rank;
  return {.pitched_inputs = last ? kEveryInput : 0,
          .pitched_output = last,
          .share = Placement::Share::kWhole,
          .axis = static_cast<int>(*axis)};
}

Result<std::unique_ptr<BoundRecord>> BindSplit(const BindContext& context) {
  if (context.output_count() < 1 || context.output_count() > kMaxParts) {
    return context.Invalid(StrCat("1 to ", kMaxParts, " outputs"), StrCat(context.output_count()));
  }
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, context.output_count()));
  const artifact::TensorInfo& whole = context.input(0);
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, AxisOr(context, 0, whole.shape.size()));
  const auto at = static_cast<size_t>(axis);
  PLUMB_ASSIGN_OR_RETURN(
      auto bytes, PartBytes(
                      context, whole, at, context.output_count(), [&](size_t i) -> const auto& {
                        return context.output(i);
                      }));
  const int64_t outer = ProductOf(whole.shape, 0, at);
  const int64_t row =
      ProductOf(whole.shape, at, whole.shape.size()) * static_cast<int64_t>(DTypeSize(whole.dtype));
  return MakeRecord([bytes = std::move(bytes), outer, row](const RunContext& run) {
    std::array<void*, kMaxParts> parts;
    for (size_t i = 0; i < bytes.size(); ++i) {
      parts[i] = run.outputs[i].raw;
    }
    kernels::Split({outer, row, bytes}, run.inputs[0].raw, {parts.data(), bytes.size()}, run.pool);
  });
}

Placement PlaceSplit(const BindContext& context) {
  if (!context.HasInput(0)) {
    return {};
  }
  const auto axis = NormalAxis(context, context.input(0).shape.size());
  if (!axis) {
    return {};
  }
  Placement placement{.share = Placement::Share::kParts, .axis = static_cast<int>(*axis)};
  int64_t start = 0;
  for (size_t i = 0; i < context.output_count(); ++i) {
    placement.starts.push_back(start);
    const Shape& part = context.output(i).shape;
    start += static_cast<size_t>(*axis) < part.size() ? part[static_cast<size_t>(*axis)] : 0;
  }
  return placement;
}

// A slice of one axis by steps of 1 is a part of its input.
Placement PlaceSlice(const BindContext& context) {
  if (!context.HasInput(0)) {
    return {};
  }
  Placement placement{.pitched_inputs = 1, .pitched_output = true};
  const Shape& in = context.input(0).shape;
  const Shape& out = context.output(0).shape;
  const auto starts = context.attributes().RequireInts("starts", in.size());
  const auto steps = context.attributes().RequireInts("steps", in.size());
  int cut = 0;
  for (size_t d = 0; starts.ok() && steps.ok() && d < in.size() && out.size() == in.size(); ++d) {
    if (in[d] != out[d] || (*starts)[d] != 0 || (*steps)[d] != 1) {
      ++cut;
      placement.axis = static_cast<int>(d);
      placement.starts = {(*starts)[d]};
      cut += (*steps)[d] != 1 && out[d] != 1 ? 1 : 0;
    }
  }
  if (cut == 1) {
    placement.share = Placement::Share::kParts;
  }
  return placement;
}

// starts[rank] and steps[rank], already clamped: the first element taken of each axis and the way
// on (negative: back).
Result<std::unique_ptr<BoundRecord>> BindSlice(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& in = context.input(0).shape;
  const Shape& out = context.output(0).shape;
  PLUMB_RETURN_IF_ERROR(
      context.RequireOutput(0, context.input(0).dtype, static_cast<int>(in.size())));
  PLUMB_ASSIGN_OR_RETURN(const auto starts, context.attributes().RequireInts("starts", in.size()));
  PLUMB_ASSIGN_OR_RETURN(const auto steps, context.attributes().RequireInts("steps", in.size()));
  kernels::StridedCopyPlan plan;
  plan.element_size = ElementSize(context, 0);
  const auto from = PitchedStrides(in, in.empty() ? 1 : context.input_pitch(0));
  const auto to = PitchedStrides(out, out.empty() ? 1 : context.output_pitch(0));
  const bool empty = NumElements(out) == 0;
  for (size_t d = 0; d < in.size(); ++d) {
    if (!empty) {
      // The last element taken must lie inside too; divided, not multiplied, so that nothing
      // overflows.
      const int64_t moves = out[d] - 1;
      const bool inside = starts[d] >= 0 && starts[d] < in[d];
      const int64_t room = !inside ? 0 : steps[d] < 0 ? starts[d] : in[d] - 1 - starts[d];
      if (!inside || steps[d] == 0 || steps[d] < -in[d] || steps[d] > in[d] ||
          (moves > 0 && (steps[d] < 0 ? -steps[d] : steps[d]) > room / moves)) {
        if (!(inside && moves == 0 && steps[d] != 0)) {
          return context.Invalid(
              StrCat("a slice inside axis ", d, " of ", in[d], " elements"),
              StrCat(out[d], " elements from ", starts[d], " in steps of ", steps[d]));
        }
      }
      plan.nest.offset[1] += starts[d] * from[d];
    }
    plan.nest.Add(out[d], {to[d], out[d] > 1 ? steps[d] * from[d] : 0});
  }
  return CopyRecord(plan);
}

Result<std::unique_ptr<BoundRecord>> BindExpand(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& out = context.output(0).shape;
  if (!kernels::BroadcastsTo(context.input(0).shape, out)) {
    return context.Invalid(StrCat("a shape that broadcasts to ", ShapeToString(out)),
                           ShapeToString(context.input(0).shape));
  }
  kernels::StridedCopyPlan plan;
  plan.element_size = ElementSize(context, 0);
  const auto from = kernels::BroadcastStrides(context.input(0).shape, out);
  const auto to = kernels::DenseStrides(out);
  for (size_t d = 0; d < out.size(); ++d) {
    plan.nest.Add(out[d], {to[d], from[d]});
  }
  return CopyRecord(plan);
}

Result<std::unique_ptr<BoundRecord>> BindTile(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& in = context.input(0).shape;
  const Shape& out = context.output(0).shape;
  kernels::StridedCopyPlan plan;
  plan.element_size = ElementSize(context, 0);
  const auto from = kernels::DenseStrides(in);
  const auto to = kernels::DenseStrides(out);
  for (size_t d = 0; d < out.size(); ++d) {
    if (in.size() != out.size() || (in[d] == 0 ? out[d] != 0 : out[d] % in[d] != 0)) {
      return context.Invalid(StrCat("an output of whole repetitions of ", ShapeToString(in)),
                             ShapeToString(out));
    }
    plan.nest.Add(in[d] == 0 ? 0 : out[d] / in[d], {to[d] * in[d], 0});
    plan.nest.Add(in[d], {to[d], from[d]});
  }
  if (in.size() != out.size()) {
    return context.Invalid(StrCat("an output of rank ", in.size()), ShapeToString(out));
  }
  return CopyRecord(plan);
}

Result<std::unique_ptr<BoundRecord>> BindPad(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 2, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const artifact::TensorInfo& in = context.input(0);
  const artifact::TensorInfo& out = context.output(0);
  const size_t rank = in.shape.size();
  PLUMB_ASSIGN_OR_RETURN(const auto pads, IntsWithin(context, "pads", 2 * rank, -(int64_t{1} << 40),
                                                     int64_t{1} << 40));
  PLUMB_ASSIGN_OR_RETURN(const size_t mode, ChoiceOr(context, "mode", "constant",
                                                     {"constant", "reflect", "edge", "wrap"}));
  Shape expected = in.shape;
  for (size_t d = 0; d < rank; ++d) {
    expected[d] += pads[d] + pads[rank + d];
    if (expected[d] < 0) {
      return context.Invalid(StrCat("pads that leave axis ", d, " of ", in.shape[d], " something"),
                             StrCat(pads[d], " and ", pads[rank + d]));
    }
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, expected));
  const int64_t size = ElementSize(context, 0);
  // What constant padding writes: input 1, else 0, which is the zero point for an integer tensor
  // with a grid.
  std::array<std::byte, 8> fill = {};
  const bool has_value = context.HasInput(1);
  if (has_value) {
    PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 1));
    if (NumElements(context.input(1).shape) != 1) {
      return context.Invalid("a pad value of one element", ShapeToString(context.input(1).shape));
    }
  } else if (out.dtype != DType::kF32 && !out.quantization.empty()) {
    if (out.quantization.per_channel()) {
      for (const int32_t zero : out.quantization.zero_point) {
        if (zero != out.quantization.zero_point[0]) {
          return context.Invalid("one zero point to pad with",
                                 "zero points that differ by channel");
        }
      }
    }
    const auto zero = static_cast<int64_t>(out.quantization.zero_point[0]);
    std::memcpy(fill.data(), &zero, static_cast<size_t>(size));  // little-endian: the low bytes
  }
  if (NumElements(expected) == 0) {
    return MakeRecord([](const RunContext&) {});
  }
  std::vector<std::vector<int64_t>> maps;
  for (size_t d = 0; d < rank; ++d) {
    const int64_t left =
        in.shape[d] + std::min<int64_t>(0, pads[d]) + std::min<int64_t>(0, pads[rank + d]);
    if (mode != 0 && left <= 0) {
      return context.Invalid(StrCat("axis ", d, " to have something to repeat"),
                             StrCat(std::max<int64_t>(0, left), " elements"));
    }
    maps.push_back(
        kernels::PadMap(in.shape[d], pads[d], pads[rank + d], static_cast<kernels::PadMode>(mode)));
  }
  return MakeRecord([plan = kernels::MakeIndexMapPlan(in.shape, std::move(maps), size), fill,
                     has_value](const RunContext& run) {
    kernels::IndexMapCopy(plan, run.inputs[0].raw, has_value ? run.inputs[1].raw : fill.data(),
                          run.outputs[0].raw, run.pool);
  });
}

namespace {

// The dense NHWC shapes on both sides of depth_to_space (`deep` has the more channels).
Result<int64_t> BlockOf(const BindContext& context, const Shape& deep, const Shape& wide) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t block, context.attributes().RequireInt("block"));
  if (block < 1 || block > 4096 || deep.size() != 4 || wide.size() != 4 ||
      deep[3] % (block * block) != 0 ||
      wide != Shape{deep[0], deep[1] * block, deep[2] * block, deep[3] / (block * block)}) {
    return context.Invalid(
        StrCat("shapes of rank 4 that blocks of ", block, " turn into each other"),
        StrCat(ShapeToString(deep), " and ", ShapeToString(wide)));
  }
  return block;
}

}  // namespace

// mode DCR: channel = (block row, block column, channel out); CRD: (channel out, block row, block
// column).
Result<std::unique_ptr<BoundRecord>> BindDepthToSpace(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& in = context.input(0).shape;
  const Shape& out = context.output(0).shape;
  PLUMB_ASSIGN_OR_RETURN(const int64_t block, BlockOf(context, in, out));
  PLUMB_ASSIGN_OR_RETURN(const size_t crd, ChoiceOr(context, "mode", "DCR", {"DCR", "CRD"}));
  const int64_t c = out[3];
  const int64_t row =
      crd != 0 ? block : block * c;  // input step of a block row, a block column, a channel
  const int64_t column = crd != 0 ? 1 : c;
  const int64_t channel = crd != 0 ? block * block : 1;
  kernels::StridedCopyPlan plan;
  plan.element_size = ElementSize(context, 0);
  const auto from = kernels::DenseStrides(in);
  const auto to = kernels::DenseStrides(out);
  plan.nest.Add(in[0], {to[0], from[0]});
  plan.nest.Add(in[1], {to[1] * block, from[1]});
  plan.nest.Add(block, {to[1], row});
  plan.nest.Add(in[2], {to[2] * block, from[2]});
  plan.nest.Add(block, {to[2], column});
  plan.nest.Add(c, {to[3], channel});
  return CopyRecord(plan);
}

// As ONNX: output channel = (block row, block column, channel in).
Result<std::unique_ptr<BoundRecord>> BindSpaceToDepth(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& in = context.input(0).shape;
  const Shape& out = context.output(0).shape;
  PLUMB_ASSIGN_OR_RETURN(const int64_t block, BlockOf(context, out, in));
  const int64_t c = in[3];
  kernels::StridedCopyPlan plan;
  plan.element_size = ElementSize(context, 0);
  const auto from = kernels::DenseStrides(in);
  const auto to = kernels::DenseStrides(out);
  plan.nest.Add(out[0], {to[0], from[0]});
  plan.nest.Add(out[1], {to[1], from[1] * block});
  plan.nest.Add(out[2], {to[2], from[2] * block});
  plan.nest.Add(block, {block * c, from[1]});
  plan.nest.Add(block, {c, from[2]});
  plan.nest.Add(c, {1, 1});
  return CopyRecord(plan);
}

}  // namespace plumb::runtime
