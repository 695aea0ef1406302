#include "plumb/api/report_calibration.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "plumb/api/report_pictures.h"
#include "plumb/api/report_text.h"
#include "plumb/base/npy.h"
#include "plumb/base/sha256.h"
#include "plumb/lower/graph_runner.h"
#include "plumb/pictures/read_picture.h"

namespace plumb {
namespace {

constexpr size_t kMostSamples = 40;
constexpr size_t kShownOutliers = 4;
constexpr int kThumbnail = 320;
constexpr double kCovered = 0.95;

struct Range {
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();
  [[nodiscard]] bool seen() const { return low <= high; }
  void Add(const Range& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

// ranges[sample][value]
using Ranges = std::vector<std::vector<Range>>;

// Mean over the values of the share of the whole range that the first 1, 2, ... samples reach.
std::vector<double> CoverageOf(const Ranges& ranges, const std::vector<Range>& whole) {
  std::vector<double> coverage;
  std::vector<Range> so_far(whole.size());
  for (const std::vector<Range>& sample : ranges) {
    double sum = 0;
    size_t count = 0;
    for (size_t v = 0; v < whole.size(); ++v) {
      so_far[v].Add(sample[v]);
      if (whole[v].high > whole[v].low && so_far[v].seen()) {
        sum += (static_cast<double>(so_far[v].high) - so_far[v].low) /
               (static_cast<double>(whole[v].high) - whole[v].low);
        ++count;
      }
    }
    coverage.push_back(count == 0 ? 1 : sum / static_cast<double>(count));
  }
  return coverage;
}

// By sample: how much narrower the ranges would be without it, as the mean share over the values.
std::vector<double> StretchOf(const Ranges& ranges, const std::vector<Range>& whole) {
  std::vector<double> stretch(ranges.size(), 0);
  size_t count = 0;
  for (size_t v = 0; v < whole.size(); ++v) {
    if (!(whole[v].high > whole[v].low)) {
      continue;
    }
    ++count;
    const double width = static_cast<double>(whole[v].high) - whole[v].low;
    for (size_t s = 0; s < ranges.size(); ++s) {
      if (ranges[s][v].high < whole[v].high && ranges[s][v].low > whole[v].low) {
        continue;  // inside: nothing depends on it
      }
      Range others;
      for (size_t k = 0; k < ranges.size(); ++k) {
        if (k != s) {
          others.Add(ranges[k][v]);
        }
      }
      if (others.seen()) {
        stretch[s] += 1 - (static_cast<double>(others.high) - others.low) / width;
      }
    }
  }
  for (double& one : stretch) {
    one /= static_cast<double>(std::max<size_t>(1, count));
  }
  return stretch;
}

std::string NameOf(const SampleList& list, size_t index) {
  const Sample& sample = list.samples[index];
  return sample.files.empty() ? StrCat("sample ", index)
                              : std::filesystem::path(sample.files[0]).filename().string();
}

Result<report::Images> OutlierImages(const SampleList& list, const std::vector<size_t>& chosen,
                                     const std::vector<double>& stretch) {
  std::vector<size_t> order(chosen.size());
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return stretch[a] > stretch[b]; });
  report::Images row;
  row.title = "Samples that stretch the ranges most";
  for (const size_t i : order) {
    const Sample& sample = list.samples[chosen[i]];
    if (row.images.size() == kShownOutliers || sample.files.empty() ||
        !pictures::HasPictureName(sample.files[0])) {
      break;
    }
    PLUMB_ASSIGN_OR_RETURN(const Picture picture, pictures::ReadPicture(sample.files[0]));
    PLUMB_ASSIGN_OR_RETURN(
        report::Image image,
        ImageOf(picture, NameOf(list, chosen[i]),
                StrCat("ranges are ", PercentText(stretch[i]), " narrower without it"),
                kThumbnail));
    row.images.push_back(std::move(image));
  }
  return row;
}

// What these samples reach of the ranges that were calibrated, and where they go beyond them.
void AddAgainst(const ir::Graph& graph, const std::vector<Range>& whole,
                const compile::NamedStats& calibrated, std::vector<report::Block>& blocks) {
  struct Beyond {
    std::string name;
    Range ours;
    float low, high;
    double share;  // of the calibrated width
  };
  std::vector<Beyond> beyond;
  double reached = 0;
  size_t count = 0;
  for (size_t v = 0; v < whole.size(); ++v) {
    const auto found = calibrated.find(graph.value(static_cast<ir::ValueId>(v)).name);
    if (found == calibrated.end() || !found->second.seen || !whole[v].seen() ||
        !(found->second.max > found->second.min)) {
      continue;
    }
    const quant::ValueStats& stats = found->second;
    const double width = static_cast<double>(stats.max) - stats.min;
    const double inside =
        std::min<double>(whole[v].high, stats.max) - std::max<double>(whole[v].low, stats.min);
    reached += std::max(0.0, inside) / width;
    ++count;
    const double more = std::max(0.0, static_cast<double>(whole[v].high) - stats.max) +
                        std::max(0.0, static_cast<double>(stats.min) - whole[v].low);
    if (more > 0) {
      beyond.push_back({found->first, whole[v], stats.min, stats.max, more / width});
    }
  }
  if (count == 0) {
    return;
  }
  std::stable_sort(beyond.begin(), beyond.end(),
                   [](const Beyond& a, const Beyond& b) { return a.share > b.share; });
  blocks.emplace_back(report::Paragraph{
      StrCat("Of the ranges that were calibrated (the artifact's lock), these samples reach ",
             PercentText(reached / static_cast<double>(count)), "; in ", beyond.size(), " of ",
             count, " tensors they go beyond them.")});
  if (beyond.empty()) {
    return;
  }
  constexpr size_t kShown = 20;
  report::Table table;
  table.columns = {{"tensor"},       {"calibrated from", "", true},
                   {"to", "", true}, {"these samples from", "", true},
                   {"to", "", true}, {"beyond %", "of the width of the calibrated range", true}};
  for (size_t i = 0; i < std::min(kShown, beyond.size()); ++i) {
    const Beyond& b = beyond[i];
    const auto cell = [](double value) { return report::Cell{SignificantText(value), value}; };
    table.rows.push_back({"",
                          {{b.name},
                           cell(b.low),
                           cell(b.high),
                           cell(b.ours.low),
                           cell(b.ours.high),
                           {FixedText(100 * b.share, 1), 100 * b.share}},
                          {}});
  }
  blocks.emplace_back(std::move(table));
}

}  // namespace

size_t CalibrationFilesAmong(const artifact::Provenance& provenance, const SampleList& list) {
  std::set<std::string> given;
  for (const Sample& sample : list.samples) {
    for (const std::string& file : sample.files) {
      if (const auto bytes = ReadFileBytes(file); bytes.ok()) {
        given.insert(ToHex(Sha256::Of(*bytes)));
      }
    }
  }
  return static_cast<size_t>(
      std::count_if(provenance.calibration.begin(), provenance.calibration.end(),
                    [&](const artifact::FileDigest& file) { return given.contains(file.sha256); }));
}

Result<std::vector<report::Block>> CalibrationBlocks(const Model& model, const SampleList& list,
                                                     const compile::NamedStats* calibrated,
                                                     int threads, const Progress& progress) {
  std::vector<size_t> chosen;
  const size_t count = std::min(kMostSamples, list.samples.size());
  for (size_t i = 0; i < count; ++i) {
    chosen.push_back(i * list.samples.size() / count);
  }
  PLUMB_ASSIGN_OR_RETURN(auto runner, lower::GraphRunner::Create(*model.graph, threads));
  Ranges ranges;
  std::vector<Range> whole(model.graph->value_count());
  for (const size_t index : chosen) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs,
                           LoadSample(list, index, *model.program, model.io));
    std::vector<Range>& mine = ranges.emplace_back(whole.size());
    PLUMB_RETURN_IF_ERROR(runner
                              .Run(inputs,
                                   [&](ir::ValueId value, ConstTensorView tensor) {
                                     if (tensor.dtype != DType::kF32) {
                                       return;
                                     }
                                     Range& range = mine[static_cast<size_t>(value)];
                                     const float* x = tensor.data<float>();
                                     for (int64_t i = 0; i < tensor.size(); ++i) {
                                       if (std::isfinite(x[i])) {
                                         range.low = std::min(range.low, x[i]);
                                         range.high = std::max(range.high, x[i]);
                                       }
                                     }
                                   })
                              .status());
    for (size_t v = 0; v < whole.size(); ++v) {
      whole[v].Add(mine[v]);
    }
    if (progress) {
      progress("report: coverage", ranges.size(), chosen.size());
    }
  }
  const std::vector<double> coverage = CoverageOf(ranges, whole);
  const std::vector<double> stretch = StretchOf(ranges, whole);
  std::vector<report::Block> blocks;
  if (calibrated != nullptr) {
    AddAgainst(*model.graph, whole, *calibrated, blocks);
  }
  const auto enough = std::find_if(coverage.begin(), coverage.end(),
                                   [](double share) { return share >= kCovered; });
  const auto needed = static_cast<size_t>(enough - coverage.begin()) + 1;
  blocks.emplace_back(report::Paragraph{
      StrCat("Looked at ", chosen.size(), " of ", list.samples.size(), " samples. The first ",
             needed, needed == 1 ? " reaches " : " reach ", FixedText(100 * kCovered, 0),
             " % of the ranges that all of them reach",
             needed * 10 > chosen.size() * 9 && chosen.size() > 1
                 ? "; the ranges were still growing at the end: more, and more varied, pictures "
                   "would help."
                 : ".")});
  if (chosen.size() > 1) {
    report::Chart growth;
    growth.title = "Share of the ranges that the first samples reach";
    growth.x_title = "samples";
    growth.y_title = "percent of the ranges";
    report::Series covered{"covered", {}};
    report::Chart alone;
    alone.form = report::Chart::Form::kBars;
    alone.title = "How much narrower the ranges would be without a sample";
    alone.x_title = "sample";
    alone.y_title = "percent";
    report::Series stretched{"narrower without it", {}};
    for (size_t i = 0; i < chosen.size(); ++i) {
      growth.points.push_back(StrCat("up to ", NameOf(list, chosen[i])));
      alone.points.push_back(NameOf(list, chosen[i]));
      covered.values.push_back(100 * coverage[i]);
      stretched.values.push_back(100 * stretch[i]);
    }
    growth.series = {std::move(covered)};
    alone.series = {std::move(stretched)};
    blocks.emplace_back(std::move(growth));
    blocks.emplace_back(std::move(alone));
    PLUMB_ASSIGN_OR_RETURN(report::Images outliers, OutlierImages(list, chosen, stretch));
    if (!outliers.images.empty()) {
      blocks.emplace_back(std::move(outliers));
    }
  }
  return blocks;
}

}  // namespace plumb
