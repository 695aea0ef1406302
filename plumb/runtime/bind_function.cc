#include "plumb/runtime/bind_function.h"

#include <sstream>

namespace plumb::runtime {

Result<BoundFunction> BindNamedFunction(const BindContext& context, std::string_view name) {
  std::string row_name(name);
  if (name == "gelu" && context.attributes().Has("approximate")) {
    const auto approximate = context.attributes().RequireString("approximate");
    if (!approximate.ok()) {
      return approximate.status();
    }
    if (*approximate != "none" && *approximate != "tanh") {
      return context.Invalid("approximate to be none or tanh", *approximate);
    }
    row_name = *approximate == "tanh" ? "gelu_tanh" : "gelu";
  }
  const kernels::UnaryF32* row = kernels::FindUnaryF32(row_name, context.isa());
  if (row == nullptr) {
    return context.Invalid("a function that this runtime knows", StrCat("'", name, "'"));
  }
  BoundFunction function;
  function.apply = row->apply;
  std::istringstream names(row->parameters);
  std::string parameter;
  for (size_t i = 0; names >> parameter; ++i) {
    PLUMB_CHECK(i < function.parameters.size()) << row->name << " has more parameters";
    auto value = context.attributes().RequireFloat(parameter);
    if (!value.ok()) {
      return value.status().WithContext(
          StrCat("record '", context.record().name, "' (", name, ")"));
    }
    function.parameters[i] = *value;
  }
  return function;
}

Result<BoundFunction> BindFunctionAttribute(const BindContext& context) {
  if (!context.attributes().Has("function")) {
    return BoundFunction{};
  }
  const auto name = context.attributes().RequireString("function");
  if (!name.ok()) {
    return name.status();
  }
  return *name == "none" ? BoundFunction{} : BindNamedFunction(context, *name);
}

}  // namespace plumb::runtime
