// Rules on tensors of any network: S6, S12, S13, S14.
#include <algorithm>
#include <limits>
#include <set>

#include "plumb/verify/rules.h"

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;

// Records that move values or only change their form: what shares a scale before still does after.
bool OnlyMoves(std::string_view op) {
  constexpr std::string_view kOps[] = {"dequantize", "transpose", "reshape",  "slice",
                                       "identity",   "squeeze",   "unsqueeze"};
  return std::find(std::begin(kOps), std::end(kOps), op) != std::end(kOps);
}

// The 8- or 16-bit tensor with one scale that an output's values come from unchanged; -1: none.
int32_t TensorBehind(const Program& program, size_t output) {
  if (output >= program.outputs.size()) {
    return -1;
  }
  int32_t t = program.outputs[output].tensor;
  for (;;) {
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(t)];
    if (info.dtype == DType::kS8 || info.dtype == DType::kS16) {
      return info.quantization.per_channel() || info.quantization.empty() ? -1 : t;
    }
    const Record* producer = nullptr;
    for (const Record& record : program.records) {
      if (std::find(record.outputs.begin(), record.outputs.end(), t) != record.outputs.end()) {
        producer = &record;
      }
    }
    if (producer == nullptr || !OnlyMoves(producer->op) || producer->inputs.empty() ||
        producer->inputs[0] < 0) {
      return -1;
    }
    t = producer->inputs[0];
  }
}

constexpr double kFewestValues = 4;  // beyond a grid, for S12

// How many values a sample has in the tensor of that name; unknown ones count as many.
double ValuesOf(const Program* program, std::string_view name) {
  if (program != nullptr) {
    for (const artifact::TensorInfo& info : program->tensors) {
      if (info.name == name) {
        return static_cast<double>(NumElements(info.shape));
      }
    }
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace

RuleResult CheckSharedScale(const RuleInput& input) {
  const artifact::DecodeContract& decode = *input.decode;
  const RoleRanges& roles = input.seen->roles;
  if (input.program == nullptr || roles.box.count == 0 || roles.classes.count == 0) {
    return NotApplicable("S6", "needs the integer network and its outputs");
  }
  // Scores that are probabilities may reach 1 on other pictures; raw ones are taken as they are.
  const float scores =
      decode.scores_activated
          ? 1.0f
          : std::max(roles.objectness.count > 0 ? roles.objectness.MaxMagnitude() : 0.0f,
                     roles.classes.MaxMagnitude());
  const float boxes = roles.box.MaxMagnitude();
  const double ratio = scores > 0 ? boxes / scores : 0;
  bool shared = false, wide = false;
  for (const artifact::DecodeOutput& output : decode.outputs) {
    if (output.role == artifact::OutputRole::kAll) {
      const int32_t t = TensorBehind(*input.program, static_cast<size_t>(output.output));
      shared |= t >= 0;
      wide |= t >= 0 && input.program->tensors[static_cast<size_t>(t)].dtype == DType::kS16;
    }
  }
  // Outputs of their own may still share one grid, which some converters force.
  std::set<float> scales;
  size_t separate = 0;
  for (const artifact::DecodeOutput& output : decode.outputs) {
    const int32_t t =
        output.role == artifact::OutputRole::kBox || output.role == artifact::OutputRole::kClasses
            ? TensorBehind(*input.program, static_cast<size_t>(output.output))
            : -1;
    if (t >= 0) {
      ++separate;
      scales.insert(input.program->tensors[static_cast<size_t>(t)].quantization.scale[0]);
    }
  }
  shared |= separate > 1 && scales.size() == 1;
  if (!shared) {
    return {"S6", false, false, "boxes and scores share no scale"};
  }
  const double most =
      input.gate.s6_range_ratio * (wide ? 256 : 1);  // 16 bits have 256 times the steps
  RuleResult r{"S6", ratio > most, false};
  r.evidence = StrCat("boxes reach ", boxes, ", scores ", scores, " on one scale");
  r.finding = StrCat("boxes and scores share one scale; boxes reach ", FixedText(ratio, 1),
                     " times as far");
  if (r.fired) {
    r.finding += StrCat(", expected at most ", FixedText(most, 0),
                        ": a step for boxes is too coarse for scores");
    r.fix = "convert without --one-scale-for-outputs, or end the model at its heads";
  }
  return r;
}

RuleResult CheckValues(const RuleInput& input) {
  for (const OutputObservation& output : input.seen->outputs) {
    if (output.not_finite > 0) {
      RuleResult r{"S12", true, true};
      r.evidence = StrCat(CountText(output.not_finite), " of ", CountText(output.elements),
                          " values of '", output.name, "' are NaN or infinite");
      r.finding = StrCat(
          "output '", output.name, "' holds NaN or infinity (", output.not_finite, " of ",
          output.elements, " values",
          input.seen->references > 0 ? StrCat("; float: ", output.reference_not_finite) : "", ")");
      r.fix = output.reference_not_finite > 0
                  ? "the float network does so too: look at the model and at what goes in"
                  : "plumb verify names the first layer that does";
      return r;
    }
  }
  if (input.layers != nullptr && !input.layers->finite) {
    return {"S12",
            true,
            true,
            StrCat("'", input.layers->not_finite, "' holds NaN or infinity"),
            true,
            "plumb verify names the first layer that does",
            "found while the layers were compared"};
  }
  const LayerError* worst = nullptr;
  double share = input.gate.s12_saturated;
  int count = 0;
  const std::span<const LayerError> layers =
      input.layers != nullptr ? std::span(input.layers->layers) : std::span<const LayerError>();
  for (const LayerError& layer : layers) {
    const double beyond = std::max(layer.outside, layer.saturated);
    // A handful of values, such as one of 96 averages, is no share.
    if (beyond * ValuesOf(input.program, layer.name) < kFewestValues) {
      continue;
    }
    count += beyond > input.gate.s12_saturated;
    if (beyond > share) {
      share = beyond;
      worst = &layer;
    }
  }
  if (worst != nullptr) {
    RuleResult r{"S12", true, input.calibration || share > input.gate.s12_other_samples};
    r.finding = StrCat(PercentText(share), " of the values of '", worst->name, "' (", worst->op,
                       ") lie beyond its calibrated range (expected at most ",
                       PercentText(input.gate.s12_saturated), "); ", count,
                       count == 1 ? " tensor is" : " tensors are", " concerned");
    r.evidence = StrCat("'", worst->name, "': ", PercentText(worst->outside), " outside, ",
                        PercentText(worst->saturated), " at the ends beyond what float explains");
    r.fix = "convert with more, and more varied, calibration pictures";
    return r;
  }
  return {"S12", false, true,
          input.layers != nullptr ? "no NaN, no infinity, no tensor beyond its calibrated range"
                                  : "no NaN, no infinity in the outputs"};
}

RuleResult CheckRepeats(const RuleInput& input) {
  if (input.seen->repeats == 0) {
    return NotApplicable("S13", "nothing was run twice");
  }
  RuleResult r{"S13", !input.seen->unrepeatable.empty(), true};
  r.evidence = StrCat(input.seen->repeats, " inputs run twice");
  r.finding = StrCat("a second run gives the same bits (", input.seen->repeats,
                     input.seen->repeats == 1 ? " input)" : " inputs)");
  if (r.fired) {
    r.finding = StrCat("output '", input.seen->unrepeatable,
                       "' is another one when the same input is run again");
    r.fix =
        "plumb run MODEL --input x.npy --hashes, twice: the first line that differs names the "
        "record; please report it with 'plumb doctor'";
  }
  return r;
}

RuleResult CheckConstant(const RuleInput& input) {
  const Observations& seen = *input.seen;
  const std::set<uint64_t> inputs(seen.input_hashes.begin(), seen.input_hashes.end());
  if (inputs.size() < 2) {
    return NotApplicable("S14", "needs two different inputs");
  }
  const auto varies = [](const std::vector<uint64_t>& hashes) {
    return std::any_of(hashes.begin(), hashes.end(), [&](uint64_t h) { return h != hashes[0]; });
  };
  // Some outputs are constant by nature (anchors, sizes), or zero where nothing is found: it is the
  // whole that must vary, or what varies in float.
  const OutputObservation* stuck = nullptr;
  bool any = false;
  for (const OutputObservation& output : seen.outputs) {
    any = any || varies(output.hashes);
    if (!varies(output.hashes) && varies(output.reference_hashes) && stuck == nullptr) {
      stuck = &output;
    }
  }
  RuleResult r{"S14", !any, true};
  r.evidence = StrCat(inputs.size(), " different inputs, ", seen.outputs.size(),
                      seen.outputs.size() == 1 ? " output" : " outputs");
  r.finding = StrCat("outputs differ for ", inputs.size(), " different inputs");
  if (!any) {
    r.finding = StrCat("the outputs are the same for ", inputs.size(),
                       " different inputs: does the input arrive, or did its range collapse?");
    r.fix = "plumb inspect MODEL: mean and std of the input; then convert again";
  } else if (stuck != nullptr) {
    r.fired = true;
    r.fails = false;
    r.finding = StrCat("output '", stuck->name, "' is the same for ", inputs.size(),
                       " different inputs, in float it varies");
    r.fix = "plumb verify names the layer whose range collapsed";
  }
  return r;
}

}  // namespace plumb::verify
