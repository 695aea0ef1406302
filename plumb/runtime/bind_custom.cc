// custom: an operator that the embedding program defines (plumb/base/custom_operator.h).
#include "plumb/base/custom_operator.h"
#include "plumb/runtime/binding.h"

namespace plumb::runtime {
namespace {

class Custom final : public BoundRecord {
 public:
  Custom(std::shared_ptr<const CustomOperator> op, Attributes attributes)
      : op_(std::move(op)), attributes_(std::move(attributes)) {}
  void Run(const RunContext& context) const override {
    op_->Compute(attributes_, context.inputs, context.outputs);
  }

 private:
  std::shared_ptr<const CustomOperator> op_;
  Attributes attributes_;
};

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindCustom(const BindContext& context) {
  PLUMB_ASSIGN_OR_RETURN(const std::string type, context.attributes().RequireString(kCustomType));
  auto op = FindCustomOperator(type);
  if (op == nullptr) {
    return context.Invalid(StrCat("the custom operator '", type, "' to be registered"),
                           "no such operator");
  }
  std::vector<CustomTensor> inputs;
  for (size_t i = 0; i < context.input_count(); ++i) {
    if (!context.HasInput(i)) {
      return context.Invalid("every input", StrCat("none at ", i));
    }
    inputs.push_back({context.input(i).dtype, context.input(i).shape});
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<CustomTensor> outputs,
                         op->Infer(context.attributes(), inputs));
  if (outputs.size() != context.output_count()) {
    return context.Invalid(StrCat(outputs.size(), " outputs"), StrCat(context.output_count()));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    PLUMB_RETURN_IF_ERROR(context.RequireOutput(i, outputs[i].dtype));
    PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(i, outputs[i].shape));
  }
  return std::unique_ptr<BoundRecord>(
      std::make_unique<Custom>(std::move(op), context.attributes()));
}

}  // namespace plumb::runtime
