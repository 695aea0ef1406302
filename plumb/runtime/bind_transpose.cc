// transpose.
#include "plumb/kernels/transpose/transpose.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {

Result<std::unique_ptr<BoundRecord>> BindTranspose(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  const Shape& in = context.input(0).shape;
  PLUMB_ASSIGN_OR_RETURN(const std::vector<int64_t> perm, PermutationOf(context, in));
  return MakeRecord([plan = kernels::MakeTransposePlan(in, perm, ElementSize(context, 0))](
                        const RunContext& run) {
    kernels::Transpose(plan, run.inputs[0].raw, run.outputs[0].raw, run.pool);
  });
}

}  // namespace plumb::runtime
