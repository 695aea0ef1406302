// H3, H4, H6, H7: the ranges that integers cover. The reference is converted with the subject's own ranges (its twin); what of
// the difference the twin shows is the ranges' doing. Then ranges are derived anew from the given pictures, for the worst
// tensor alone, for all that are unlike, for the heads, and the difference is measured again.
#include <algorithm>
#include <cmath>

#include "plumb/quant/range.h"
#include "plumb/verify/diagnose/foreign_results.h"
#include "plumb/verify/diagnose/hypothesis.h"
#include "plumb/verify/diagnose/program_part.h"

namespace plumb::verify {

struct RangeStudy {
  std::string evidence;  // when ranges are innocent
  std::vector<Explanation> calibration, outliers, saturation;
};

namespace {

constexpr double kMixedRatio =
    16;  // of the ranges of channels that share a scale, as rule S6 has it
constexpr double kClippedShare = 1e-3;  // of a tensor's values: more is no tail of a distribution
constexpr double kEnough = 0.8;
constexpr double kStandsOut = 0.6;
// What a range may cost a tensor before it is a fault by itself: a fiftieth of the variance, 17 dB. Eight bits cost 1/1000 to
// 1/100000 of it.
constexpr double kCostlyRange = 0.02;

struct Ends {
  double low = 0, high = 0;
};
Ends EndsOf(const Quantization& grid, size_t c) {
  const size_t i = grid.scale.size() == 1 ? 0 : std::min(c, grid.scale.size() - 1);
  return {grid.scale[i] * (-128.5 - grid.zero_point[i]),
          grid.scale[i] * (127.5 - grid.zero_point[i])};
}

struct TensorRange {
  std::string name;
  double clipped = 0;  // share of the values beyond the grid
  double width = 1;    // of the grid, in widths of the one that the pictures ask for
  double excess = 0;  // mean squared error above that of the other grid, in variances of the tensor
  Ends has, needs;
  bool zero_point = false;  // the scale is right, the zero point is not
};

double Variance(const quant::ValueStats& stats) {
  double n = 0, sum = 0, squares = 0;
  for (int b = 0; b < quant::kHistogramBins && !stats.histogram.empty(); ++b) {
    const auto k = static_cast<double>(stats.histogram[static_cast<size_t>(b)]);
    const double x = stats.BinCentre(b);
    n += k;
    sum += k * x;
    squares += k * x * x;
  }
  return n == 0 ? 0 : std::max(0.0, squares / n - (sum / n) * (sum / n));
}

// Mean squared error of a grid per channel, from what is known of each channel: rounding, and values beyond the grid taken as
// spread evenly from there to the channel's end.
double ChannelError(const quant::ValueStats& stats, const Quantization& grid) {
  double total = 0;
  const size_t channels = stats.channel_min.size();
  for (size_t c = 0; c < channels; ++c) {
    const Ends ends = EndsOf(grid, c);
    const double scale = grid.scale[grid.scale.size() == 1 ? 0 : c];
    const double span =
        std::max(1e-30, static_cast<double>(stats.channel_max[c]) - stats.channel_min[c]);
    total += scale * scale / 12;
    for (const double over : {stats.channel_max[c] - ends.high, ends.low - stats.channel_min[c]}) {
      if (over > 0) {
        total += over * over / 3 * std::min(1.0, over / span);
      }
    }
  }
  return channels == 0 ? 0 : total / static_cast<double>(channels);
}

double ErrorOf(const quant::ValueStats& stats, const Quantization& grid) {
  return grid.scale.size() == 1 ? quant::GridError(stats, grid) : ChannelError(stats, grid);
}

double ClippedShare(const quant::ValueStats& stats, const Quantization& grid) {
  double n = 0, out = 0;
  if (grid.scale.size() == 1) {
    const Ends ends = EndsOf(grid, 0);
    for (int b = 0; b < quant::kHistogramBins && !stats.histogram.empty(); ++b) {
      const auto k = static_cast<double>(stats.histogram[static_cast<size_t>(b)]);
      n += k;
      out += stats.BinCentre(b) < ends.low || stats.BinCentre(b) > ends.high ? k : 0;
    }
    return n == 0 ? 0 : out / n;
  }
  for (size_t c = 0; c < stats.channel_min.size(); ++c) {  // of the channels' spans
    const Ends ends = EndsOf(grid, c);
    const double span =
        std::max(1e-30, static_cast<double>(stats.channel_max[c]) - stats.channel_min[c]);
    out += std::clamp((std::max(0.0, stats.channel_max[c] - ends.high) +
                       std::max(0.0, ends.low - stats.channel_min[c])) /
                          span,
                      0.0, 1.0);
  }
  return stats.channel_min.empty() ? 0 : out / static_cast<double>(stats.channel_min.size());
}

// The tensors whose ranges are unlike those of the given pictures, worst first.
std::vector<TensorRange> UnlikeRanges(Case& c) {
  std::vector<TensorRange> list;
  const std::map<std::string, Quantization> fresh = c.GridsOf(*c.fresh());
  for (const auto& [name, grid] : c.SubjectGrids()) {
    const auto other = fresh.find(name);
    const auto value = c.graph().FindValue(name);
    if (other == fresh.end() || !value) {
      continue;
    }
    const quant::ValueStats& stats = c.stats()[static_cast<size_t>(*value)];
    const double variance = Variance(stats);
    if (!stats.seen || variance <= 0) {
      continue;
    }
    TensorRange range;
    range.name = name;
    range.clipped = ClippedShare(stats, grid);
    double log_width = 0;
    const size_t channels = std::max(grid.scale.size(), other->second.scale.size());
    for (size_t i = 0; i < channels; ++i) {
      log_width += std::log(grid.scale[grid.scale.size() == 1 ? 0 : i] /
                            other->second.scale[other->second.scale.size() == 1 ? 0 : i]);
    }
    range.width = std::exp(log_width / static_cast<double>(channels));
    range.excess = (ErrorOf(stats, grid) - ErrorOf(stats, other->second)) / variance;
    range.has = EndsOf(grid, 0);
    range.needs = {stats.min, stats.max};
    range.zero_point = range.width > 0.8 && range.width < 1.25 &&
                       std::abs(grid.zero_point[0] - other->second.zero_point[0]) > 24;
    list.push_back(std::move(range));
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.excess > b.excess; });
  return list;
}

Result<double> WithoutGrids(Case& c, const std::vector<std::string>& names) {
  PLUMB_ASSIGN_OR_RETURN(auto grids, c.TwinGrids());
  for (const std::string& name : names) {
    grids.erase(name);
  }
  PLUMB_ASSIGN_OR_RETURN(auto program, c.Convert(grids));
  PLUMB_ASSIGN_OR_RETURN(const SideResults results, c.RunWithReferenceContracts(program));
  return Compare(c.reference(), results).value();
}

std::string RangeText(const TensorRange& r) {
  return StrCat("'", r.name, "' holds ", FixedText(r.needs.low, 3), " to ",
                FixedText(r.needs.high, 3), " on these pictures, its integers reach from ",
                FixedText(r.has.low, 3), " to ", FixedText(r.has.high, 3), " (",
                PercentText(r.clipped), " of the values are cut off)");
}

// Values that only float operators read, or outputs, held on one scale for all channels.
std::vector<std::string> SharedHeads(Case& c, double& ratio, std::string& worst) {
  std::vector<std::string> names;
  const std::map<std::string, Quantization> fresh = c.GridsOf(*c.fresh());
  for (const auto& [name, grid] : c.SubjectGrids()) {
    const auto value = c.graph().FindValue(name);
    if (!value || grid.scale.size() != 1) {
      continue;
    }
    const quant::ValueStats& stats = c.stats()[static_cast<size_t>(*value)];
    const auto other = fresh.find(name);
    const bool finer = other == fresh.end() || other->second.scale.size() > 1;
    if (!finer || !stats.seen || stats.channel_max.size() < 2) {
      continue;
    }
    double least = 0, most = 0;
    for (size_t i = 0; i < stats.channel_max.size(); ++i) {
      const double reach =
          std::max(std::fabs(stats.channel_max[i]), std::fabs(stats.channel_min[i]));
      least = i == 0 ? reach : std::min(least, reach);
      most = std::max(most, reach);
    }
    names.push_back(name);
    if (most / std::max(least, 1e-12) > ratio) {
      ratio = most / std::max(least, 1e-12);
      worst = name;
    }
  }
  return names;
}

Result<std::shared_ptr<const RangeStudy>> StudyRanges(Case& c, const CasePaths& paths) {
  auto study = std::make_shared<RangeStudy>();
  std::vector<TensorRange> unlike = UnlikeRanges(c);
  // Channels of different size on one scale are another fault than a calibration (H4).
  double ratio = 0;
  std::string widest;
  const std::vector<std::string> heads = SharedHeads(c, ratio, widest);
  if (ratio > kMixedRatio) {
    std::erase_if(unlike, [&](const TensorRange& range) {
      return std::find(heads.begin(), heads.end(), range.name) != heads.end();
    });
  }
  if (unlike.empty()) {
    study->evidence = "no tensor's range can be compared";
    return std::shared_ptr<const RangeStudy>(study);
  }
  const TensorRange& worst = unlike[0];
  if (worst.excess < kCostlyRange) {
    study->evidence = StrCat("the ranges of ", unlike.size(),
                             " tensors suit these pictures; the worst, '", worst.name, "', costs ",
                             PercentText(std::max(0.0, worst.excess)), " of its variance");
    return std::shared_ptr<const RangeStudy>(study);
  }
  const auto twin = c.TwinDifference();
  if (!twin.ok()) {
    study->evidence =
        StrCat("the model cannot be rebuilt with these ranges: ", twin.status().message());
    return std::shared_ptr<const RangeStudy>(study);
  }
  PLUMB_ASSIGN_OR_RETURN(const double without, c.Explained(*twin));
  PLUMB_ASSIGN_OR_RETURN(const bool material, c.Material());
  if (without >= kEnough && material) {
    study->evidence = StrCat("the model, converted anew with the artifact's own ranges, is right: ",
                             PercentText(without), " of the difference is not theirs");
    return std::shared_ptr<const RangeStudy>(study);
  }
  std::vector<std::string> all;
  size_t narrow = 0, wide = 0;
  double narrow_excess = 0, wide_excess = 0;
  for (const TensorRange& r : unlike) {
    all.push_back(r.name);
    narrow += r.clipped > kClippedShare;
    wide += r.width > 2;
    (r.clipped > kClippedShare ? narrow_excess : wide_excess) += std::max(0.0, r.excess);
  }
  PLUMB_ASSIGN_OR_RETURN(const double floor, c.Floor());
  // Of what the ranges do; and of the whole difference.
  const double ranges = std::max(1e-9, *twin - floor);
  const auto share = [&](double left) { return std::clamp((*twin - left) / ranges, 0.0, 1.0); };
  PLUMB_ASSIGN_OR_RETURN(const double explained_by_twin,
                         c.Explained(c.difference().value() - ranges));
  // One tensor's range put right alone, and all others': what does more is the cause.
  PLUMB_ASSIGN_OR_RETURN(const double without_worst, WithoutGrids(c, {worst.name}));
  const double alone = share(without_worst);
  double others = 0;
  if (alone < kEnough) {
    PLUMB_ASSIGN_OR_RETURN(const double without_others,
                           WithoutGrids(c, {all.begin() + 1, all.end()}));
    others = share(without_others);
  }
  const double explained = alone * explained_by_twin;
  // Most of what all ranges cost is this one's: it stands alone, whatever share of a small difference it has.
  const bool stands_out = worst.excess > kStandsOut * (narrow_excess + wide_excess);
  if (alone >= kEnough || alone > others || stands_out) {
    Explanation e;
    e.certain = stands_out;
    e.explained = explained;
    e.evidence = StrCat(RangeText(worst), ", which costs ", PercentText(worst.excess),
                        " of its variance; with its range alone put right, ",
                        PercentText(explained), " of the difference is gone");
    e.remedy = ConvertCommand(paths, "");
    if (worst.zero_point) {
      e.cause = "zero-point";
      e.sentence =
          StrCat("One layer's zero point is wrong: '", worst.name, "' is cut off on one side.");
      study->saturation.push_back(e);
    } else if (worst.clipped > kClippedShare) {
      e.cause = "saturated-layer";
      e.sentence = StrCat("One layer saturates: the integers of '", worst.name,
                          "' do not reach as far as its values.");
      study->saturation.push_back(e);
    } else {
      e.cause = "activation-outlier";
      e.sentence = StrCat("One layer's range is far too wide: '", worst.name, "' uses 1/",
                          FixedText(worst.width, 0), " of its integers.");
      e.remedy = ConvertCommand(paths, "--observer percentile");
      study->outliers.push_back(e);
    }
    return std::shared_ptr<const RangeStudy>(study);
  }
  PLUMB_ASSIGN_OR_RETURN(const double twin_without_all, WithoutGrids(c, all));
  const double together = share(twin_without_all);
  Explanation e;
  e.explained = together * explained_by_twin;
  if (narrow_excess >= wide_excess) {
    e.cause = "calibration-narrow";
    e.sentence =
        "The calibration pictures were unlike these: they cover too little, and values are cut "
        "off.";
  } else {
    e.cause = "calibration-wide";
    e.sentence =
        "The calibration pictures were unlike these: they stretch the ranges, and steps are too "
        "coarse.";
  }
  e.evidence = StrCat(narrow, " of ", unlike.size(), " tensors are cut off, ", wide,
                      " use less than half of their integers; worst: ", RangeText(worst),
                      "; with ranges of these pictures, ", PercentText(e.explained),
                      " of the difference is gone");
  e.remedy = ConvertCommand(paths, narrow_excess >= wide_excess ? "" : "--observer percentile");
  study->calibration.push_back(e);
  return std::shared_ptr<const RangeStudy>(study);
}

Result<HypothesisResult> FromStudy(Case& c, const CasePaths& paths,
                                   std::vector<Explanation> RangeStudy::*which) {
  HypothesisResult result;
  if (!c.CanConvert() || !c.input().subject) {
    result.evidence = "needs the float model and an integer artifact";
    return result;
  }
  if (c.ranges == nullptr) {
    PLUMB_RETURN_IF_ERROR(c.Floor().status());
    PLUMB_ASSIGN_OR_RETURN(c.ranges, StudyRanges(c, paths));
  }
  result.explanations = (*c.ranges).*which;
  result.evidence = c.ranges->evidence.empty() ? "another look at the ranges explains it better"
                                               : c.ranges->evidence;
  return result;
}

}  // namespace

Result<HypothesisResult> TestCalibration(Case& c, const CasePaths& paths) {
  return FromStudy(c, paths, &RangeStudy::calibration);
}
Result<HypothesisResult> TestOutliers(Case& c, const CasePaths& paths) {
  return FromStudy(c, paths, &RangeStudy::outliers);
}
Result<HypothesisResult> TestSaturation(Case& c, const CasePaths& paths) {
  return c.input().subject ? FromStudy(c, paths, &RangeStudy::saturation)
                           : TestForeignRanges(c, paths);
}

Result<HypothesisResult> TestHeads(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.input().subject) {
    return TestForeignRanges(c, paths);
  }
  if (!c.CanConvert()) {
    result.evidence = "needs the float model and an integer artifact";
    return result;
  }
  PLUMB_RETURN_IF_ERROR(c.Floor().status());
  double ratio = 0;
  std::string worst;
  const std::vector<std::string> heads = SharedHeads(c, ratio, worst);
  // Outputs that a last rounding spoils: read what is in front of it.
  auto unrounded = std::make_shared<artifact::Program>(*c.input().subject->program);
  size_t rounded = 0;
  for (artifact::Port& port : unrounded->outputs) {
    for (const artifact::Record& record : unrounded->records) {
      if (record.op == "quantize" && record.outputs[0] == port.tensor &&
          unrounded->tensors[static_cast<size_t>(record.inputs[0])].dtype == DType::kF32 &&
          !record.attributes.Has("perm")) {
        port.tensor = record.inputs[0];
        ++rounded;
        break;
      }
    }
  }
  if ((heads.empty() || ratio <= kMixedRatio) && rounded == 0) {
    result.evidence = "no scale is shared by channels of different size";
    return result;
  }
  Side side = *c.input().subject;
  side.program = unrounded;
  PLUMB_ASSIGN_OR_RETURN(const SideResults results, c.Run(side));
  PLUMB_ASSIGN_OR_RETURN(double explained, c.Explained(Compare(c.reference(), results).value()));
  if (explained < kEnough && !heads.empty()) {
    if (const auto remaining = WithoutGrids(c, heads); remaining.ok()) {
      PLUMB_ASSIGN_OR_RETURN(const double together, c.Explained(*remaining));
      // Only what the heads' grids do, not what rebuilding everything else does.
      const auto twin = c.TwinDifference();
      const double twin_share = twin.ok() && rounded == 0 ? *c.Explained(*twin) : 0.0;
      explained = std::max(explained, together - twin_share);
    }
  }
  result.explanations.push_back(
      {"shared-head-scale",
       "Boxes and scores share one scale: a step that suits pixels is too coarse for scores.",
       StrCat(heads.size() + rounded, " tensors at the outputs have one scale for all channels",
              ratio > 0 ? StrCat(", whose ranges are up to ", FixedText(ratio, 0), " : 1 apart ('",
                                 worst, "')")
                        : std::string(),
              "; with scales of their own, ", PercentText(explained), " of the difference is gone"),
       ConvertCommand(paths, "") + "   # without --one-scale-for-outputs", explained, false});
  return result;
}

}  // namespace plumb::verify
