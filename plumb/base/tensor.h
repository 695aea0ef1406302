// Dense row-major tensors: Shape, views that own nothing, and Tensor, which owns 64-byte aligned storage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plumb/base/check.h"
#include "plumb/base/dtype.h"

namespace plumb {

using Shape = std::vector<int64_t>;  // outermost first; {} is a scalar

[[nodiscard]] int64_t NumElements(std::span<const int64_t> shape);        // 1 for a scalar
[[nodiscard]] std::string ShapeToString(std::span<const int64_t> shape);  // "1x3x640x640"; "scalar"

// A tensor somebody else owns. `shape` points into the owner.
struct ConstTensorView {
  DType dtype = DType::kNone;
  std::span<const int64_t> shape;
  const void* raw = nullptr;

  [[nodiscard]] int64_t size() const { return NumElements(shape); }
  [[nodiscard]] size_t bytes() const { return static_cast<size_t>(size()) * DTypeSize(dtype); }
  [[nodiscard]] bool present() const {
    return dtype != DType::kNone;
  }  // false for an optional input left out
  template <typename T>
  [[nodiscard]] const T* data() const {
    PLUMB_CHECK(dtype == DTypeOf<T>::value) << "read as another type than " << DTypeName(dtype);
    return static_cast<const T*>(raw);
  }
};

struct TensorView {
  DType dtype = DType::kNone;
  std::span<const int64_t> shape;
  void* raw = nullptr;

  [[nodiscard]] int64_t size() const { return NumElements(shape); }
  [[nodiscard]] size_t bytes() const { return static_cast<size_t>(size()) * DTypeSize(dtype); }
  template <typename T>
  [[nodiscard]] T* data() const {
    PLUMB_CHECK(dtype == DTypeOf<T>::value) << "written as another type than " << DTypeName(dtype);
    return static_cast<T*>(raw);
  }
  operator ConstTensorView() const { return {dtype, shape, raw}; }  // NOLINT
};

inline constexpr size_t kTensorAlignment = 64;

class Tensor {
 public:
  Tensor() = default;
  Tensor(DType dtype, Shape shape);  // zero-filled
  template <typename T>
  [[nodiscard]] static Tensor Of(Shape shape, std::span<const T> values) {
    Tensor t(DTypeOf<T>::value, std::move(shape));
    PLUMB_CHECK(t.size() == static_cast<int64_t>(values.size())) << "values do not fill the shape";
    if (!values.empty()) {
      std::memcpy(t.raw(), values.data(), values.size_bytes());
    }
    return t;
  }
  template <typename T>
  [[nodiscard]] static Tensor Of(Shape shape, const std::vector<T>& values) {
    return Of<T>(std::move(shape), std::span<const T>(values));
  }
  Tensor(const Tensor& other);
  Tensor& operator=(const Tensor& other);
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;

  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] int64_t size() const { return NumElements(shape_); }
  [[nodiscard]] size_t bytes() const { return static_cast<size_t>(size()) * DTypeSize(dtype_); }
  [[nodiscard]] void* raw() { return storage_.get(); }
  [[nodiscard]] const void* raw() const { return storage_.get(); }
  template <typename T>
  [[nodiscard]] std::span<T> values() {
    return {view().data<T>(), static_cast<size_t>(size())};
  }
  template <typename T>
  [[nodiscard]] std::span<const T> values() const {
    return {view().data<T>(), static_cast<size_t>(size())};
  }
  [[nodiscard]] TensorView view() { return {dtype_, shape_, raw()}; }
  [[nodiscard]] ConstTensorView view() const { return {dtype_, shape_, raw()}; }
  void Reshape(Shape shape) {  // the same elements under another shape
    PLUMB_CHECK(NumElements(shape) == size())
        << ShapeToString(shape_) << " to " << ShapeToString(shape);
    shape_ = std::move(shape);
  }

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  DType dtype_ = DType::kNone;
  Shape shape_ = {0};
  std::unique_ptr<std::byte[], Free> storage_;
};

}  // namespace plumb
