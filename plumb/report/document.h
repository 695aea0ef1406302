// What a report says, apart from how it looks: a title, a verdict, sections of blocks. Knows nothing of networks' results;
// who has them fills one in (plumb/api/report*.cc), html.h makes a page of it.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace plumb::report {

enum class Level { kNone, kPass, kWarning, kFailure, kSkipped };

inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

// A figure at the top: "97.4 %", "float detections found again".
struct Tile {
  std::string value, label;
  Level level = Level::kNone;
};

struct Paragraph {
  std::string text;
};

struct Fact {
  std::string key, value;
};
struct Facts {
  std::vector<Fact> facts;
};

// A rung, a rule or a hypothesis: what was looked at and what came out.
struct Check {
  std::string code;  // "V4", "S5"
  Level level = Level::kNone;
  std::string title;     // what the code stands for; may be empty
  std::string text;      // one sentence with its numbers
  std::string evidence;  // one line; may be empty
  std::string remedy;    // what to do; may be empty
  double seconds = kNoNumber;
};
struct Checks {
  std::vector<Check> checks;
};

// Two distributions over the same bins, and the limits of the grid they were calibrated to.
struct Histogram {
  std::string title, first_name, second_name;
  double low = 0, high = 0;           // of all bins together
  std::vector<double> first, second;  // share of the values, by bin
  double limit_low = kNoNumber, limit_high = kNoNumber;
};

// Least and greatest value of each channel, and of its grid.
struct ChannelRanges {
  std::string title;
  std::vector<double> low, high, limit_low, limit_high;
  size_t channels_each = 1;  // that stand behind one entry
};

// What a row of a table opens to.
struct Detail {
  std::vector<Fact> facts;
  std::optional<Histogram> histogram;
  std::optional<ChannelRanges> ranges;
};

struct Column {
  std::string title;
  std::string help;  // shown where the pointer rests on the title
  bool number = false;
};
struct Cell {
  std::string text;
  double value = kNoNumber;  // what a column of numbers is sorted by
  Level level = Level::kNone;
};
struct Row {
  std::string id;  // unique in the document; what a node of a Network leads to
  std::vector<Cell> cells;
  std::optional<Detail> detail;
};
// Sortable, and with a field to filter rows when there are many.
struct Table {
  std::vector<Column> columns;
  std::vector<Row> rows;
};

struct Image {
  std::string title, note;
  std::string media_type;  // "image/jpeg"
  std::string bytes;       // the file
  int width = 0, height = 0;
};
// Pictures side by side.
struct Images {
  std::string title;
  std::vector<Image> images;
};

struct Series {
  std::string name;
  std::vector<double> values;
};
struct Limit {
  std::string name;
  double value = 0;
};
// Series over the same points, as lines or as bars.
struct Chart {
  enum class Form { kLines, kBars } form = Form::kLines;
  std::string title, x_title, y_title;
  std::vector<std::string> points;  // name of each point
  std::vector<Series> series;
  std::vector<Limit> limits;      // horizontal lines
  double y_low = kNoNumber;       // where the scale begins; kNoNumber: where the values do
  std::vector<std::string> rows;  // by point: the row it leads to; or empty
};

// A graph whose nodes are coloured by one of several measures, chosen by the reader.
struct Measure {
  std::string name, unit;
  enum class Good { kHigh, kLow, kNeither } good = Good::kNeither;
  double low = 0, high = 1;             // ends of the colour scale
  std::vector<std::string> categories;  // values are indices into these; empty: numbers
};
struct Node {
  std::string name, kind;
  std::string row;             // of a table, or empty
  std::vector<size_t> inputs;  // nodes
  std::vector<double> values;  // by measure
};
struct Network {
  std::vector<Measure> measures;
  std::vector<Node> nodes;  // every one after its inputs
};

// What lies where in memory, and from which step to which.
struct Lifetime {
  std::string name, kind;
  size_t offset = 0, bytes = 0;
  int first = 0, last = 0;  // steps, both included
};
struct MemoryMap {
  std::vector<std::string> steps;  // their names
  std::vector<Lifetime> lifetimes;
  size_t bytes = 0;  // in all
};

struct Command {
  std::string purpose, line;
};
struct Commands {
  std::vector<Command> commands;
};

// Folded away until opened.
struct Preformatted {
  std::string title, text;
};

using Block = std::variant<Paragraph, Facts, Checks, Table, Images, Chart, Network, MemoryMap,
                           Commands, Preformatted>;

struct Section {
  std::string id;     // of the link to it
  std::string title;  // also in the list of contents
  std::string lead;   // how to read it, in a sentence or two
  std::vector<Block> blocks;
};

struct Document {
  std::string title;     // of what
  std::string subtitle;  // one line
  Level level = Level::kNone;
  std::string verdict;         // "pass with warnings"
  std::string headline;        // the answer in a sentence
  std::vector<Check> reasons;  // of the verdict, where it is no plain pass
  std::string next;            // the command to try next; may be empty
  std::vector<Tile> tiles;
  std::vector<std::string> left_out;  // what was dropped for the size's sake
  std::vector<Section> sections;
  std::string json;    // what --json prints; carried in the page as it is
  std::string footer;  // who made it

  // Appends an empty section.
  Section& Add(std::string id, std::string section_title, std::string lead) {
    return sections.emplace_back(
        Section{std::move(id), std::move(section_title), std::move(lead), {}});
  }
};

}  // namespace plumb::report
