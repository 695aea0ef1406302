#include "plumb/runtime/session.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

#include "plumb/base/thread_pool.h"
#include "plumb/runtime/binding.h"
#include "plumb/runtime/bound_program.h"
#include "plumb/runtime/plan.h"

namespace plumb::runtime {
namespace {

using artifact::Program;
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
  const BoundRecord* bound = nullptr;
  std::vector<ConstTensorView> inputs;
  std::vector<TensorView> outputs;
  std::span<std::byte> scratch;
  bool skip = false;  // its outputs are there already
};

}  // namespace

struct Session::State {
  std::shared_ptr<const Program> program;
  std::shared_ptr<const BoundProgram> bound;
  Isa isa = Isa::kScalar;
  bool keep_all = false;
  std::unique_ptr<ThreadPool> pool;
  std::vector<Step> steps;
  Arena arena;
  size_t arena_bytes = 0, arena_floor_bytes = 0;
  std::vector<void*> memory;   // by tensor; constants' too, which nobody writes
  std::vector<bool> readable;  // by tensor: contents survive Run
  bool observe_contents = true;
  std::vector<TensorView> observed;  // what an observer gets of one record
  std::vector<Tensor> copies;        // behind it
  std::atomic<bool> running = false;

  Status Plan();
  void MakeViews();
  std::span<const TensorView> Observed(size_t record);
};

// The outputs of a record, rows that lie apart copied together.
std::span<const TensorView> Session::State::Observed(size_t record) {
  const Step& step = steps[record];
  observed = step.outputs;
  copies.resize(std::max(copies.size(), observed.size()));
  for (size_t i = 0; i < observed.size(); ++i) {
    TensorView& view = observed[i];
    const auto t = static_cast<size_t>(program->records[record].outputs[i]);
    const int64_t row = view.shape.empty() ? 1 : view.shape.back();
    const int64_t pitch = bound->layout.pitch[t];
    if (pitch == row || view.size() == 0) {
      continue;
    }
    if (!observe_contents) {
      view.raw = nullptr;
      continue;
    }
    copies[i] = Tensor(view.dtype, program->tensors[t].shape);
    const size_t element = DTypeSize(view.dtype);
    for (int64_t r = 0; r < view.size() / row; ++r) {
      std::memcpy(
          static_cast<std::byte*>(copies[i].raw()) + static_cast<size_t>(r * row) * element,
          static_cast<const std::byte*>(view.raw) + static_cast<size_t>(r * pitch) * element,
          static_cast<size_t>(row) * element);
    }
    view.raw = copies[i].raw();
  }
  return observed;
}

Status Session::State::Plan() {
  const size_t tensors = program->tensors.size();
  const std::vector<TensorPlace>& place = bound->layout.place;
  std::vector<Block> blocks = MemoryBlocks(*bound, pool->threads(), keep_all);
  readable.assign(tensors, keep_all);
  for (size_t t = 0; t < tensors; ++t) {
    readable[t] = readable[t] || program->tensors[t].constant >= 0;
  }
  for (const std::vector<artifact::Port>* ports : {&program->inputs, &program->outputs}) {
    for (const artifact::Port& port : *ports) {
      readable[static_cast<size_t>(port.tensor)] = true;
    }
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
    } else if (const size_t offset = blocks[place[t].root].offset; offset != kNoOffset) {
      memory[t] = arena.get() + offset +
                  static_cast<size_t>(place[t].offset) * DTypeSize(program->tensors[t].dtype);
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
    std::unique_ptr<Session> session(new Session());
    State& state = *session->state_;
    state.keep_all = options.keep_all;
    if (options.isa.has_value()) {
      state.isa = *options.isa;
    } else {
      PLUMB_ASSIGN_OR_RETURN(state.isa, SelectIsa());
    }
    const bool in_place = options.in_place && !options.keep_all;
    PLUMB_ASSIGN_OR_RETURN(state.bound, BindProgram(std::move(program), state.isa,
                                                    in_place ? Sharing::kInPlace : Sharing::kNone));
    state.program = state.bound->program;
    for (size_t i = 0; i < state.bound->records.size(); ++i) {
      Step& step = state.steps.emplace_back();
      step.bound = state.bound->records[i].get();
      step.skip = state.bound->layout.skip[i];
    }
    state.observe_contents = options.observe_contents;
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
size_t Session::packed_bytes() const { return state_->bound->packed_bytes(); }

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
      observer(i, program().records[i], state_->Observed(i));
    }
  }
  return {};
}

}  // namespace plumb::runtime
