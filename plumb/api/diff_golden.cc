#include "plumb/api/diff_golden.h"

#include <algorithm>
#include <map>

#include "plumb/base/status.h"

namespace plumb {
namespace {

using artifact::GoldenResult;
using artifact::GoldenVector;
using artifact::Program;

bool SameInputs(const GoldenVector& a, const GoldenVector& b) {
  return std::ranges::equal(a.inputs, b.inputs, {}, &artifact::GoldenInput::hash,
                            &artifact::GoldenInput::hash);
}

// The tensor that a record makes, which has a name on both sides where the layer is in both.
std::string MadeBy(const Program& program, size_t record) {
  const artifact::Record& r = program.records[record];
  return r.outputs.empty() || r.outputs[0] < 0
             ? r.name
             : program.tensors[static_cast<size_t>(r.outputs[0])].name;
}

std::string ResultText(const GoldenVector& vector) {
  switch (vector.result) {
    case GoldenResult::kBoxes:
      return StrCat(vector.objects.size(), vector.objects.size() == 1 ? " box" : " boxes");
    case GoldenResult::kClasses:
      return vector.objects.empty() ? "no class" : StrCat("class ", vector.objects[0].label);
    case GoldenResult::kNone:
      break;
  }
  return "tensors only";
}

std::string RecordsText(const Program& a, const GoldenVector& x, const Program& b,
                        const GoldenVector& y) {
  std::map<std::string, uint64_t> theirs;
  for (size_t r = 0; r < y.hashes.size(); ++r) {
    theirs.emplace(MadeBy(b, r), y.hashes[r]);
  }
  size_t both = 0, differ = 0;
  std::string first;
  for (size_t r = 0; r < x.hashes.size(); ++r) {
    const std::string name = MadeBy(a, r);
    const auto other = theirs.find(name);
    if (other == theirs.end()) {
      continue;
    }
    ++both;
    if (other->second != x.hashes[r]) {
      first = differ == 0 ? name : first;
      ++differ;
    }
  }
  return differ == 0
             ? ""
             : StrCat(differ, " of ", both, " records make other bits, the first '", first, "'");
}

}  // namespace

std::vector<std::string> CompareGolden(const artifact::Artifact& a, const artifact::Artifact& b) {
  std::vector<std::string> lines;
  const std::vector<GoldenVector>&x = a.golden.vectors, &y = b.golden.vectors;
  if (x.size() != y.size()) {
    lines.push_back(StrCat(x.size(), " -> ", y.size(), " vectors"));
  }
  for (size_t v = 0; v < std::min(x.size(), y.size()); ++v) {
    const std::string name = StrCat("vector ", v, ": ");
    if (!SameInputs(x[v], y[v])) {
      lines.push_back(name + "another input");
      continue;
    }
    if (const std::string text = RecordsText(a.program, x[v], b.program, y[v]); !text.empty()) {
      lines.push_back(name + text);
    }
    if (x[v].result != y[v].result || x[v].objects != y[v].objects) {
      const std::string before = ResultText(x[v]), after = ResultText(y[v]);
      lines.push_back(StrCat(name, "the result ", before, " -> ", after,
                             before == after ? ", with other numbers" : ""));
    }
  }
  return lines;
}

}  // namespace plumb
