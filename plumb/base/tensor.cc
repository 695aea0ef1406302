#include "plumb/base/tensor.h"

#include <cstdlib>
#include <new>

namespace plumb {

int64_t NumElements(std::span<const int64_t> shape) {
  int64_t n = 1;
  for (int64_t d : shape) {
    n *= d;
  }
  return n;
}

std::string ShapeToString(std::span<const int64_t> shape) {
  if (shape.empty()) {
    return "scalar";
  }
  std::string text;
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i ? "x" : "") + std::to_string(shape[i]);
  }
  return text;
}

Tensor::Tensor(DType dtype, Shape shape) : dtype_(dtype), shape_(std::move(shape)) {
  const size_t need = (bytes() + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
  if (need > 0) {
    void* p = std::aligned_alloc(kTensorAlignment, need);
    if (p == nullptr) {
      throw std::bad_alloc();  // caught at the library's border and reported as a resource error
    }
    std::memset(p, 0, need);
    storage_.reset(static_cast<std::byte*>(p));
  }
}

Tensor::Tensor(const Tensor& other) : Tensor(other.dtype_, other.shape_) {
  if (other.storage_) {
    std::memcpy(raw(), other.raw(), bytes());
  }
}

Tensor& Tensor::operator=(const Tensor& other) {
  if (this != &other) {
    *this = Tensor(other);
  }
  return *this;
}

void Tensor::Free::operator()(std::byte* p) const { std::free(p); }

}  // namespace plumb
