#include "plumb/runtime/binding.h"

#include <array>

namespace plumb::runtime {

#define PLUMB_RECORD_KIND(op, version, function) \
  Result<std::unique_ptr<BoundRecord>> function(const BindContext& context);
#define PLUMB_PLACED_RECORD_KIND(op, version, function, placement) \
  PLUMB_RECORD_KIND(op, version, function)                         \
  Placement placement(const BindContext& context);
#include "plumb/runtime/bindings.inc"
#undef PLUMB_PLACED_RECORD_KIND
#undef PLUMB_RECORD_KIND

namespace {

constexpr std::array kKinds = {
#define PLUMB_RECORD_KIND(op, version, function) RecordKind{op, version, function, nullptr},
#define PLUMB_PLACED_RECORD_KIND(op, version, function, placement) \
  RecordKind{op, version, function, placement},
#include "plumb/runtime/bindings.inc"
#undef PLUMB_PLACED_RECORD_KIND
#undef PLUMB_RECORD_KIND
};

std::string TypeText(const artifact::TensorInfo& info) {
  return StrCat(DTypeName(info.dtype), "[", ShapeToString(info.shape), "] '", info.name, "'");
}

std::string Wanted(std::string_view what, size_t i, DType dtype, int rank) {
  const std::string text = StrCat(what, " ", i, " to be ", DTypeName(dtype));
  return rank < 0 ? text : StrCat(text, " of rank ", rank);
}

bool Matches(const artifact::TensorInfo& info, DType dtype, int rank) {
  return info.dtype == dtype && (rank < 0 || info.shape.size() == static_cast<size_t>(rank));
}

}  // namespace

std::span<const RecordKind> RecordKinds() { return kKinds; }

const RecordKind* FindRecordKind(std::string_view op, int version) {
  for (const RecordKind& kind : kKinds) {
    if (kind.version == version && kind.op == op) {
      return &kind;
    }
  }
  return nullptr;
}

ConstTensorView BindContext::ConstantInput(size_t i) const {
  if (!HasInput(i) || input(i).constant < 0) {
    return {};
  }
  const artifact::TensorInfo& info = input(i);
  return {info.dtype, info.shape, program_.constants[static_cast<size_t>(info.constant)].data};
}

int64_t BindContext::PitchOf(int32_t tensor) const {
  const auto t = static_cast<size_t>(tensor);
  if (pitches_ != nullptr) {
    return (*pitches_)[t];
  }
  return program_.tensors[t].shape.empty() ? 1 : program_.tensors[t].shape.back();
}

Status BindContext::Invalid(std::string_view expected, std::string_view found) const {
  return InvalidModel("record '", record_.name, "' (", record_.op, "): expected ", expected,
                      ", found ", found);
}

Status BindContext::RequireCounts(size_t min_inputs, size_t max_inputs, size_t outputs) const {
  if (input_count() < min_inputs || input_count() > max_inputs) {
    return Invalid(min_inputs == max_inputs ? StrCat(min_inputs, " inputs")
                                            : StrCat(min_inputs, " to ", max_inputs, " inputs"),
                   StrCat(input_count()));
  }
  return output_count() == outputs ? Status()
                                   : Invalid(StrCat(outputs, " outputs"), StrCat(output_count()));
}

Status BindContext::RequireInput(size_t i, DType dtype, int rank) const {
  if (!HasInput(i)) {
    return Invalid(Wanted("input", i, dtype, rank), "none");
  }
  return Matches(input(i), dtype, rank)
             ? Status()
             : Invalid(Wanted("input", i, dtype, rank), TypeText(input(i)));
}

Status BindContext::RequireOutput(size_t i, DType dtype, int rank) const {
  if (i >= output_count()) {
    return Invalid(Wanted("output", i, dtype, rank), "none");
  }
  return Matches(output(i), dtype, rank)
             ? Status()
             : Invalid(Wanted("output", i, dtype, rank), TypeText(output(i)));
}

Status BindContext::RequireOutputShape(size_t i, const Shape& expected) const {
  const std::string wanted = StrCat("output ", i, " to have shape ", ShapeToString(expected));
  if (i >= output_count()) {
    return Invalid(wanted, "none");
  }
  return output(i).shape == expected ? Status() : Invalid(wanted, TypeText(output(i)));
}

Status BindContext::RequireConstant(size_t i, DType dtype, const Shape& shape) const {
  const std::string wanted = StrCat("input ", i, " to be a ", DTypeName(dtype),
                                    " constant of shape ", ShapeToString(shape));
  if (!HasInput(i)) {
    return Invalid(wanted, "none");
  }
  if (input(i).constant < 0) {
    return Invalid(wanted, StrCat(TypeText(input(i)), ", which is no constant"));
  }
  return input(i).dtype == dtype && input(i).shape == shape ? Status()
                                                            : Invalid(wanted, TypeText(input(i)));
}

}  // namespace plumb::runtime
