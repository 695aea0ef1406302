#include "plumb/verify/pass_check.h"

#include <utility>

#include "plumb/lower/lower.h"
#include "plumb/verify/closeness.h"

namespace plumb::verify {

namespace {

// Each of `steps` against the one before it.
Status Compare(std::span<const PassStep* const> steps, std::span<const Tensor> inputs, int threads,
               PassCheck& check) {
  std::vector<Tensor> before;
  for (const PassStep* step : steps) {
    Result<std::vector<Tensor>> run = lower::RunGraph(step->after, inputs, threads);
    if (!run.ok()) {
      return run.status().WithContext(StrCat("after pass '", step->name, "'"));
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
        check.worst_pass = step->name;
      }
    }
    before = std::move(run).value();
  }
  return {};
}

}  // namespace

Result<PassCheck> CheckPasses(std::span<const PassStep> steps, std::span<const Tensor> inputs,
                              const PassCheckOptions& options) {
  PassCheck check;
  check.passes = static_cast<int>(steps.size()) - 1;
  if (!options.every && steps.size() > 2) {
    const std::vector<const PassStep*> ends = {&steps.front(), &steps.back()};
    PLUMB_RETURN_IF_ERROR(Compare(ends, inputs, options.threads, check));
    if (check.worst <= options.tolerance) {
      check.ends_only = true;
      check.worst_pass.clear();  // the last one, which is not to blame
      return check;
    }
    check.worst = 0;
    check.worst_pass.clear();
  }
  std::vector<const PassStep*> all;
  for (const PassStep& step : steps) {
    all.push_back(&step);
  }
  PLUMB_RETURN_IF_ERROR(Compare(all, inputs, options.threads, check));
  return check;
}

}  // namespace plumb::verify
