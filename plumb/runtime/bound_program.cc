#include "plumb/runtime/bound_program.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "plumb/artifact/validator.h"

namespace plumb::runtime {
namespace {

using artifact::Program;
using artifact::Record;

Result<std::unique_ptr<BoundRecord>> Bind(const Program& program, size_t index, Isa isa,
                                          const Pitches& pitches) {
  const Record& record = program.records[index];
  const RecordKind* kind = FindRecordKind(record.op, record.version);
  if (kind == nullptr) {
    return Incompatible("record ", index, " '", record.name, "' is of kind '", record.op,
                        "' version ", record.version,
                        ", which this runtime does not know; use the release of Plumb that made "
                        "the artifact, or newer");
  }
  auto bound = kind->bind(BindContext(program, record, isa, &pitches));
  return bound.ok() ? std::move(bound) : bound.status().WithContext(StrCat("record ", index));
}

// The pages stay mapped: what a record reads from them at run time comes back from the file.
void GiveBackPages(std::span<const std::byte> mapped) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(mapped.data()) / page * page;
  const auto end = reinterpret_cast<uintptr_t>(mapped.data() + mapped.size());
  if (end > begin) {
    // Advice: where it is not taken, nothing is lost but memory.
    (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

Result<std::shared_ptr<const BoundProgram>> BindNew(std::shared_ptr<const Program> program, Isa isa,
                                                    Sharing sharing) {
  PLUMB_RETURN_IF_ERROR(artifact::ValidateProgram(*program));
  auto bound = std::make_shared<BoundProgram>();
  bound->layout = PlanLayout(*program, sharing);
  for (size_t i = 0; i < program->records.size(); ++i) {
    PLUMB_ASSIGN_OR_RETURN(auto record, Bind(*program, i, isa, bound->layout.pitch));
    bound->records.push_back(std::move(record));
  }
  GiveBackPages(program->mapped);
  bound->program = std::move(program);
  return std::shared_ptr<const BoundProgram>(std::move(bound));
}

using Key = std::tuple<const Program*, Isa, Sharing>;
struct Cache {
  std::mutex mutex;
  // A program that is bound is kept alive by that, so that its address is its own.
  std::map<Key, std::weak_ptr<const BoundProgram>> bound;
};
Cache& TheCache() {
  static Cache cache;
  return cache;
}

}  // namespace

size_t BoundProgram::packed_bytes() const {
  size_t bytes = 0;
  for (const auto& record : records) {
    bytes += record->packed_bytes();
  }
  return bytes;
}

Result<std::shared_ptr<const BoundProgram>> BindProgram(std::shared_ptr<const Program> program,
                                                        Isa isa, Sharing sharing) {
  Cache& cache = TheCache();
  // Held while binding: of two sessions made at once the second one waits and shares.
  const std::lock_guard lock(cache.mutex);
  std::erase_if(cache.bound, [](const auto& entry) { return entry.second.expired(); });
  const Key key(program.get(), isa, sharing);
  if (const auto found = cache.bound.find(key); found != cache.bound.end()) {
    if (auto bound = found->second.lock()) {
      return bound;
    }
  }
  PLUMB_ASSIGN_OR_RETURN(std::shared_ptr<const BoundProgram> bound,
                         BindNew(std::move(program), isa, sharing));
  cache.bound[key] = bound;
  return bound;
}

std::vector<Block> MemoryBlocks(const BoundProgram& bound, int threads, bool keep_all) {
  const Program& program = *bound.program;
  const std::vector<TensorPlace>& place = bound.layout.place;
  const size_t tensors = program.tensors.size();
  const auto end = static_cast<int64_t>(program.records.size()) + 1;
  std::vector<Block> blocks(tensors + program.records.size());
  for (size_t t = 0; t < tensors; ++t) {
    const artifact::TensorInfo& info = program.tensors[t];
    if (place[t].root == t && info.constant < 0) {
      const size_t bytes = static_cast<size_t>(NumElements(info.shape)) * DTypeSize(info.dtype);
      blocks[t] = {bytes, keep_all ? 0 : end, keep_all ? end : -1};
    }
  }
  const auto use = [&](int32_t tensor, int64_t step) {
    if (tensor >= 0) {
      Block& block = blocks[place[static_cast<size_t>(tensor)].root];
      block.first = std::min(block.first, step);
      block.last = std::max(block.last, step);
    }
  };
  for (const artifact::Port& port : program.inputs) {  // kept for the next Run
    use(port.tensor, 0);
    use(port.tensor, end);
  }
  for (size_t i = 0; i < program.records.size(); ++i) {
    const auto step = static_cast<int64_t>(i) + 1;
    for (const int32_t t : program.records[i].inputs) {
      use(t, step);
    }
    for (const int32_t t : program.records[i].outputs) {
      use(t, step);
    }
    blocks[tensors + i] = {bound.records[i]->scratch_bytes(threads), step, step};
  }
  for (const artifact::Port& port : program.outputs) {
    use(port.tensor, end);
  }
  return blocks;
}

}  // namespace plumb::runtime
