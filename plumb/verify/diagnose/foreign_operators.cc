// H8 of given results: operators that another runtime computes in another way.
#include <algorithm>
#include <set>

#include "plumb/ir/extract.h"
#include "plumb/lower/lower.h"
#include "plumb/verify/diagnose/foreign_results.h"

namespace plumb::verify {

// With intermediate tensors in the dump: the first operator whose output is not what its own inputs ask for.
Result<HypothesisResult> TestForeignOperators(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (c.subject().outputs.empty() || c.input().graph == nullptr) {
    result.evidence = "needs tensors, and the model";
    return result;
  }
  const ir::Graph& graph = c.graph();
  const auto& dumped = c.subject().outputs[0];
  std::map<ir::ValueId, Tensor> known;
  PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> inputs, c.Inputs(c.input().reference, 0));
  for (size_t i = 0; i < inputs.size(); ++i) {
    known[graph.inputs[i].value] = std::move(inputs[i]);
  }
  const auto fit = [&](const std::string& name, ir::ValueId value) {
    for (const runtime::NamedTensor& t : dumped) {
      const Shape wanted = graph.value(value).type.shape();
      if (t.name != name || t.tensor.dtype() != DType::kF32) {
        continue;
      }
      if (t.tensor.shape() == wanted) {
        known[value] = t.tensor;
      } else if (t.tensor.shape().size() == 4 && wanted.size() == 4) {
        Tensor turned(DType::kF32, wanted);  // the canonical graph is NHWC
        const Shape& s = t.tensor.shape();
        if (s[0] == wanted[0] && s[1] == wanted[3] && s[2] == wanted[1] && s[3] == wanted[2]) {
          const auto plane = static_cast<size_t>(s[2] * s[3]), depth = static_cast<size_t>(s[1]);
          for (size_t i = 0; i < plane * depth; ++i) {
            turned.values<float>()[i % plane * depth + i / plane] = t.tensor.values<float>()[i];
          }
          known[value] = std::move(turned);
        }
      }
    }
  };
  for (size_t v = 0; v < graph.value_count(); ++v) {
    const auto id = static_cast<ir::ValueId>(v);
    if (graph.value(id).type.known() && graph.value(id).type.dtype == DType::kF32 &&
        graph.value(id).producer != ir::kNone) {
      fit(graph.value(id).name, id);
    }
  }
  for (const ir::Output& output : graph.outputs) {
    fit(output.name, output.value);
  }
  struct Found {
    std::string name, op;
    double error;
  };
  std::vector<Found> found;
  for (const ir::NodeId id : graph.Order()) {
    for (const ir::ValueId out : graph.node(id).outputs) {
      if (!known.contains(out)) {
        continue;
      }
      // From the nearest known values; values without any numbers given are computed.
      std::vector<ir::ValueId> from;
      std::set<ir::ValueId> seen;
      std::vector<ir::ValueId> open(graph.node(id).inputs.begin(), graph.node(id).inputs.end());
      std::string ops = graph.node(id).op;
      while (!open.empty()) {
        const ir::ValueId v = open.back();
        open.pop_back();
        if (v == ir::kNone || graph.IsConstant(v) || !seen.insert(v).second) {
          continue;
        }
        if (known.contains(v)) {
          from.push_back(v);
          continue;
        }
        const ir::Node& node = graph.node(graph.value(v).producer);
        ops = node.op + ", " + ops;
        open.insert(open.end(), node.inputs.begin(), node.inputs.end());
      }
      PLUMB_ASSIGN_OR_RETURN(const ir::Graph part,
                             ir::Extract(graph, from, std::vector<ir::ValueId>{out}));
      std::vector<Tensor> tensors;
      for (const ir::ValueId v : from) {
        tensors.push_back(known.at(v));
      }
      PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> made,
                             lower::RunGraph(part, tensors, c.input().threads));
      const Tensor* a[] = {&made[0]};
      const Tensor* b[] = {&known.at(out)};
      found.push_back({graph.value(out).name, ops, TensorDifference(a, b)});
    }
  }
  if (found.size() <= graph.outputs.size()) {
    result.evidence =
        "the dump holds outputs only: add intermediate tensors to it to see where it begins";
    return result;
  }
  std::vector<double> errors;
  for (const Found& f : found) {
    errors.push_back(f.error);
  }
  std::sort(errors.begin(), errors.end());
  const double usual = errors[errors.size() / 2];
  for (const Found& f : found) {
    if (f.error > 0.05 && f.error > 10 * usual) {
      result.explanations.push_back(
          {"other-operator",
           StrCat("The other runtime computes '", f.name, "' (", f.op, ") in another way."),
           StrCat("on its own inputs it is off by ", PercentText(f.error), " of its variance; the ",
                  found.size(), " parts of the dump are usually off by ", PercentText(usual)),
           StrCat("plumb run ", paths.model,
                  " --input PICTURE --as-picture --save FOLDER --keep-tensors"),
           0.9, true});
      return result;
    }
  }
  result.evidence = StrCat("each of ", found.size(), " parts of the dump follows from its inputs");
  return result;
}

}  // namespace plumb::verify
