#include "plumb/verify/diagnose/output_exchange.h"

#include <set>

#include "plumb/verify/diagnose/program_part.h"

namespace plumb::verify {

using artifact::Program;

namespace {

constexpr double kEnough = 0.8;

}  // namespace

Result<std::optional<Explanation>> SwappedOutputs(Case& c, const CasePaths& paths) {
  const SideResults& a = c.reference();
  const SideResults& b = c.subject();
  const size_t n = a.outputs.empty() ? 0 : a.outputs[0].size();
  if (n < 2 || b.outputs.size() != a.outputs.size() || b.outputs[0].size() != n) {
    return std::optional<Explanation>();
  }
  std::vector<size_t> best(n);
  bool moved = false;
  std::string text;
  for (size_t i = 0; i < n; ++i) {
    double least = 2;
    for (size_t j = 0; j < n; ++j) {
      std::vector<const Tensor*> x, y;
      for (size_t s = 0; s < a.outputs.size(); ++s) {
        x.push_back(&a.outputs[s][i].tensor);
        y.push_back(&b.outputs[s][j].tensor);
      }
      const double d = TensorDifference(x, y);
      if (d < least - (j == i ? 0.0 : 0.05)) {
        least = d;
        best[i] = j;
      }
    }
    if (best[i] != i && least < 0.5) {
      moved = true;
      text += StrCat(text.empty() ? "'" : ", '", b.outputs[0][best[i]].name, "' holds what '",
                     a.outputs[0][i].name, "' should");
    } else {
      best[i] = i;
    }
  }
  if (!moved) {
    return std::optional<Explanation>();
  }
  SideResults mended = b;
  for (size_t s = 0; s < b.outputs.size(); ++s) {
    for (size_t i = 0; i < n; ++i) {
      mended.outputs[s][i] = {a.outputs[s][i].name, b.outputs[s][best[i]].tensor};
    }
  }
  if (c.detector()) {
    auto boxes = c.Boxes(c.input().subject->io, c.input().subject->decode, mended);
    mended.boxes = boxes.ok() ? std::move(*boxes) : b.boxes;
  }
  PLUMB_ASSIGN_OR_RETURN(const double explained, c.Explained(Compare(a, mended).value()));
  return std::optional(Explanation{
      "swapped-outputs", "Outputs are exchanged: one has the name of another.",
      StrCat(text, "; put back, ", PercentText(explained), " of the difference is gone"),
      ConvertCommand(paths, ""), explained, explained > kEnough});
}

std::optional<Explanation> RenamedOutputs(const Program& subject, const Program& twin,
                                          const CasePaths& paths) {
  if (subject.outputs.size() != twin.outputs.size()) {
    return std::nullopt;
  }
  const auto value = [](const Program& p, const artifact::Port& port) {
    return ValueNameOf(p.tensors[static_cast<size_t>(port.tensor)].name);
  };
  std::map<std::string, std::string> expected;
  std::set<std::string> values;
  for (const artifact::Port& port : twin.outputs) {
    expected[port.name] = value(twin, port);
    values.insert(value(twin, port));
  }
  for (const artifact::Port& port : subject.outputs) {
    const auto right = expected.find(port.name);
    const std::string found = value(subject, port);
    if (right != expected.end() && right->second != found && values.contains(found)) {
      return Explanation{"swapped-outputs",
                         "Outputs are exchanged: one has the name of another.",
                         StrCat("output '", port.name, "' is made of '", found,
                                "', in the model of '", right->second, "'"),
                         ConvertCommand(paths, ""),
                         0,
                         true};
    }
  }
  return std::nullopt;
}

}  // namespace plumb::verify
