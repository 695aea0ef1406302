#include "tests/fuzz/run_program.h"

#include "plumb/artifact/validator.h"
#include "plumb/runtime/session.h"

namespace plumb {

void TryProgram(std::shared_ptr<const artifact::Program> program) {
  constexpr size_t kMaxBytes = 1 << 18;
  size_t bytes = 0;
  for (const artifact::TensorInfo& info : program->tensors) {
    const auto size = artifact::TensorBytes(info.dtype, info.shape);
    bytes += size.ok() ? std::min(*size, kMaxBytes) : 0;
  }
  if (bytes > kMaxBytes || program->records.size() > 100) {
    return;
  }
  for (Isa isa : {Isa::kScalar, AvailableIsas().back()}) {
    auto session = runtime::Session::Create(program, {.threads = 1, .isa = isa});
    if (session.ok()) {
      PLUMB_CHECK((*session)->Run().ok());
    }
  }
}

}  // namespace plumb
