// Rules on classifiers and maps of classes: K1, K2, K3.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "plumb/verify/rules.h"

namespace plumb::verify {
namespace {

double Mean(const std::vector<double>& values) {
  return values.empty() ? 0
                        : std::accumulate(values.begin(), values.end(), 0.0) /
                              static_cast<double>(values.size());
}

struct Commonest {
  int label = -1;
  double share = 0;
};
Commonest CommonestOf(const std::vector<int>& labels) {
  std::map<int, int> count;
  Commonest most;
  for (const int label : labels) {
    const double share = static_cast<double>(++count[label]) / static_cast<double>(labels.size());
    if (share > most.share) {
      most = {label, share};
    }
  }
  return most;
}

std::string LabelText(const artifact::DecodeContract& decode, int label) {
  const auto at = static_cast<size_t>(label);
  return at < decode.labels.size() ? StrCat("'", decode.labels[at], "'") : StrCat("class ", label);
}

}  // namespace

RuleResult CheckEntropy(const RuleInput& input) {
  const ClassObservation &seen = input.seen->classes, &reference = input.seen->reference_classes;
  if (static_cast<int>(seen.entropies.size()) < input.gate.fewest_pairs ||
      input.decode->classes < 2) {
    return NotApplicable("K1", StrCat("too few pictures (", seen.entropies.size(), ") to judge"));
  }
  const double most = std::log(static_cast<double>(input.decode->classes));
  const double entropy = Mean(seen.entropies), wanted = Mean(reference.entropies);
  const bool has_reference = !reference.entropies.empty();
  const bool uniform = entropy > input.gate.k1_uniform * most &&
                       (!has_reference || wanted <= input.gate.k1_uniform * most);
  // Float that is sure of everything leaves nothing to collapse.
  const bool collapsed =
      has_reference && wanted > 0.1 * most && entropy < input.gate.k1_collapse * wanted;
  RuleResult r{"K1", uniform || collapsed, collapsed || (uniform && has_reference)};
  r.evidence = StrCat("mean entropy ", FixedText(entropy / most, 3), " of the greatest",
                      has_reference ? StrCat(", float ", FixedText(wanted / most, 3)) : "");
  r.finding = r.evidence;
  if (uniform) {
    r.finding = StrCat("every class is as likely as every other on all ", seen.entropies.size(),
                       " pictures (", r.evidence,
                       "): is the softmax applied twice, or does the picture not arrive?");
    r.fix =
        "--decode classifier,sigmoid=in_graph if the graph ends with a softmax; --mean and "
        "--std as in training";
  } else if (collapsed) {
    r.finding = StrCat("the integer network is far surer than float (", r.evidence,
                       "): its scores are stretched or stuck");
    r.fix = "--keep-float on the last layer, or more varied calibration pictures";
  }
  return r;
}

RuleResult CheckFirstClasses(const RuleInput& input) {
  const std::vector<int>&seen = input.seen->classes.first,
        &reference = input.seen->reference_classes.first;
  const std::set<uint64_t> inputs(input.seen->input_hashes.begin(), input.seen->input_hashes.end());
  if (static_cast<int>(inputs.size()) < input.gate.fewest_pairs || seen.empty()) {
    return NotApplicable("K2", StrCat("needs ", input.gate.fewest_pairs, " different pictures"));
  }
  const Commonest most = CommonestOf(seen), wanted = CommonestOf(reference);
  const bool one = most.share >= input.gate.k2_same_class;
  const bool float_varies = !reference.empty() && wanted.share < input.gate.k2_same_class;
  // Without float, pictures of one kind are as good an explanation, the more so with few classes.
  RuleResult r{"K2", one && (reference.empty() ? input.decode->classes > 2 : float_varies),
               float_varies};
  r.evidence = StrCat(PercentText(most.share), " of ", seen.size(), " pictures are ",
                      LabelText(*input.decode, most.label),
                      reference.empty() ? ""
                                        : StrCat("; float: ", PercentText(wanted.share), " are ",
                                                 LabelText(*input.decode, wanted.label)));
  r.finding = r.evidence;
  if (r.fired) {
    r.finding += float_varies ? ": the network no longer tells pictures apart"
                              : ": does the picture arrive as in training, or are they all alike?";
    r.fix =
        "--color, --mean and --std as in training; plumb verify, rung V3, tries the alternatives";
  }
  return r;
}

RuleResult CheckClassMap(const RuleInput& input) {
  const Observations& seen = *input.seen;
  if (seen.points == 0) {
    return NotApplicable("K3", "no output is a map of classes that float has too");
  }
  const double agreement = seen.points_agree / seen.points;
  double distance = 0;  // half the sum of differences: the share of pixels in other classes
  std::set<int64_t> labels;
  for (const auto* areas : {&seen.areas, &seen.reference_areas}) {
    for (const auto& [label, count] : *areas) {
      labels.insert(label);
    }
  }
  for (const int64_t label : labels) {
    const auto share = [&](const std::map<int64_t, double>& areas) {
      const auto at = areas.find(label);
      return at == areas.end() ? 0.0 : at->second / seen.points;
    };
    distance += std::abs(share(seen.areas) - share(seen.reference_areas)) / 2;
  }
  RuleResult r{"K3", agreement < input.gate.k3_agreement || distance > input.gate.k3_areas,
               agreement < input.gate.k3_agreement_fails};
  r.evidence = StrCat(PercentText(agreement),
                      " of the pixels have float's class; the areas of the "
                      "classes differ by ",
                      PercentText(distance));
  r.finding = r.evidence;
  if (r.fired) {
    r.finding += StrCat(", expected ", PercentText(input.gate.k3_agreement), " and ",
                        PercentText(input.gate.k3_areas));
    r.fix = "plumb verify names the layers that lose most";
  }
  return r;
}

}  // namespace plumb::verify
