// Elements a second of each function and instruction set, one thread, data in the first cache.
//
// Floor: the vector operations of the row's expression (numerics/elementary.h), two a cycle; relu
// and its like are bound by one load and one store a vector.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "plumb/kernels/unary/unary.h"

namespace plumb::kernels {
namespace {

void BM_Unary(benchmark::State& state, const UnaryF32* function) {
  std::vector<float> x(2048), y(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = (static_cast<float>(i) - 1024.0f) * 0.005f;
  }
  const float parameters[] = {0.5f, 0.25f};
  for (auto _ : state) {
    function->apply(x.data(), y.data(), static_cast<int64_t>(x.size()), parameters);
    benchmark::DoNotOptimize(y.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(x.size()));
}

const bool kRegistered = [] {
  for (Isa isa : AvailableIsas()) {
    for (const UnaryF32& function : UnaryF32Functions(isa)) {
      benchmark::RegisterBenchmark(
          (std::string(function.name) + "/" + std::string(IsaName(isa))).c_str(), BM_Unary,
          &function);
    }
  }
  return true;
}();

}  // namespace
}  // namespace plumb::kernels
