// transpose.
#include "plumb/kernels/transpose/transpose.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {

Result<std::unique_ptr<BoundRecord>> BindTranspose(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& in = context.input(0).shape;
  const size_t rank = in.size();
  PLUMB_ASSIGN_OR_RETURN(const auto perm,
                         IntsWithin(context, "perm", rank, 0, static_cast<int64_t>(rank) - 1));
  Shape expected(rank, -1);
  std::vector<bool> seen(rank, false);
  for (size_t d = 0; d < rank; ++d) {
    const auto from = static_cast<size_t>(perm[d]);
    if (seen[from]) {
      return context.Invalid("a permutation", StrCat("axis ", from, " twice"));
    }
    seen[from] = true;
    expected[d] = in[from];
  }
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, expected));
  return MakeRecord([plan = kernels::MakeTransposePlan(in, perm, ElementSize(context, 0))](
                        const RunContext& run) {
    kernels::Transpose(plan, run.inputs[0].raw, run.outputs[0].raw, run.pool);
  });
}

}  // namespace plumb::runtime
