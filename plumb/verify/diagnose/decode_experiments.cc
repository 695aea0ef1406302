// H1 and H10 where the subject carries a decode contract: each thing in which it differs from the reference's is put right
// alone, on the subject's own tensors.
#include <algorithm>
#include <functional>

#include "plumb/verify/diagnose/foreign_results.h"
#include "plumb/verify/diagnose/hypothesis.h"
#include "plumb/vision/decode.h"

namespace plumb::verify {
namespace {

using artifact::DecodeContract;

struct Facet {
  std::string cause;
  std::string what;  // of the sentence: "the artifact ..., the model ..."
  std::string remedy;
  std::function<void(const DecodeContract& from, DecodeContract& to)> copy;
};

std::string Numbers(const std::vector<float>& values) {
  std::string text;
  for (const float v : values) {
    text += StrCat(text.empty() ? "" : ":", v);
  }
  return text;
}
std::string Numbers(const std::vector<int32_t>& values) {
  return Numbers(std::vector<float>(values.begin(), values.end()));
}

std::vector<float> AnchorsOf(const DecodeContract& c) {
  std::vector<std::pair<int32_t, const std::vector<float>*>> levels;
  for (const artifact::DecodeOutput& output : c.outputs) {
    levels.emplace_back(output.stride, &output.anchors);
  }
  std::stable_sort(levels.begin(), levels.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<float> all;
  for (const auto& [stride, anchors] : levels) {
    all.insert(all.end(), anchors->begin(), anchors->end());
  }
  return all;
}

template <typename Member>
void CopyOutputs(const DecodeContract& from, DecodeContract& to, Member member) {
  for (size_t i = 0; i < std::min(from.outputs.size(), to.outputs.size()); ++i) {
    to.outputs[i].*member = from.outputs[i].*member;
  }
}

template <typename Member>
bool OutputsDiffer(const DecodeContract& a, const DecodeContract& b, Member member) {
  return !std::equal(a.outputs.begin(), a.outputs.end(), b.outputs.begin(), b.outputs.end(),
                     [&](const auto& x, const auto& y) { return x.*member == y.*member; });
}

// Where the subject's contract (b) is not the reference's (a).
std::vector<Facet> FacetsOf(const DecodeContract& a, const DecodeContract& b,
                            const CasePaths& paths) {
  std::vector<Facet> facets;
  const std::string family(vision::FamilyName(a.family));
  const auto decode = [&](const std::string& key) {
    return ConvertCommand(paths, StrCat("--decode ", family, ",", key));
  };
  const auto add = [&](bool differs, Facet facet) {
    if (differs) {
      facets.push_back(std::move(facet));
    }
  };
  add(a.family != b.family,
      {"family",
       StrCat("reads the outputs as ", vision::FamilyName(b.family), ", the model's are ", family),
       ConvertCommand(paths, StrCat("--decode ", family)), [](const auto& from, auto& to) {
         const auto labels = to.labels;
         to = from;
         to.labels = labels;
       }});
  if (a.family != b.family) {
    return facets;
  }
  add(a.scores_activated != b.scores_activated,
      a.scores_activated
          ? Facet{"sigmoid-twice",
                  "applies a sigmoid to scores that the network has already put through one",
                  decode("sigmoid=in_graph"),
                  [](const auto& from, auto& to) { to.scores_activated = from.scores_activated; }}
          : Facet{"sigmoid-missing", "reads raw numbers as scores: the sigmoid is missing",
                  decode("sigmoid=raw"),
                  [](const auto& from, auto& to) { to.scores_activated = from.scores_activated; }});
  add(a.boxes_decoded != b.boxes_decoded,
      {"boxes-decoded",
       a.boxes_decoded ? "decodes boxes that the network has already decoded"
                       : "takes raw box numbers for pixels",
       decode(a.boxes_decoded ? "boxes=in_graph" : "boxes=raw"),
       [](const auto& from, auto& to) { to.boxes_decoded = from.boxes_decoded; }});
  add(AnchorsOf(a) != AnchorsOf(b),
      {"anchors",
       StrCat("uses the anchors of another model (", Numbers(AnchorsOf(b)), ", expected ",
              Numbers(AnchorsOf(a)), ")"),
       decode("anchors=" + Numbers(AnchorsOf(a))), [](const auto& from, auto& to) {
         CopyOutputs(from, to, &artifact::DecodeOutput::anchors);
       }});
  add(a.strides != b.strides || OutputsDiffer(a, b, &artifact::DecodeOutput::stride),
      {"strides",
       StrCat("uses other strides than the model (", Numbers(b.strides), ", expected ",
              Numbers(a.strides), ")"),
       decode("strides=" + Numbers(a.strides)), [](const auto& from, auto& to) {
         to.strides = from.strides;
         CopyOutputs(from, to, &artifact::DecodeOutput::stride);
       }});
  add(OutputsDiffer(a, b, &artifact::DecodeOutput::output) ||
          OutputsDiffer(a, b, &artifact::DecodeOutput::role) ||
          OutputsDiffer(a, b, &artifact::DecodeOutput::layout),
      {"output-roles", "takes one output for another, or reads it in another layout",
       ConvertCommand(paths, StrCat("--decode ", family)), [](const auto& from, auto& to) {
         CopyOutputs(from, to, &artifact::DecodeOutput::output);
         CopyOutputs(from, to, &artifact::DecodeOutput::role);
         CopyOutputs(from, to, &artifact::DecodeOutput::layout);
       }});
  add(a.classes != b.classes,
      {"classes", StrCat("reads ", b.classes, " classes, the model has ", a.classes),
       decode(StrCat("classes=", a.classes)),
       [](const auto& from, auto& to) { to.classes = from.classes; }});
  add(a.reg_max != b.reg_max,
      {"reg-max", StrCat("reads ", b.reg_max, " bins a side, the model has ", a.reg_max),
       decode(StrCat("reg_max=", a.reg_max)),
       [](const auto& from, auto& to) { to.reg_max = from.reg_max; }});
  add(a.class_agnostic_nms != b.class_agnostic_nms,
      {"nms-scope",
       b.class_agnostic_nms ? "suppresses boxes across classes, so that neighbours vanish"
                            : "suppresses boxes within a class only",
       decode(a.class_agnostic_nms ? "nms=agnostic" : "nms=class"),
       [](const auto& from, auto& to) { to.class_agnostic_nms = from.class_agnostic_nms; }});
  add(a.iou_threshold != b.iou_threshold,
      {"nms-threshold",
       StrCat("suppresses overlaps above ", b.iou_threshold, " instead of ", a.iou_threshold),
       decode(StrCat("iou=", a.iou_threshold)),
       [](const auto& from, auto& to) { to.iou_threshold = from.iou_threshold; }});
  add(a.max_detections != b.max_detections,
      {"nms-cap",
       StrCat("keeps at most ", b.max_detections, " boxes a picture instead of ", a.max_detections),
       decode(StrCat("max=", a.max_detections)),
       [](const auto& from, auto& to) { to.max_detections = from.max_detections; }});
  return facets;
}

Result<double> Remaining(Case& c, const DecodeContract& decode) {
  SideResults changed = c.subject();
  PLUMB_ASSIGN_OR_RETURN(changed.boxes, c.Boxes(c.input().subject->io, decode, c.subject()));
  return Compare(c.reference(), changed).value();
}

// The effect of one facet: put right in the subject; or, where the subject's tensors cannot be read so, put wrong in the
// reference.
Result<double> EffectOf(Case& c, const Facet& facet) {
  const DecodeContract& right = c.input().reference.decode;
  const DecodeContract& wrong = c.input().subject->decode;
  DecodeContract mended = wrong;
  facet.copy(right, mended);
  if (const auto remaining = Remaining(c, mended); remaining.ok()) {
    return c.Explained(*remaining);
  }
  DecodeContract broken = right;
  facet.copy(wrong, broken);
  SideResults reference = c.reference();
  auto boxes = c.Boxes(c.input().reference.io, broken, c.reference());
  if (!boxes.ok()) {
    return 0.0;
  }
  reference.boxes = std::move(*boxes);
  return c.Explained(Compare(reference, c.subject()).value());
}

std::string Sentence(const std::string& what) {
  return StrCat("The boxes are read wrongly: the artifact's decode contract ", what, ".");
}

}  // namespace

Result<HypothesisResult> TestDecoding(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.input().subject) {
    return TestForeignDecoding(c, paths);
  }
  const DecodeContract& right = c.input().reference.decode;
  const DecodeContract& wrong = c.input().subject->decode;
  if (right.labels != wrong.labels && right.classes == wrong.classes) {
    size_t differing = 0, first = 0;
    for (size_t i = right.labels.size(); i-- > 0;) {
      if (i >= wrong.labels.size() || right.labels[i] != wrong.labels[i]) {
        ++differing;
        first = i;
      }
    }
    const auto name = [&](const DecodeContract& d) {
      return first < d.labels.size() ? d.labels[first] : std::string("nothing");
    };
    const bool stated = wrong.labels_source == artifact::Source::kGiven &&
                        right.labels_source != artifact::Source::kGiven &&
                        right.labels_source != artifact::Source::kRecognized;
    if (!stated && differing > 0) {
      result.explanations.push_back(
          {"labels", Sentence("has other class names than the model"),
           StrCat(differing, " of ", right.labels.size(), " names differ: class ", first, " is '",
                  name(wrong), "', expected '", name(right), "'"),
           ConvertCommand(paths, "--labels NAMES.txt"), 0, true});
    }
  }
  const std::vector<Facet> facets = FacetsOf(right, wrong, paths);
  if (facets.empty() || !c.detector()) {
    result.evidence = "the artifact's decode contract is the model's";
    return result;
  }
  for (const Facet& facet : facets) {
    PLUMB_ASSIGN_OR_RETURN(const double explained, EffectOf(c, facet));
    size_t found = 0, expected = 0;
    for (size_t s = 0; s < c.count(); ++s) {
      found += c.subject().boxes[s].size();
      expected += c.reference().boxes[s].size();
    }
    result.explanations.push_back({facet.cause, Sentence(facet.what),
                                   StrCat("the artifact's boxes: ", found, ", the float model's: ",
                                          expected, "; with this alone put right, ",
                                          PercentText(explained), " of the difference is gone"),
                                   facet.remedy, explained, true});
  }
  std::stable_sort(result.explanations.begin(), result.explanations.end(),
                   [](const auto& a, const auto& b) { return a.explained > b.explained; });
  return result;
}

Result<HypothesisResult> TestThresholds(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.detector() || c.reference().boxes.empty() || c.subject().boxes.size() != c.count()) {
    result.evidence = "no boxes to compare";
    return result;
  }
  if (!c.input().subject) {
    return TestForeignThresholds(c, paths);
  }
  const DecodeContract& right = c.input().reference.decode;
  const DecodeContract& wrong = c.input().subject->decode;
  if (right.score_threshold == wrong.score_threshold) {
    result.evidence = StrCat("both sides use score ", right.score_threshold);
    return result;
  }
  Facet facet{"score-threshold", "", "",
              [](const auto& from, auto& to) { to.score_threshold = from.score_threshold; }};
  PLUMB_ASSIGN_OR_RETURN(const double explained, EffectOf(c, facet));
  result.explanations.push_back(
      {"score-threshold",
       StrCat("The boxes are cut off at another score: the artifact's threshold is ",
              wrong.score_threshold, ", the model's ", right.score_threshold, "."),
       StrCat("with the model's threshold, ", PercentText(explained), " of the difference is gone"),
       StrCat("plumb detect ", paths.subject, " PICTURE --score ", right.score_threshold),
       explained, true});
  return result;
}

}  // namespace plumb::verify
