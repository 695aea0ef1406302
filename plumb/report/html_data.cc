#include "plumb/report/html_data.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace plumb::report {
namespace {

using Json = nlohmann::ordered_json;

// Four significant digits: enough to look at, and a page stays small. null where there is no number.
Json Short(double value) {
  if (!std::isfinite(value)) {
    return nullptr;
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  const double rounded = std::strtod(text, nullptr);
  if (rounded == std::floor(rounded) && std::fabs(rounded) < 1e15) {
    return static_cast<int64_t>(rounded);
  }
  return rounded;
}

Json Short(const std::vector<double>& values) {
  Json json = Json::array();
  for (const double value : values) {
    json.push_back(Short(value));
  }
  return json;
}

}  // namespace

Json DataOf(const Detail& detail) {
  Json json;
  json["facts"] = Json::array();
  for (const Fact& fact : detail.facts) {
    json["facts"].push_back({fact.key, fact.value});
  }
  if (detail.histogram) {
    const Histogram& h = *detail.histogram;
    json["histogram"] = {{"title", h.title},
                         {"names", {h.first_name, h.second_name}},
                         {"low", Short(h.low)},
                         {"high", Short(h.high)},
                         {"first", Short(h.first)},
                         {"second", Short(h.second)},
                         {"limits", {Short(h.limit_low), Short(h.limit_high)}}};
  }
  if (detail.ranges) {
    const ChannelRanges& r = *detail.ranges;
    json["ranges"] = {{"title", r.title},
                      {"low", Short(r.low)},
                      {"high", Short(r.high)},
                      {"limit_low", Short(r.limit_low)},
                      {"limit_high", Short(r.limit_high)},
                      {"each", r.channels_each}};
  }
  return json;
}

Json DataOf(const Chart& chart) {
  Json json = {{"form", chart.form == Chart::Form::kBars ? "bars" : "lines"},
               {"title", chart.title},
               {"x", chart.x_title},
               {"y", chart.y_title},
               {"low", Short(chart.y_low)},
               {"points", chart.points},
               {"rows", chart.rows}};
  json["series"] = Json::array();
  for (const Series& series : chart.series) {
    json["series"].push_back({{"name", series.name}, {"values", Short(series.values)}});
  }
  json["limits"] = Json::array();
  for (const Limit& limit : chart.limits) {
    json["limits"].push_back({{"name", limit.name}, {"value", Short(limit.value)}});
  }
  return json;
}

Json DataOf(const Network& network) {
  Json json;
  json["measures"] = Json::array();
  for (const Measure& m : network.measures) {
    json["measures"].push_back({{"name", m.name},
                                {"unit", m.unit},
                                {"good", m.good == Measure::Good::kHigh  ? "high"
                                         : m.good == Measure::Good::kLow ? "low"
                                                                         : "neither"},
                                {"low", Short(m.low)},
                                {"high", Short(m.high)},
                                {"categories", m.categories}});
  }
  json["nodes"] = Json::array();
  for (const Node& node : network.nodes) {
    json["nodes"].push_back({{"name", node.name},
                             {"kind", node.kind},
                             {"row", node.row},
                             {"inputs", node.inputs},
                             {"values", Short(node.values)}});
  }
  return json;
}

Json DataOf(const MemoryMap& map) {
  Json json = {{"steps", map.steps}, {"bytes", map.bytes}};
  json["lifetimes"] = Json::array();
  for (const Lifetime& l : map.lifetimes) {
    json["lifetimes"].push_back({l.name, l.kind, l.offset, l.bytes, l.first, l.last});
  }
  return json;
}

}  // namespace plumb::report
