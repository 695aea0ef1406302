// What every record's export writes to: the graph, and which of its values holds which tensor of the
// program.
//
// The program's pictures are [N,H,W,C], ONNX's are [N,C,H,W]. A tensor is held in the order in which
// its record wrote it and turned only for a record that wants another one, so that the transposes
// between layers vanish.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/export/onnx/export_onnx.h"
#include "plumb/export/onnx/onnx_graph.h"

namespace plumb::exporting {

// Dimension i of the value is axis order[i] of the tensor.
using Order = std::vector<int64_t>;
[[nodiscard]] Order PlainOrder(size_t rank);
[[nodiscard]] const Order& PictureOrder();  // [N,C,H,W] of [N,H,W,C]
// The dimension that holds `axis`.
[[nodiscard]] int64_t DimensionOf(const Order& order, int64_t axis);
// The order in which a value holds a tensor that was transposed: axis d of it is axis perm[d] of the
// one that the value holds in `order`.
[[nodiscard]] Order OrderAfter(const Order& order, const std::vector<int64_t>& perm);
[[nodiscard]] Shape ShapeIn(const Shape& shape, const Order& order);

// By how much a float tensor may differ from the program's, given the same integers before it.
struct RealError {
  bool known = true;
  std::vector<double> by_channel;  // of the last axis, or one for all; empty: the same bits

  [[nodiscard]] bool none() const { return known && by_channel.empty(); }
};

class Emitter {
 public:
  Emitter(const artifact::Program& program, OnnxForm form) : program_(program), form_(form) {}

  OnnxGraph graph;
  std::map<int32_t, RealError> error;  // of float tensors that may not have the same bits

  [[nodiscard]] const artifact::Program& program() const { return program_; }
  [[nodiscard]] OnnxForm form() const { return form_; }
  [[nodiscard]] const artifact::TensorInfo& info(int32_t tensor) const {
    return program_.tensors[static_cast<size_t>(tensor)];
  }
  [[nodiscard]] bool IsConstant(int32_t tensor) const { return info(tensor).constant >= 0; }
  // The contents of a constant.
  [[nodiscard]] Tensor ConstantOf(int32_t tensor) const;

  // The order in which the tensor is held; the plain one of a constant.
  [[nodiscard]] Order OrderOf(int32_t tensor) const;
  // The value that holds the tensor as it is stored, in this order.
  std::string In(int32_t tensor, const Order& order);
  // Says that a value holds the tensor.
  void Out(int32_t tensor, const Order& order, const std::string& value);
  // A name to give to the value of a tensor.
  [[nodiscard]] std::string NameOf(int32_t tensor, std::string_view suffix = "") const;

  // The numbers that an integer tensor stands for; of a float tensor, itself.
  std::string Real(int32_t tensor, const Order& order);
  // The tensor is what these numbers are on its grid; a float tensor, the numbers themselves.
  void OutReal(int32_t tensor, const Order& order, const std::string& value);

  // Nodes that several records use. Grids: one scale and zero point, or one for each index of `dimension`.
  std::string Quantize(const std::string& value, const std::vector<float>& scale,
                       const std::vector<int32_t>& zero_point, DType type, int64_t dimension,
                       std::string_view output);
  std::string Dequantize(const std::string& value, const std::vector<float>& scale,
                         const std::vector<int32_t>& zero_point, DType type, int64_t dimension,
                         std::string_view output);
  // (q - zero point) * factor in binary32. DequantizeLinear computes that too, but optimizers fuse it
  // with what follows into operators of other roundings.
  std::string Scaled(const std::string& value, int32_t zero_point, float factor,
                     std::string_view output);
  std::string Cast(const std::string& value, DType to, std::string_view output);
  // Transpose, or the value itself where nothing moves.
  std::string Turn(const std::string& value, const Order& from, const Order& to,
                   std::string_view output);

 private:
  struct Held {
    Order order;
    std::string value;
  };
  const Held* Find(int32_t tensor, const Order& order) const;

  const artifact::Program& program_;
  OnnxForm form_;
  std::map<int32_t, std::vector<Held>> held_;  // the first is the one that the record wrote
  std::map<std::pair<int32_t, Order>, std::string> real_;
};

}  // namespace plumb::exporting
