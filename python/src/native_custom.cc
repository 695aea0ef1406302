// Operators written in Python (plumb/base/custom_operator.h).
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <memory>

#include "native.h"
#include "native_arrays.h"
#include "plumb/base/custom_operator.h"

namespace nb = nanobind;

namespace plumb::python {
namespace {

// As NumPy names it: "float32", "int64", "bool".
std::string NumpyName(DType dtype) {
  if (dtype == DType::kBool) {
    return "bool";
  }
  const nb::dlpack::dtype type = TypeOf(dtype);
  const bool is_float = type.code == static_cast<uint8_t>(nb::dlpack::dtype_code::Float);
  const bool is_unsigned = type.code == static_cast<uint8_t>(nb::dlpack::dtype_code::UInt);
  return StrCat(is_float ? "float" : is_unsigned ? "uint" : "int", int{type.bits});
}

Result<DType> FromNumpyName(const std::string& name) {
  for (int raw = 1; raw <= static_cast<int>(DType::kBool); ++raw) {
    const auto dtype = static_cast<DType>(raw);
    if (dtype != DType::kBF16 && NumpyName(dtype) == name) {
      return dtype;
    }
  }
  return InvalidModel("'", name, "' is no element type; expected float32, int64 and the like");
}

nb::dict DictOf(const Attributes& attributes) {
  nb::dict dict;
  for (const auto& [name, value] : attributes) {
    if (name != kCustomType) {
      dict[name.c_str()] = std::visit([](const auto& v) { return nb::cast(v); }, value);
    }
  }
  return dict;
}

template <typename... Flags>
nb::object Viewed(void* data, DType dtype, std::span<const int64_t> extents) {
  const std::vector<size_t> shape(extents.begin(), extents.end());
  return nb::cast(nb::ndarray<nb::numpy, Flags...>(data, shape.size(), shape.data(), nb::none(),
                                                   nullptr, TypeOf(dtype)),
                  nb::rv_policy::reference);
}

class PythonOperator final : public CustomOperator {
 public:
  // infer(attributes, [(dtype, shape)]) -> [(dtype, shape)]; compute(attributes, arrays, arrays to fill).
  PythonOperator(nb::object infer, nb::object compute)
      : infer_(std::move(infer)), compute_(std::move(compute)) {}
  ~PythonOperator() override {
    if (Py_IsInitialized() == 0) {  // nothing is left to give them back to
      infer_.release();
      compute_.release();
      return;
    }
    const nb::gil_scoped_acquire gil;
    infer_.reset();
    compute_.reset();
  }

  Result<std::vector<CustomTensor>> Infer(const Attributes& attributes,
                                          std::span<const CustomTensor> inputs) const override {
    const nb::gil_scoped_acquire gil;
    try {
      nb::list given;
      for (const CustomTensor& input : inputs) {
        given.append(nb::make_tuple(NumpyName(input.dtype), input.shape));
      }
      std::vector<CustomTensor> outputs;
      for (const nb::handle item : infer_(DictOf(attributes), given)) {
        PLUMB_ASSIGN_OR_RETURN(const DType dtype, FromNumpyName(nb::cast<std::string>(item[0])));
        outputs.push_back({dtype, nb::cast<Shape>(item[1])});
      }
      return outputs;
    } catch (const nb::python_error& error) {
      return InvalidModel(nb::cast<std::string>(nb::str(error.type().attr("__name__"))), ": ",
                          nb::cast<std::string>(nb::str(error.value())));
    } catch (const nb::cast_error&) {
      return InvalidModel("shape_infer gave something else than shapes and types");
    }
  }

  void Compute(const Attributes& attributes, std::span<const ConstTensorView> inputs,
               std::span<const TensorView> outputs) const override {
    const nb::gil_scoped_acquire gil;
    for (const TensorView& output : outputs) {
      std::memset(output.raw, 0, output.bytes());
    }
    try {
      nb::list given, wanted;
      for (const ConstTensorView& input : inputs) {
        given.append(
            Viewed<nb::ro>(const_cast<void*>(input.raw), input.dtype, input.shape));  // NOLINT
      }
      for (const TensorView& output : outputs) {
        wanted.append(Viewed<>(output.raw, output.dtype, output.shape));
      }
      compute_(DictOf(attributes), given, wanted);
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("a custom operator");
    }
  }

 private:
  nb::object infer_, compute_;
};

void Register(const std::string& type, nb::object infer, nb::object compute) {
  std::shared_ptr<const CustomOperator> op;
  if (!infer.is_none()) {
    op = std::make_shared<PythonOperator>(std::move(infer), std::move(compute));
  }
  const nb::gil_scoped_release released;
  RegisterCustomOperator(type, std::move(op));
}

}  // namespace

void DefineCustomOperators(nb::module_& module) {
  module.def(
      "register_custom_operator", &Register, nb::arg("type"), nb::arg("infer").none(),
      nb::arg("compute").none(),
      "Makes nodes of this type call infer(attributes, [(dtype, shape)]) -> [(dtype, shape)] "
      "and compute(attributes, inputs, outputs to fill); None: no longer.");
}

}  // namespace plumb::python
