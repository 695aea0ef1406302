// A session: a program bound to this machine's kernels, with its memory planned, ready to run.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/cpu.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/runtime/record_cost.h"

namespace plumb::runtime {

struct SessionOptions {
  int threads = 1;         // at least 1
  std::optional<Isa> isa;  // default: SelectIsa()
  bool keep_all = false;   // every tensor keeps its own memory, so that all can be read after Run
  // Concatenations, slices and reshapes move nothing where the records around them can read and write in place.
  bool in_place = true;
  // An observer is given a dense copy of a tensor that lies inside another one; false: one whose memory is null.
  bool observe_contents = true;
};

// Called after each record of a Run, in order, with the record's outputs.
using RecordObserver = std::function<void(size_t record_index, const artifact::Record& record,
                                          std::span<const TensorView> outputs)>;

class Session {
 public:
  // Validates and binds every record, plans the arena, allocates it. The program is kept alive by the session and may be
  // shared by many.
  [[nodiscard]] static Result<std::unique_ptr<Session>> Create(
      std::shared_ptr<const artifact::Program> program, const SessionOptions& options);
  ~Session();

  [[nodiscard]] const artifact::Program& program() const;
  [[nodiscard]] int threads() const;
  [[nodiscard]] Isa isa() const;
  [[nodiscard]] size_t arena_bytes() const;
  // The most bytes of it that are in use at once: what the best of plans would need.
  [[nodiscard]] size_t arena_floor_bytes() const;
  // Weights in the form the kernels use; sessions of one program and instruction set share them.
  [[nodiscard]] size_t packed_bytes() const;

  // Of a record, by index. A record that shares its input's memory does nothing and costs nothing.
  [[nodiscard]] RecordCost cost(size_t record_index) const;

  // The memory of input i (port order), to be filled before Run, in the tensor's own type.
  [[nodiscard]] TensorView input(size_t i);
  // Runs every record. Refuses (usage error) when another thread is in Run of the same session.
  Status Run(const RecordObserver& observer = nullptr);
  // The memory of output i after Run; valid until the next Run.
  [[nodiscard]] ConstTensorView output(size_t i) const;
  // Any tensor by index; needs keep_all for tensors that are neither inputs, outputs nor constants.
  [[nodiscard]] ConstTensorView tensor(size_t index) const;

 private:
  Session();
  struct State;
  std::unique_ptr<State> state_;
};

// Whole runs with the model's own types: checks names, types and shapes (with expected and found), converts f16, bf16 and
// f64 at the border, runs a symbolic batch sample by sample, dequantizes integer outputs unless `raw`.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};
Result<std::vector<NamedTensor>> RunNamed(Session& session, std::span<const NamedTensor> inputs,
                                          bool raw = false,
                                          const RecordObserver& observer = nullptr);

}  // namespace plumb::runtime
