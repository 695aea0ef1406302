// Operators that whoever embeds Plumb defines. A network may hold them (record "custom"): they are found by the name of
// their type when a model is imported and when an artifact is loaded.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "plumb/base/attributes.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb {

struct CustomTensor {
  DType dtype = DType::kNone;
  Shape shape;
  bool operator==(const CustomTensor&) const = default;
};

// Both calls are made from any thread, several at a time.
class CustomOperator {
 public:
  virtual ~CustomOperator() = default;
  // Types of the outputs.
  [[nodiscard]] virtual Result<std::vector<CustomTensor>> Infer(
      const Attributes& attributes, std::span<const CustomTensor> inputs) const = 0;
  // Fills the outputs, dense, of the types that Infer gave. It cannot fail; what can be wrong is found by Infer.
  virtual void Compute(const Attributes& attributes, std::span<const ConstTensorView> inputs,
                       std::span<const TensorView> outputs) const = 0;
};

// The attribute of a node or record "custom" that names the type; no attribute of a model is called so.
inline constexpr std::string_view kCustomType = "custom_type";

// From now on `type` means this operator; null: no longer any. What was loaded before keeps its own.
void RegisterCustomOperator(std::string_view type, std::shared_ptr<const CustomOperator> op);
// Null when there is none.
[[nodiscard]] std::shared_ptr<const CustomOperator> FindCustomOperator(std::string_view type);

}  // namespace plumb
