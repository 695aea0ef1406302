#include "plumb/runtime/session.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

#include "plumb/artifact/validator.h"
#include "plumb/base/thread_pool.h"
#include "plumb/runtime/binding.h"
#include "plumb/runtime/plan.h"

namespace plumb::runtime {
namespace {

using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;

constexpr int kMaxThreads = 1024;

struct FreeArena {
  void operator()(std::byte* p) const { std::free(p); }
};
using Arena = std::unique_ptr<std::byte[], FreeArena>;

size_t BytesOf(const TensorInfo& info) {
  return static_cast<size_t>(NumElements(info.shape)) * DTypeSize(info.dtype);
}

// A record, ready: its kernel and the views it is called with.
struct Step {
  std::unique_ptr<BoundRecord> bound;
  std::vector<ConstTensorView> inputs;
  std::vector<TensorView> outputs;
  std::span<std::byte> scratch;
  bool skip = false;  // its output shares its input's memory
};

Result<std::unique_ptr<BoundRecord>> Bind(const Program& program, size_t index, Isa isa) {
  const Record& record = program.records[index];
  const RecordKind* kind = FindRecordKind(record.op, record.version);
  if (kind == nullptr) {
    return Incompatible("record ", index, " '", record.name, "' is of kind '", record.op,
                        "' version ", record.version,
                        ", which this runtime does not know; use the release of Plumb that made "
                        "the artifact, or newer");
  }
  auto bound = kind->bind(BindContext(program, record, isa));
  return bound.ok() ? std::move(bound) : bound.status().WithContext(StrCat("record ", index));
}

}  // namespace

struct Session::State {
  std::shared_ptr<const Program> program;
  Isa isa = Isa::kScalar;
  bool keep_all = false;
  std::unique_ptr<ThreadPool> pool;
  std::vector<Step> steps;
  Arena arena;
  size_t arena_bytes = 0, arena_floor_bytes = 0;
  std::vector<void*> memory;   // by tensor; constants' too, which nobody writes
  std::vector<bool> readable;  // by tensor: contents survive Run
  std::atomic<bool> running = false;

  Status Plan();
  void MakeViews();
  [[nodiscard]] std::vector<size_t> ShareMemory();
};

// By tensor: the tensor whose memory it uses, itself mostly. Marks the steps that then have nothing
// to do.
std::vector<size_t> Session::State::ShareMemory() {
  std::vector<size_t> root(program->tensors.size());
  std::vector<bool> is_input(root.size());
  std::vector<bool> is_output(root.size());
  for (size_t i = 0; i < root.size(); ++i) {
    root[i] = i;
  }
  for (const artifact::Port& port : program->inputs) {
    is_input[static_cast<size_t>(port.tensor)] = true;
  }
  for (const artifact::Port& port : program->outputs) {
    is_output[static_cast<size_t>(port.tensor)] = true;
  }
  for (size_t i = 0; i < steps.size() && !keep_all; ++i) {
    if (!steps[i].bound->output_is_input()) {
      continue;
    }
    const size_t from = root[static_cast<size_t>(program->records[i].inputs[0])];
    const auto to = static_cast<size_t>(program->records[i].outputs[0]);
    // Constants stay apart (outputs are writable), and so do the user's own input and output.
    if (program->tensors[from].constant < 0 && !(is_input[from] && is_output[to])) {
      root[to] = from;
      steps[i].skip = true;
    }
  }
  return root;
}

// One block a tensor with memory of its own, one a record's scratch. Step 0 is before the first
// record.
Status Session::State::Plan() {
  const size_t tensors = program->tensors.size();
  const auto end = static_cast<int64_t>(steps.size()) + 1;
  const std::vector<size_t> root = ShareMemory();
  std::vector<Block> blocks(tensors + steps.size());
  readable.assign(tensors, keep_all);
  for (size_t t = 0; t < tensors; ++t) {
    const TensorInfo& info = program->tensors[t];
    readable[t] = readable[t] || info.constant >= 0;
    if (root[t] == t && info.constant < 0) {
      blocks[t] = {BytesOf(info), keep_all ? 0 : end, keep_all ? end : -1};
    }
  }
  auto use = [&](int32_t tensor, int64_t step) {
    if (tensor >= 0) {
      Block& block = blocks[root[static_cast<size_t>(tensor)]];
      block.first = std::min(block.first, step);
      block.last = std::max(block.last, step);
    }
  };
  for (const artifact::Port& port : program->inputs) {  // kept for the next Run
    use(port.tensor, 0);
    use(port.tensor, end);
    readable[static_cast<size_t>(port.tensor)] = true;
  }
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto step = static_cast<int64_t>(i) + 1;
    for (int32_t t : program->records[i].inputs) {
      use(t, step);
    }
    for (int32_t t : program->records[i].outputs) {
      use(t, step);
    }
    blocks[tensors + i] = {steps[i].bound->scratch_bytes(pool->threads()), step, step};
  }
  for (const artifact::Port& port : program->outputs) {
    use(port.tensor, end);
    readable[static_cast<size_t>(port.tensor)] = true;
  }
  arena_bytes = PlanArena(blocks);
  arena_floor_bytes = ArenaFloor(blocks);
  if (arena_bytes == kNoOffset) {
    return ResourceError("the tensors of this network do not fit into any memory");
  }
  arena.reset(static_cast<std::byte*>(
      std::aligned_alloc(kTensorAlignment, std::max(arena_bytes, kTensorAlignment))));
  if (!arena) {
    return ResourceError("no memory for the tensors of this network: ", arena_bytes, " bytes");
  }
  memory.resize(tensors);
  for (size_t t = 0; t < tensors; ++t) {
    const TensorInfo& info = program->tensors[t];
    if (info.constant >= 0) {
      memory[t] = const_cast<void*>(program->constants[static_cast<size_t>(info.constant)].data);
    } else if (const size_t offset = blocks[root[t]].offset; offset != kNoOffset) {
      memory[t] = arena.get() + offset;
    }
  }
  for (size_t i = 0; i < steps.size(); ++i) {
    if (const Block& block = blocks[tensors + i]; block.offset != kNoOffset) {
      steps[i].scratch = {arena.get() + block.offset, block.bytes};
    }
  }
  for (const artifact::Port& port : program->inputs) {
    const auto t = static_cast<size_t>(port.tensor);
    if (memory[t] != nullptr) {
      std::memset(memory[t], 0, BytesOf(program->tensors[t]));
    }
  }
  return {};
}

void Session::State::MakeViews() {
  for (size_t i = 0; i < steps.size(); ++i) {
    for (int32_t t : program->records[i].inputs) {
      if (t < 0) {
        steps[i].inputs.emplace_back();
        continue;
      }
      const TensorInfo& info = program->tensors[static_cast<size_t>(t)];
      steps[i].inputs.push_back({info.dtype, info.shape, memory[static_cast<size_t>(t)]});
    }
    for (int32_t t : program->records[i].outputs) {
      const TensorInfo& info = program->tensors[static_cast<size_t>(t)];
      steps[i].outputs.push_back({info.dtype, info.shape, memory[static_cast<size_t>(t)]});
    }
  }
}

Session::Session() : state_(std::make_unique<State>()) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::Create(std::shared_ptr<const Program> program,
                                                 const SessionOptions& options) {
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return UsageError("expected 1 to ", kMaxThreads, " threads, found ", options.threads);
  }
  const FloatEnvironment environment;  // binding computes constants
  try {
    PLUMB_RETURN_IF_ERROR(artifact::ValidateProgram(*program));
    std::unique_ptr<Session> session(new Session());
    State& state = *session->state_;
    state.program = std::move(program);
    state.keep_all = options.keep_all;
    if (options.isa.has_value()) {
      state.isa = *options.isa;
    } else {
      PLUMB_ASSIGN_OR_RETURN(state.isa, SelectIsa());
    }
    state.steps.resize(state.program->records.size());
    for (size_t i = 0; i < state.steps.size(); ++i) {
      PLUMB_ASSIGN_OR_RETURN(state.steps[i].bound, Bind(*state.program, i, state.isa));
    }
    state.pool = std::make_unique<ThreadPool>(options.threads);
    PLUMB_RETURN_IF_ERROR(state.Plan());
    state.MakeViews();
    return session;
  } catch (const std::bad_alloc&) {
    return ResourceError("no memory to prepare this network");
  } catch (const std::system_error&) {
    return ResourceError("the system does not give this process ", options.threads, " threads");
  }
}

const Program& Session::program() const { return *state_->program; }
int Session::threads() const { return state_->pool->threads(); }
Isa Session::isa() const { return state_->isa; }
size_t Session::arena_bytes() const { return state_->arena_bytes; }
size_t Session::arena_floor_bytes() const { return state_->arena_floor_bytes; }

size_t Session::packed_bytes() const {
  size_t bytes = 0;
  for (const Step& step : state_->steps) {
    bytes += step.bound->packed_bytes();
  }
  return bytes;
}

RecordCost Session::cost(size_t record_index) const {
  PLUMB_CHECK(record_index < state_->steps.size())
      << "record " << record_index << " of " << state_->steps.size();
  const Step& step = state_->steps[record_index];
  if (step.skip) {
    return {};
  }
  RecordCost cost = step.bound->cost();
  for (const ConstTensorView& input : step.inputs) {
    cost.bytes_read += input.present() ? static_cast<int64_t>(input.bytes()) : 0;
  }
  for (const TensorView& output : step.outputs) {
    cost.bytes_written += static_cast<int64_t>(output.bytes());
  }
  return cost;
}

TensorView Session::input(size_t i) {
  PLUMB_CHECK(i < program().inputs.size()) << "input " << i << " of " << program().inputs.size();
  const auto t = static_cast<size_t>(program().inputs[i].tensor);
  return {program().tensors[t].dtype, program().tensors[t].shape, state_->memory[t]};
}

ConstTensorView Session::output(size_t i) const {
  PLUMB_CHECK(i < program().outputs.size()) << "output " << i << " of " << program().outputs.size();
  return tensor(static_cast<size_t>(program().outputs[i].tensor));
}

ConstTensorView Session::tensor(size_t index) const {
  PLUMB_CHECK(index < program().tensors.size())
      << "tensor " << index << " of " << program().tensors.size();
  const TensorInfo& info = program().tensors[index];
  PLUMB_CHECK(state_->readable[index])
      << "'" << info.name << "' is not kept; create the session with keep_all";
  return {info.dtype, info.shape, state_->memory[index]};
}

Status Session::Run(const RecordObserver& observer) {
  if (state_->running.exchange(true, std::memory_order_acquire)) {
    return UsageError(
        "this session is running already; use one session a thread (they share the artifact)");
  }
  struct Done {
    std::atomic<bool>& running;
    ~Done() { running.store(false, std::memory_order_release); }
  } done{state_->running};
  const FloatEnvironment environment;
  for (size_t i = 0; i < state_->steps.size(); ++i) {
    const Step& step = state_->steps[i];
    if (!step.skip) {
      step.bound->Run({step.inputs, step.outputs, step.scratch, *state_->pool});
    }
    if (observer) {
      observer(i, program().records[i], step.outputs);
    }
  }
  return {};
}

}  // namespace plumb::runtime
