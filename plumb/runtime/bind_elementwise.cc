// add sub mul div ... (binary_ops.inc), where, cast.
#include "plumb/runtime/bind_elementwise.h"

#include <algorithm>

#include "plumb/kernels/elementwise/binary.h"
#include "plumb/kernels/elementwise/cast.h"
#include "plumb/kernels/elementwise/where.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

// The kernel row for the record: mod and bit_shift have one for each way.
Result<std::string> RowName(const BindContext& context) {
  const std::string& op = context.record().op;
  if (op == "mod") {
    PLUMB_ASSIGN_OR_RETURN(const int64_t truncated, IntOr(context, "fmod", 0));
    return std::string(truncated != 0 ? "fmod" : "mod");
  }
  if (op == "bit_shift") {
    PLUMB_ASSIGN_OR_RETURN(const size_t right,
                           ChoiceOr(context, "direction", "left", {"left", "right"}));
    return std::string(right != 0 ? "shift_right" : "shift_left");
  }
  return op;
}

Status RequireBroadcast(const BindContext& context, size_t i) {
  if (!kernels::BroadcastsTo(context.input(i).shape, context.output(0).shape)) {
    return context.Invalid(
        StrCat("input ", i, " to broadcast to ", ShapeToString(context.output(0).shape)),
        ShapeToString(context.input(i).shape));
  }
  return {};
}

// Integers on grids are not numbers to add or multiply; the order of those on one grid is the order
// of the numbers.
Status RequireNoGrids(const BindContext& context) {
  const Quantization& a = context.input(0).quantization;
  const Quantization& b = context.input(1).quantization;
  const Quantization& y = context.output(0).quantization;
  if (a.empty() && b.empty() && y.empty()) {
    return {};
  }
  static constexpr std::string_view kOrder[] = {
      "min", "max", "equal", "less", "greater", "less_or_equal", "greater_or_equal"};
  const bool ordered =
      std::find(std::begin(kOrder), std::end(kOrder), context.record().op) != std::end(kOrder);
  const bool same =
      a == b && !a.per_channel() && (context.output(0).dtype == DType::kBool ? y.empty() : y == a);
  return ordered && same ? Status()
                         : context.Invalid("tensors without a grid", "integers on a grid");
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindBinary(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 2, 2, 1));
  PLUMB_RETURN_IF_ERROR(RequireNoGrids(context));
  PLUMB_ASSIGN_OR_RETURN(const std::string row, RowName(context));
  const kernels::BinaryFunction function =
      kernels::FindBinary(row, context.input(0).dtype, context.input(1).dtype);
  if (function.plane == nullptr) {
    return context.Invalid(
        "types that the operator is defined for",
        StrCat(DTypeName(context.input(0).dtype), " and ", DTypeName(context.input(1).dtype)));
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, function.output));
  PLUMB_RETURN_IF_ERROR(RequireBroadcast(context, 0));
  PLUMB_RETURN_IF_ERROR(RequireBroadcast(context, 1));
  return MakeRecord(
      [plan = kernels::MakeBinaryPlan(function, context.input(0).shape, context.input(1).shape,
                                      context.output(0).shape)](const RunContext& run) {
        kernels::Binary(plan, run.inputs[0].raw, run.inputs[1].raw, run.outputs[0].raw, run.pool);
      });
}

Result<std::unique_ptr<BoundRecord>> BindWhere(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 3, 3, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kBool));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 2));
  for (size_t i = 0; i < 3; ++i) {
    PLUMB_RETURN_IF_ERROR(RequireBroadcast(context, i));
  }
  return MakeRecord([plan = kernels::MakeWherePlan(
                         context.input(0).shape, context.input(1).shape, context.input(2).shape,
                         context.output(0).shape, ElementSize(context, 0))](const RunContext& run) {
    kernels::Where(plan, run.inputs[0].raw, run.inputs[1].raw, run.inputs[2].raw,
                   run.outputs[0].raw, run.pool);
  });
}

Result<std::unique_ptr<BoundRecord>> BindCast(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, context.input(0).shape));
  const DType from = context.input(0).dtype;
  const DType to = context.output(0).dtype;
  return MakeRecord([function = kernels::FindCast(from, to), from, to](const RunContext& run) {
    kernels::Cast(function, from, to, run.inputs[0].raw, run.outputs[0].raw, run.inputs[0].size(),
                  run.pool);
  });
}

}  // namespace plumb::runtime
