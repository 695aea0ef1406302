// How a record becomes something that runs: each kind of record has one binding, which validates the record (it may come
// from a hostile file), packs its constants and returns an object that computes it.
//
// Add a kind: write runtime/bind_<family>.cc with its Bind function, add one line to runtime/bindings.inc.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/cpu.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/base/thread_pool.h"
#include "plumb/runtime/record_cost.h"

namespace plumb::runtime {

// What a running record gets. Views are valid for the call only. `inputs[i]` is not present() where the record leaves an
// optional input out.
struct RunContext {
  std::span<const ConstTensorView> inputs;
  std::span<const TensorView> outputs;
  std::span<std::byte>
      scratch;  // as many bytes as scratch_bytes() asked for, 64-byte aligned, shared with other records
  ThreadPool& pool;
};

class BoundRecord {
 public:
  virtual ~BoundRecord() = default;
  [[nodiscard]] virtual size_t scratch_bytes(int threads) const {
    (void)threads;
    return 0;
  }
  // Bytes of constants repacked for this machine; for reports.
  [[nodiscard]] virtual size_t packed_bytes() const { return 0; }
  // What it multiplies; the bytes are the session's to fill in. Records that multiply nothing by weights or by another
  // matrix leave it as it is.
  [[nodiscard]] virtual RecordCost cost() const { return {}; }
  // Computes the outputs. Cannot fail: everything that can be wrong is found by Bind. Allocates nothing. May run on
  // several sessions at once (const, no mutable state).
  virtual void Run(const RunContext& context) const = 0;
};

// Elements from one innermost row of a tensor to the next, by tensor; see runtime/layout.h.
using Pitches = std::vector<int64_t>;

// What a binding sees: types and shapes, where rows lie, and the data of constants.
class BindContext {
 public:
  // `pitches`: null where every tensor is dense.
  BindContext(const artifact::Program& program, const artifact::Record& record, Isa isa,
              const Pitches* pitches = nullptr)
      : program_(program), record_(record), isa_(isa), pitches_(pitches) {}

  [[nodiscard]] const artifact::Record& record() const { return record_; }
  [[nodiscard]] const Attributes& attributes() const { return record_.attributes; }
  [[nodiscard]] Isa isa() const { return isa_; }
  [[nodiscard]] size_t input_count() const { return record_.inputs.size(); }
  [[nodiscard]] size_t output_count() const { return record_.outputs.size(); }
  [[nodiscard]] bool HasInput(size_t i) const {
    return i < record_.inputs.size() && record_.inputs[i] >= 0;
  }
  // Requires HasInput(i).
  [[nodiscard]] const artifact::TensorInfo& input(size_t i) const {
    return program_.tensors[static_cast<size_t>(record_.inputs[i])];
  }
  [[nodiscard]] const artifact::TensorInfo& output(size_t i) const {
    return program_.tensors[static_cast<size_t>(record_.outputs[i])];
  }
  // Elements from one innermost row to the next: the size of the last axis, or more where the tensor
  // lies inside a wider one. Only kinds whose placement function says so meet the latter.
  [[nodiscard]] int64_t input_pitch(size_t i) const { return PitchOf(record_.inputs[i]); }
  [[nodiscard]] int64_t output_pitch(size_t i) const { return PitchOf(record_.outputs[i]); }
  // The constant behind input i; not present() when it is no constant or is left out.
  [[nodiscard]] ConstTensorView ConstantInput(size_t i) const;

  // Checks that give an error naming the record, the expectation and what was found.
  Status RequireCounts(size_t min_inputs, size_t max_inputs, size_t outputs) const;
  Status RequireInput(size_t i, DType dtype, int rank = -1) const;  // rank -1: any
  Status RequireOutput(size_t i, DType dtype, int rank = -1) const;
  Status RequireOutputShape(size_t i, const Shape& expected) const;
  Status RequireConstant(size_t i, DType dtype, const Shape& shape) const;
  // "record 'name' (op): expected ..., found ...".
  Status Invalid(std::string_view expected, std::string_view found) const;

 private:
  [[nodiscard]] int64_t PitchOf(int32_t tensor) const;

  const artifact::Program& program_;
  const artifact::Record& record_;
  Isa isa_;
  const Pitches* pitches_;
};

using BindFunction = Result<std::unique_ptr<BoundRecord>> (*)(const BindContext&);

// How the tensors of a record may lie in memory. Asked before the record is bound and validated: a wrong answer for a record
// that Bind refuses does no harm.
struct Placement {
  uint64_t pitched_inputs = 0;  // bit i: the rows of input i may lie apart
  bool pitched_output = false;  // those of output 0
  enum class Share {
    kNone,
    kInput,  // output 0 has the bytes of input 0
    kParts,  // every output is a part of input 0: see `axis` and `starts`
    kWhole,  // the inputs are parts of output 0, one behind the other along `axis`
  } share = Share::kNone;
  int axis = 0;
  std::vector<int64_t> starts = {};  // kParts: of each output, along the axis
};
using PlacementFunction = Placement (*)(const BindContext&);
constexpr uint64_t kEveryInput = ~uint64_t{0};

struct RecordKind {
  std::string_view op;
  int version;
  BindFunction bind;
  PlacementFunction placement;  // null: every tensor dense and apart
};

// The kind, or nullptr when this runtime does not know it.
[[nodiscard]] const RecordKind* FindRecordKind(std::string_view op, int version);
[[nodiscard]] std::span<const RecordKind> RecordKinds();

}  // namespace plumb::runtime
