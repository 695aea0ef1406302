#include "plumb/api/report_memory.h"

#include "plumb/api/report_text.h"
#include "plumb/base/cpu.h"
#include "plumb/runtime/bound_program.h"
#include "plumb/runtime/plan.h"

namespace plumb {

Result<report::MemoryMap> MemoryMapOf(std::shared_ptr<const artifact::Program> program,
                                      int threads) {
  PLUMB_ASSIGN_OR_RETURN(const Isa isa, SelectIsa());
  PLUMB_ASSIGN_OR_RETURN(const auto bound,
                         runtime::BindProgram(program, isa, runtime::Sharing::kInPlace));
  std::vector<runtime::Block> blocks = runtime::MemoryBlocks(*bound, threads, false);
  report::MemoryMap map;
  map.bytes = runtime::PlanArena(blocks);
  map.steps.emplace_back("inputs");
  for (const artifact::Record& record : program->records) {
    map.steps.push_back(record.name);
  }
  map.steps.emplace_back("outputs");
  const size_t tensors = program->tensors.size();
  for (size_t i = 0; i < blocks.size(); ++i) {
    const runtime::Block& block = blocks[i];
    if (block.bytes == 0 || block.offset == runtime::kNoOffset) {
      continue;
    }
    const bool scratch = i >= tensors;
    const std::string kind = scratch ? "scratch" : TypeText(program->tensors[i].dtype) + " tensors";
    map.lifetimes.push_back(
        {scratch ? program->records[i - tensors].name : program->tensors[i].name, kind,
         block.offset, block.bytes, static_cast<int>(block.first), static_cast<int>(block.last)});
  }
  return map;
}

}  // namespace plumb
