// What import hooks of many operators share: checked reading of attributes, and hooks for operators
// that map one to one.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/ops/foreign_node.h"
#include "plumb/ops/op_def.h"

namespace plumb::ops {

// Reads attributes of a foreign node. An attribute of another kind gives the fallback and is
// remembered; the hook returns status() before it emits.
class ForeignAttributes {
 public:
  explicit ForeignAttributes(const ForeignNode& node) : node_(node) {}
  [[nodiscard]] bool Has(std::string_view name) const { return node_.attributes.Has(name); }
  int64_t Int(std::string_view name, int64_t fallback);
  float Float(std::string_view name, float fallback);
  std::string String(std::string_view name, std::string_view fallback);
  std::vector<int64_t> Ints(std::string_view name, std::vector<int64_t> fallback = {});
  std::vector<float> Floats(std::string_view name, std::vector<float> fallback = {});
  std::vector<std::string> Strings(std::string_view name);
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  template <typename T>
  T Read(std::string_view name, T fallback, std::string_view kind);
  const ForeignNode& node_;
  Status status_;
};

// Text as a template argument, so that a row of a family can name its operator.
template <size_t kSize>
struct FixedString {
  char data[kSize] = {};
  constexpr FixedString(const char (&text)[kSize]) {  // NOLINT: implicit by design
    std::copy_n(text, kSize, data);
  }
  [[nodiscard]] constexpr std::string_view view() const { return {data, kSize - 1}; }
};

// One node to one node, the inputs as they are, no attributes.
template <FixedString kOp, int kMinInputs = 1, int kMaxInputs = kMinInputs>
Status ImportPlain(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(kMinInputs, kMaxInputs));
  node.EmitOutput(kOp.view(), node.inputs);
  return {};
}

// The rule for an ONNX operator that maps so.
template <FixedString kOnnx, FixedString kOp, int kMinInputs = 1, int kMaxInputs = kMinInputs>
inline constexpr ImportRule kPlainRule[] = {
    {"onnx", kOnnx.view(), &ImportPlain<kOp, kMinInputs, kMaxInputs>}};

// Emits a constant list of integers, or one integer as a scalar.
ir::ValueId EmitInts(ForeignNode& node, const std::vector<int64_t>& values,
                     std::string_view suffix);
ir::ValueId EmitInt(ForeignNode& node, int64_t value, std::string_view suffix);
ir::ValueId EmitFloat(ForeignNode& node, float value, std::string_view suffix);
// s64 scalar: the rank of a value, by operators that are folded once types are known.
ir::ValueId EmitRank(ForeignNode& node, ir::ValueId value);
// s64 list: the axes [first, rank).
ir::ValueId EmitAxesFrom(ForeignNode& node, ir::ValueId value, int64_t first);

// The ONNX element type number as ours; kNone for those that are not supported.
[[nodiscard]] DType DTypeFromOnnx(int64_t onnx_type);

}  // namespace plumb::ops
