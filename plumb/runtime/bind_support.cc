#include "plumb/runtime/bind_support.h"

#include "plumb/kernels/common/nest.h"

namespace plumb::runtime {

Status RequirePlain(const BindContext& context, size_t min_inputs, size_t max_inputs,
                    size_t outputs) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(min_inputs, max_inputs, outputs));
  const auto check = [&](const artifact::TensorInfo& info) -> Status {
    if (info.shape.size() > static_cast<size_t>(kernels::kMaxTensorRank)) {
      return context.Invalid(StrCat("tensors of at most ", kernels::kMaxTensorRank, " dimensions"),
                             StrCat(ShapeToString(info.shape), " '", info.name, "'"));
    }
    return {};
  };
  for (size_t i = 0; i < context.input_count(); ++i) {
    if (context.HasInput(i)) {
      PLUMB_RETURN_IF_ERROR(check(context.input(i)));
    } else if (i < min_inputs) {
      return context.Invalid(StrCat("input ", i), "none");
    }
  }
  for (size_t i = 0; i < outputs; ++i) {
    PLUMB_RETURN_IF_ERROR(check(context.output(i)));
  }
  return {};
}

Status RequireSameGrid(const BindContext& context, const artifact::TensorInfo& from,
                       const artifact::TensorInfo& to) {
  const Quantization& a = from.quantization;
  const Quantization& b = to.quantization;
  if (a.empty() || b.empty() || a.per_channel() || b.per_channel() || a == b) {
    return {};
  }
  const auto text = [](const artifact::TensorInfo& info) {
    return StrCat("'", info.name, "' of scale ", info.quantization.scale[0], " and zero point ",
                  info.quantization.zero_point[0]);
  };
  return context.Invalid(StrCat("the grid of ", text(to)), text(from));
}

Status RequireOutputType(const BindContext& context, size_t i) {
  PLUMB_RETURN_IF_ERROR(context.RequireInput(i, context.output(0).dtype));
  return RequireSameGrid(context, context.input(i), context.output(0));
}

Status RequireInputShape(const BindContext& context, size_t i, const Shape& expected) {
  if (context.input(i).shape != expected) {
    return context.Invalid(StrCat("input ", i, " of shape ", ShapeToString(expected)),
                           ShapeToString(context.input(i).shape));
  }
  return {};
}

Status RequireIndexInput(const BindContext& context, size_t i) {
  const DType dtype = context.input(i).dtype;
  if (dtype != DType::kS64 && dtype != DType::kS32) {
    return context.Invalid(StrCat("input ", i, " to hold s64 or s32 indices"), DTypeName(dtype));
  }
  return {};
}

Result<int64_t> IntOr(const BindContext& context, std::string_view name, int64_t fallback) {
  if (!context.attributes().Has(name)) {
    return fallback;
  }
  return context.attributes().RequireInt(name);
}

Result<float> FloatOr(const BindContext& context, std::string_view name, float fallback) {
  if (!context.attributes().Has(name)) {
    return fallback;
  }
  return context.attributes().RequireFloat(name);
}

Result<std::string> StringOr(const BindContext& context, std::string_view name,
                             std::string_view fallback) {
  if (!context.attributes().Has(name)) {
    return std::string(fallback);
  }
  return context.attributes().RequireString(name);
}

Result<std::vector<int64_t>> IntsWithin(const BindContext& context, std::string_view name,
                                        size_t count, int64_t low, int64_t high) {
  PLUMB_ASSIGN_OR_RETURN(std::vector<int64_t> values,
                         context.attributes().RequireInts(name, count));
  for (const int64_t value : values) {
    if (value < low || value > high) {
      return context.Invalid(StrCat("attribute ", name, " within ", low, "..", high),
                             StrCat(value));
    }
  }
  return values;
}

Result<int64_t> AxisOr(const BindContext& context, int64_t fallback, size_t rank) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t axis, IntOr(context, "axis", fallback));
  const auto limit = static_cast<int64_t>(rank);
  if (axis < -limit || axis >= limit) {
    return context.Invalid(StrCat("an axis of a tensor of rank ", rank), StrCat("axis ", axis));
  }
  return axis < 0 ? axis + limit : axis;
}

Result<std::vector<int64_t>> PermutationOf(const BindContext& context, const Shape& in) {
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
  return perm;
}

Result<size_t> ChoiceOr(const BindContext& context, std::string_view name,
                        std::string_view fallback, const std::vector<std::string_view>& names) {
  PLUMB_ASSIGN_OR_RETURN(const std::string value, StringOr(context, name, fallback));
  std::string known;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == value) {
      return i;
    }
    known += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  return context.Invalid(StrCat("attribute ", name, " to be one of ", known), value);
}

int64_t ProductOf(const Shape& shape, size_t begin, size_t end) {
  int64_t product = 1;
  for (size_t d = begin; d < end; ++d) {
    product *= shape[d];
  }
  return product;
}

}  // namespace plumb::runtime
