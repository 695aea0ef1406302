#include "plumb/verify/pass_check.h"

#include <algorithm>
#include <utility>

#include "plumb/lower/lower.h"
#include "plumb/verify/closeness.h"

namespace plumb::verify {

namespace {

void Compare(std::span<const Tensor> before, std::span<const Tensor> after, const std::string& pass,
             PassCheck& check) {
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].dtype() != DType::kF32 || after[i].dtype() != DType::kF32) {
      continue;
    }
    Closeness closeness;
    closeness.Add(before[i].values<float>(), after[i].values<float>());
    if (closeness.RelativeError() > check.worst) {
      check.worst = closeness.RelativeError();
      check.worst_pass = pass;
    }
  }
}

Result<std::vector<Tensor>> RunStep(const PassStep& step, std::span<const Tensor> inputs,
                                    int threads) {
  Result<std::vector<Tensor>> run = lower::RunGraph(step.after, inputs, threads);
  if (!run.ok()) {
    return run.status().WithContext(StrCat("after pass '", step.name, "'"));
  }
  return run;
}

}  // namespace

std::span<const PassStep> StepsThatRun(std::span<const PassStep> steps) {
  const auto first =
      std::ranges::find_if(steps, [](const PassStep& s) { return s.name == "convert_layout"; });
  return first == steps.end() ? steps : std::span(first, steps.end());
}

Result<PassCheck> CheckPasses(std::span<const PassStep> steps, std::span<const Tensor> inputs,
                              const PassCheckOptions& options) {
  PassCheck check;
  check.passes = static_cast<int>(steps.size()) - 1;
  if (check.passes < 1) {
    return check;
  }
  PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> before,
                         RunStep(steps.front(), inputs, options.threads));
  if (!options.every) {
    std::vector<Tensor> last;
    for (const runtime::NamedTensor& known : options.last) {
      last.push_back(known.tensor);
    }
    if (last.size() != before.size()) {
      PLUMB_ASSIGN_OR_RETURN(last, RunStep(steps.back(), inputs, options.threads));
    }
    Compare(before, last, "", check);
    if (check.worst <= options.tolerance) {
      check.ends_only = true;
      return check;
    }
    check.worst = 0;
  }
  for (const PassStep& step : steps.subspan(1)) {
    PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> after, RunStep(step, inputs, options.threads));
    Compare(before, after, step.name, check);
    before = std::move(after);
  }
  return check;
}

}  // namespace plumb::verify
