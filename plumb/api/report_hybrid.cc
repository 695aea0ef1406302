#include "plumb/api/report_hybrid.h"

#include <algorithm>

#include "plumb/api/report_text.h"
#include "plumb/base/status.h"

namespace plumb {
namespace {

double ShareOn16(const HybridPoint& point) {
  return static_cast<double>(point.macs_16) / static_cast<double>(std::max<int64_t>(point.macs, 1));
}

std::string Promoted(const HybridPoint& point) {
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < std::min(kShown, point.layers.size()); ++i) {
    text += StrCat(text.empty() ? "" : ", ", point.layers[i]);
  }
  return point.layers.size() > kShown ? StrCat(text, " and ", point.layers.size() - kShown, " more")
                                      : text;
}

}  // namespace

report::Section HybridSection(const AutoHybrid& hybrid) {
  report::Chart chart;
  chart.x_title = "products on 16 bits";
  chart.y_title = "SQNR, dB";
  report::Series series{"where the integers end", {}};
  report::Table table;
  table.columns = {
      {"layers", "in 16 bits, of those that could be", true},
      {"SQNR dB", "mean over the heads, or the outputs where there are none", true},
      {"cosine", "the worst of them", true},
      {"16 bits %", "share of the products on integers", true},
      {"bytes", "of weights, biases and tables", true},
      {"share %", "of the errors that all layers make alone, that of those added", true},
      {"added"}};
  size_t layers = 0;
  for (const HybridPoint& point : hybrid.curve) {
    layers += point.layers.size();
    chart.points.push_back(PercentText(ShareOn16(point)));
    series.values.push_back(point.sqnr);
    table.rows.push_back(
        {StrCat("hybrid-", table.rows.size()),
         {{std::to_string(layers), static_cast<double>(layers)},
          {DecibelText(point.sqnr), point.sqnr},
          {FixedText(point.cosine, 5), point.cosine},
          {FixedText(100 * ShareOn16(point), 1), ShareOn16(point)},
          {BytesText(static_cast<double>(point.bytes)), static_cast<double>(point.bytes)},
          {FixedText(100 * point.share, 1), point.share},
          {Promoted(point)}},
         {}});
  }
  chart.series = {std::move(series)};
  report::Section section{
      "hybrid",
      "Layers in 16 bits",
      StrCat("--auto-hybrid ", hybrid.target, hybrid.met ? "" : " (not met)", ": ", layers, " of ",
             hybrid.layers,
             " layers have 16 bits. Each point adds layers to those before it: what is left of the "
             "error, and what it costs."),
      {}};
  if (hybrid.curve.size() > 1) {
    section.blocks.emplace_back(std::move(chart));
  }
  section.blocks.emplace_back(std::move(table));
  return section;
}

}  // namespace plumb
