#include "plumb/verify/diagnose/operator_remedy.h"

#include <cmath>

#include "plumb/verify/closeness.h"
#include "plumb/verify/diagnose/program_part.h"
#include "plumb/verify/grid_values.h"

namespace plumb::verify {
namespace {

constexpr double kShows = 60;  // dB; what is nearer than that is no fault to be shown

// The subject's layer beside the model's, of the whole networks on the probe; empty when the model has no such tensor.
Result<std::optional<double>> SqnrAt(Case& c, const std::string& layer) {
  const Side& side = *c.input().subject;
  const artifact::Program& program = *side.program;
  PLUMB_ASSIGN_OR_RETURN(const auto* values, c.Values());
  const auto expected = values->find(ValueNameOf(layer));
  size_t tensor = 0;
  while (tensor < program.tensors.size() && program.tensors[tensor].name != layer) {
    ++tensor;
  }
  if (expected == values->end() || tensor == program.tensors.size()) {
    return std::optional<double>();
  }
  runtime::SessionOptions options;
  options.threads = c.input().threads;
  options.keep_all = true;
  PLUMB_ASSIGN_OR_RETURN(const auto session, runtime::Session::Create(side.program, options));
  PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> inputs, c.Inputs(side, c.probe()));
  std::vector<runtime::NamedTensor> named;
  for (size_t i = 0; i < inputs.size(); ++i) {
    named.push_back({program.inputs[i].name, std::move(inputs[i])});
  }
  PLUMB_RETURN_IF_ERROR(runtime::RunNamed(*session, named).status());
  const std::vector<float> made =
      RealValues(session->tensor(tensor), program.tensors[tensor].quantization);
  if (made.size() != expected->second.size()) {
    return std::optional<double>();
  }
  Closeness closeness;
  closeness.Add(expected->second, made);
  return std::optional(closeness.Sqnr());
}

}  // namespace

Result<std::string> OperatorRemedy(Case& c, const CasePaths& paths,
                                   const Explanation& explanation) {
  const bool has_file = c.probe() < paths.samples.size() && !paths.samples[c.probe()].empty();
  if (explanation.layer.empty() || c.input().graph == nullptr || !has_file) {
    return explanation.remedy;
  }
  PLUMB_ASSIGN_OR_RETURN(const std::optional<double> sqnr, SqnrAt(c, explanation.layer));
  if (!sqnr || *sqnr > kShows) {
    return explanation.remedy;
  }
  // The next whole number: the network as it is fails the check.
  return StrCat("plumb reduce ", paths.subject, " --against ", paths.model, " --data ",
                paths.samples[c.probe()], " --check 'sqnr(", explanation.layer, ")<",
                static_cast<int>(std::floor(*sqnr)) + 1, "' -o reduced");
}

}  // namespace plumb::verify
