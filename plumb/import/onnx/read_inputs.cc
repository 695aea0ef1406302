#include "plumb/import/onnx/read_inputs.h"

#include <algorithm>
#include <optional>

#include "onnx.pb.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 40;

std::string DimName(const TensorShapeProto::Dimension& dim) {
  return dim.has_dim_value()       ? std::to_string(dim.dim_value())
         : dim.dim_param().empty() ? "?"
                                   : dim.dim_param();
}

std::string Declared(const TensorShapeProto& shape) {
  std::string text;
  for (const TensorShapeProto::Dimension& dim : shape.dim()) {
    text += (text.empty() ? "" : "x") + DimName(dim);
  }
  return text.empty() ? "scalar" : text;
}

bool IsFree(const TensorShapeProto::Dimension& dim) { return !dim.has_dim_value(); }

Status CheckInput(const ValueInfoProto& input) {
  if (!input.type().has_tensor_type()) {
    return InvalidModel("input '", input.name(),
                        "' is not a tensor; expected one (sequences, maps ",
                        "and optional values are not supported)");
  }
  const TypeProto::Tensor& type = input.type().tensor_type();
  if (ops::DTypeFromOnnx(type.elem_type()) == DType::kNone) {
    return InvalidModel("input '", input.name(), "' has ONNX element type ", type.elem_type(),
                        type.elem_type() == 8 ? " (string)" : "", ", which is not supported");
  }
  for (int i = 0; i < type.shape().dim_size(); ++i) {
    const TensorShapeProto::Dimension& dim = type.shape().dim(i);
    if (dim.has_dim_value() && dim.dim_value() < 0) {
      return InvalidModel("input '", input.name(), "': dimension ", i, " is ", dim.dim_value(),
                          "; expected a size from 0, or a name");
    }
  }
  return {};
}

// What --input-shape gives, checked against what the file declares; `any_size`: of a model without free dimensions, whose
// rank alone counts.
Status ApplyOption(const ValueInfoProto& input, const Shape& given, bool any_size,
                   std::map<std::string, int64_t>& symbols) {
  const TypeProto::Tensor& type = input.type().tensor_type();
  const auto mismatch = [&] {
    return UsageError("--input-shape ", input.name(), "=", ShapeToString(given),
                      ": the model declares ", Declared(type.shape()));
  };
  if (type.has_shape() && static_cast<size_t>(type.shape().dim_size()) != given.size()) {
    return mismatch();
  }
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] < 1) {
      return UsageError("--input-shape ", input.name(), "=", ShapeToString(given),
                        ": expected sizes from 1");
    }
    if (!type.has_shape()) {
      continue;
    }
    const TensorShapeProto::Dimension& dim = type.shape().dim(static_cast<int>(i));
    if (dim.has_dim_value() && dim.dim_value() != given[i] && !any_size) {
      return mismatch();
    }
    if (!dim.dim_param().empty()) {
      const auto [at, added] = symbols.emplace(dim.dim_param(), given[i]);
      if (!added && at->second != given[i]) {
        return UsageError("--input-shape ", input.name(), "=", ShapeToString(given),
                          ": dimension '", dim.dim_param(), "' is ", at->second,
                          " by another option");
      }
    }
  }
  return {};
}

// The shape that --input-shape gives for an input; one without the leading dimension is of a single sample.
const Shape* GivenShape(const ValueInfoProto& input, const ImportOptions& options, Shape& buffer) {
  const auto given = options.input_shapes.find(input.name());
  if (given == options.input_shapes.end()) {
    return nullptr;
  }
  buffer = given->second;
  const TensorShapeProto& shape = input.type().tensor_type().shape();
  if (shape.dim_size() == static_cast<int>(buffer.size()) + 1 &&
      (IsFree(shape.dim(0)) || shape.dim(0).dim_value() == 1)) {
    buffer.insert(buffer.begin(), 1);
  }
  return &buffer;
}

Status MustBeFixed(const ValueInfoProto& input, int i) {
  const TensorShapeProto& shape = input.type().tensor_type().shape();
  return InvalidModel("input '", input.name(), "' is ", Declared(shape), "; dimension ", i, " ('",
                      DimName(shape.dim(i)), "') must be fixed, with --input-shape ", input.name(),
                      "=... (all ", shape.dim_size(), " sizes)");
}

// The leading dimension is free in every input, under one name, and no option fixes it.
bool IsBatch(const std::vector<const ValueInfoProto*>& inputs,
             const std::map<std::string, int64_t>& symbols, const ImportOptions& options) {
  std::string name;
  for (const ValueInfoProto* input : inputs) {
    const TensorShapeProto& shape = input->type().tensor_type().shape();
    if (shape.dim_size() == 0 || !IsFree(shape.dim(0)) ||
        options.input_shapes.count(input->name()) != 0 ||
        symbols.count(shape.dim(0).dim_param()) != 0) {
      return false;
    }
    if (input != inputs.front() && shape.dim(0).dim_param() != name) {
      return false;
    }
    name = shape.dim(0).dim_param();
    for (int i = 1; i < shape.dim_size(); ++i) {
      if (!name.empty() && shape.dim(i).dim_param() == name) {
        return false;
      }
    }
  }
  return !inputs.empty();
}

// The one name of all free leading dimensions, taken as a batch of one: wherever the name stands it
// is 1. Two names: the second must be fixed by the user.
Status FixBatch(const std::vector<const ValueInfoProto*>& inputs, const ImportOptions& options,
                std::map<std::string, int64_t>& symbols) {
  std::optional<std::string> name;
  for (const ValueInfoProto* input : inputs) {
    const TensorShapeProto& shape = input->type().tensor_type().shape();
    if (shape.dim_size() == 0 || !IsFree(shape.dim(0)) ||
        options.input_shapes.count(input->name()) != 0 ||
        symbols.count(shape.dim(0).dim_param()) != 0) {
      continue;
    }
    if (name && *name != shape.dim(0).dim_param()) {
      return MustBeFixed(*input, 0);
    }
    name = shape.dim(0).dim_param();
  }
  if (name && !name->empty()) {
    symbols.emplace(*name, 1);
  }
  return {};
}

}  // namespace

Result<InputTypes> ReadInputTypes(const std::vector<const ValueInfoProto*>& inputs,
                                  const ImportOptions& options) {
  std::map<std::string, int64_t> symbols;
  const bool any_size =
      options.other_shapes && std::ranges::none_of(inputs, [](const auto* input) {
        return std::ranges::any_of(input->type().tensor_type().shape().dim(), IsFree);
      });
  for (const ValueInfoProto* input : inputs) {
    PLUMB_RETURN_IF_ERROR(CheckInput(*input));
    Shape buffer;
    if (const Shape* given = GivenShape(*input, options, buffer)) {
      PLUMB_RETURN_IF_ERROR(ApplyOption(*input, *given, any_size, symbols));
    }
  }
  InputTypes result;
  result.symbolic_batch = IsBatch(inputs, symbols, options);
  PLUMB_RETURN_IF_ERROR(FixBatch(inputs, options, symbols));
  for (const ValueInfoProto* input : inputs) {
    const TypeProto::Tensor& type = input->type().tensor_type();
    InputType out{input->name(), ops::DTypeFromOnnx(type.elem_type()), {}};
    Shape buffer;
    if (const Shape* given = GivenShape(*input, options, buffer)) {
      out.shape = *given;
    } else if (!type.has_shape()) {
      return InvalidModel("input '", input->name(), "' has no declared shape; give it with ",
                          "--input-shape ", input->name(), "=...");
    } else {
      for (int i = 0; i < type.shape().dim_size(); ++i) {
        const TensorShapeProto::Dimension& dim = type.shape().dim(i);
        const auto known = symbols.find(dim.dim_param());
        if (dim.has_dim_value()) {
          out.shape.push_back(dim.dim_value());
        } else if (!dim.dim_param().empty() && known != symbols.end()) {
          out.shape.push_back(known->second);
        } else if (i == 0) {
          out.shape.push_back(1);  // an unnamed batch
        } else {
          return MustBeFixed(*input, i);
        }
      }
    }
    int64_t elements = 1;
    for (int64_t size : out.shape) {
      if (size > 0 && elements > kMostElements / size) {
        return InvalidModel("input '", input->name(), "' is ", ShapeToString(out.shape),
                            "; expected at most 2^40 elements");
      }
      elements *= std::max<int64_t>(size, 1);
    }
    result.inputs.push_back(std::move(out));
  }
  return result;
}

}  // namespace plumb::onnx
