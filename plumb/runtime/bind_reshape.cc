// reshape: the same elements under another shape. Shares memory with its input where the plan
// allows.
#include <cstring>

#include "plumb/runtime/binding.h"

namespace plumb::runtime {
namespace {

class Reshape final : public BoundRecord {
 public:
  void Run(const RunContext& context) const override {
    if (const size_t bytes = context.inputs[0].bytes(); bytes > 0) {
      std::memcpy(context.outputs[0].raw, context.inputs[0].raw, bytes);
    }
  }
};

}  // namespace

Placement PlaceReshape(const BindContext&) { return {.share = Placement::Share::kInput}; }

Result<std::unique_ptr<BoundRecord>> BindReshape(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(1, 1, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, context.output(0).dtype));
  const Shape& from = context.input(0).shape;
  const Shape& to = context.output(0).shape;
  if (NumElements(from) != NumElements(to)) {
    return context.Invalid(StrCat(NumElements(from), " elements"),
                           StrCat("shape ", ShapeToString(to)));
  }
  return std::unique_ptr<BoundRecord>(std::make_unique<Reshape>());
}

}  // namespace plumb::runtime
