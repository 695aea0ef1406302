// Functions of one element: f32 rows of kernels/unary by their names, and the forms for integers
// and bool.
#include <array>
#include <functional>
#include <limits>

#include "plumb/kernels/unary/unary.h"
#include "plumb/runtime/bind_function.h"

namespace plumb::runtime {
namespace {

constexpr int64_t kGrain = 4096;  // elements: below this a second thread costs more than it saves

class UnaryF32 final : public BoundRecord {
 public:
  explicit UnaryF32(const BoundFunction& function) : function_(function) {}
  void Run(const RunContext& context) const override {
    const float* x = context.inputs[0].data<float>();
    float* y = context.outputs[0].data<float>();
    const auto work = [&](int64_t begin, int64_t end, int) {
      function_.apply(x + begin, y + begin, end - begin, function_.parameters.data());
    };
    context.pool.ParallelFor(context.outputs[0].size(), kGrain, std::ref(work));
  }

 private:
  BoundFunction function_;
};

class UnaryOther final : public BoundRecord {
 public:
  UnaryOther(const kernels::UnaryOther& row, std::array<int64_t, 2> bounds)
      : row_(row), bounds_(bounds) {}
  void Run(const RunContext& context) const override {
    const auto* x = static_cast<const std::byte*>(context.inputs[0].raw);
    auto* y = static_cast<std::byte*>(context.outputs[0].raw);
    const auto in = static_cast<int64_t>(DTypeSize(row_.in)),
               out = static_cast<int64_t>(DTypeSize(row_.out));
    const auto work = [&](int64_t begin, int64_t end, int) {
      row_.apply(x + begin * in, y + begin * out, end - begin, bounds_.data());
    };
    context.pool.ParallelFor(context.outputs[0].size(), kGrain, std::ref(work));
  }

 private:
  const kernels::UnaryOther& row_;
  std::array<int64_t, 2> bounds_;
};

// isinf with its two attributes names one of three rows, or none when it detects nothing.
Result<std::string> RowName(const BindContext& context) {
  const std::string& op = context.record().op;
  if (op != "isinf") {
    return op;
  }
  PLUMB_ASSIGN_OR_RETURN(const int64_t negative,
                         context.attributes().RequireInt("detect_negative"));
  PLUMB_ASSIGN_OR_RETURN(const int64_t positive,
                         context.attributes().RequireInt("detect_positive"));
  if (negative == 0 && positive == 0) {
    return context.Invalid("isinf to detect a sign", "neither");
  }
  return std::string(negative == 0 ? "isinf_positive"
                                   : (positive == 0 ? "isinf_negative" : "isinf"));
}

Result<std::array<int64_t, 2>> ClipBounds(const BindContext& context) {
  std::array<int64_t, 2> bounds = {std::numeric_limits<int64_t>::min(),
                                   std::numeric_limits<int64_t>::max()};
  if (context.record().op == "clip") {
    PLUMB_ASSIGN_OR_RETURN(bounds[0], context.attributes().RequireInt("min"));
    PLUMB_ASSIGN_OR_RETURN(bounds[1], context.attributes().RequireInt("max"));
  }
  return bounds;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindUnary(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(1, 1, 1));
  if (!context.HasInput(0)) {
    return context.Invalid("an input", "none");
  }
  const DType in = context.input(0).dtype;
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, context.input(0).shape));
  PLUMB_ASSIGN_OR_RETURN(const std::string name, RowName(context));
  if (const kernels::UnaryOther* row = kernels::FindUnaryOther(name, in); row != nullptr) {
    PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, row->out));
    PLUMB_ASSIGN_OR_RETURN(const auto bounds, ClipBounds(context));
    return std::unique_ptr<BoundRecord>(std::make_unique<UnaryOther>(*row, bounds));
  }
  if (in != DType::kF32) {
    return context.Invalid("an element type that it is defined for", DTypeName(in));
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kF32));
  PLUMB_ASSIGN_OR_RETURN(const BoundFunction function, BindNamedFunction(context, name));
  return std::unique_ptr<BoundRecord>(std::make_unique<UnaryF32>(function));
}

}  // namespace plumb::runtime
