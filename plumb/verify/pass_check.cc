#include "plumb/verify/pass_check.h"

#include <utility>

#include "plumb/lower/lower.h"
#include "plumb/verify/closeness.h"

namespace plumb::verify {

Result<PassCheck> CheckPasses(std::span<const PassStep> steps, std::span<const Tensor> inputs,
                              int threads) {
  PassCheck check;
  std::vector<Tensor> before;
  for (const PassStep& step : steps) {
    Result<std::vector<Tensor>> run = lower::RunGraph(step.after, inputs, threads);
    if (!run.ok()) {
      return run.status().WithContext(StrCat("after pass '", step.name, "'"));
    }
    for (size_t i = 0; i < before.size(); ++i) {
      if (before[i].dtype() != DType::kF32 || (*run)[i].dtype() != DType::kF32) {
        continue;
      }
      Closeness closeness;
      closeness.Add(std::as_const(before[i]).values<float>(),
                    std::as_const((*run)[i]).values<float>());
      if (closeness.RelativeError() > check.worst) {
        check.worst = closeness.RelativeError();
        check.worst_pass = step.name;
      }
    }
    check.compared += before.empty() ? 0 : 1;
    before = std::move(run).value();
  }
  return check;
}

}  // namespace plumb::verify
