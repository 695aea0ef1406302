// Two programs that compute tensors of the same names: where they differ between one such tensor and
// the next, and a program that is the one with some of these parts taken from the other.
//
// A part is what computes one common tensor from the common tensors before it, whatever the records
// are: a convolution fused with its function on one side and two records on the other are the same
// part. Where a part reads or writes a tensor whose grid is another one on the other side, the
// values go over as real numbers.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"

namespace plumb::verify {

class ProgramPair {
 public:
  ProgramPair(std::shared_ptr<const artifact::Program> a,
              std::shared_ptr<const artifact::Program> b);

  // Empty when parts of `b` can stand in `a`: the same inputs and outputs, by name and shape.
  // Else a sentence that says what is against it.
  [[nodiscard]] const std::string& why_not() const { return why_not_; }
  // Common tensors whose parts are not the same, in the order in which `a` computes them.
  [[nodiscard]] const std::vector<std::string>& differing() const { return differing_; }
  // Of how many.
  [[nodiscard]] size_t common() const { return order_.size(); }

  [[nodiscard]] const artifact::Program& a() const { return *a_.program; }
  [[nodiscard]] const artifact::Program& b() const { return *b_.program; }
  // The records of the part of one of `differing`, in order.
  struct Part {
    int32_t tensor_a = -1, tensor_b = -1;
    std::vector<int32_t> records_a, records_b;
  };
  [[nodiscard]] Part PartOf(const std::string& tensor) const;

  // `a` with the parts of these tensors from `b`.
  [[nodiscard]] std::shared_ptr<const artifact::Program> With(
      const std::set<std::string>& from_b) const;
  // A program with two outputs a tensor, "a:NAME" and "b:NAME": what either part makes of the
  // tensors that `a` computes before it.
  [[nodiscard]] std::shared_ptr<const artifact::Program> SideBySide(
      std::span<const std::string> tensors) const;

 private:
  friend class PartBuilder;
  struct Side {
    std::shared_ptr<const artifact::Program> program;
    std::vector<int32_t> producer;  // by tensor: the record, or -1
  };
  struct Common {
    std::string name;
    int32_t a = -1, b = -1;  // tensors
  };
  [[nodiscard]] std::string PartText(const Side& side, bool of_a, int32_t tensor) const;
  [[nodiscard]] std::vector<int32_t> RecordsOf(const Side& side, bool of_a, int32_t tensor) const;
  void CheckPorts();

  Side a_, b_;
  std::vector<Common> order_;                       // computed on both sides, in a's order
  std::vector<int32_t> common_of_a_, common_of_b_;  // by tensor: index into order_, or -1
  std::vector<int32_t> input_of_a_, input_of_b_;    // by tensor: a's input tensor, or -1
  std::vector<std::string> differing_;
  std::string why_not_;
};

}  // namespace plumb::verify
