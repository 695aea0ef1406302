// What plumb bench found, as JSON and as text.
#pragma once

#include <nlohmann/json.hpp>

#include "plumb/api/bench.h"
#include "plumb/cli/console.h"

namespace plumb::cli {

[[nodiscard]] nlohmann::ordered_json JsonOf(const BenchTimes& times);
[[nodiscard]] nlohmann::ordered_json JsonOf(const RecordTimes& times);
[[nodiscard]] nlohmann::ordered_json JsonOf(const BenchRow& row);

// A line for the row; with records their table, the most expensive first, and the peaks.
void PrintBenchRow(const Console& console, const BenchRow& row);

}  // namespace plumb::cli
