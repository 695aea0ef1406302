#include "plumb/report/html.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include "plumb/base/base64.h"
#include "plumb/report/html_data.h"
#include "plumb/report_assets.h"

namespace plumb::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kManyColumns = 6;  // from here on a table takes the whole width
constexpr size_t kManyRows = 12;    // from here on a table can be filtered

std::string Escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// JSON inside a script element: "</script>" must not end it. Bytes that are no UTF-8 (a name out of a damaged file) become
// the replacement character.
std::string InScript(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view LevelClass(Level level) {
  switch (level) {
    case Level::kPass:
      return "pass";
    case Level::kWarning:
      return "warning";
    case Level::kFailure:
      return "failure";
    case Level::kSkipped:
      return "skipped";
    case Level::kNone:
      return "none";
  }
  return "none";
}

std::string_view LevelWord(Level level) {
  switch (level) {
    case Level::kPass:
      return "ok";
    case Level::kWarning:
      return "warning";
    case Level::kFailure:
      return "failure";
    case Level::kSkipped:
      return "not run";
    case Level::kNone:
      return "";
  }
  return "";
}

std::string Pill(Level level) {
  return StrCat("<span class=\"pill ", LevelClass(level), "\">", LevelWord(level), "</span>");
}

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f s", seconds);
  return std::isfinite(seconds) ? text : "";
}

// Writes blocks one after another; what the script draws is collected in `data`.
class Writer {
 public:
  [[nodiscard]] std::string TakeText() { return std::move(out_); }
  [[nodiscard]] const Json& data() const { return data_; }

  void Write(const Section& section) {
    out_ += StrCat("<section id=\"", section.id, "\"><h2>", Escaped(section.title), "</h2>\n");
    if (!section.lead.empty()) {
      out_ += StrCat("<p class=\"lead\">", Escaped(section.lead), "</p>\n");
    }
    for (const Block& block : section.blocks) {
      std::visit([this](const auto& b) { Write(b); }, block);
    }
    out_ += "</section>\n";
  }

 private:
  void Write(const Paragraph& p) { out_ += StrCat("<p>", Escaped(p.text), "</p>\n"); }

  void Write(const Facts& list) {
    out_ += "<dl class=\"facts\">";
    for (const Fact& fact : list.facts) {
      out_ += StrCat("<dt>", Escaped(fact.key), "</dt><dd>", Escaped(fact.value), "</dd>\n");
    }
    out_ += "</dl>\n";
  }

  void Write(const Checks& list) {
    out_ += "<table class=\"checks\"><tbody>\n";
    for (const Check& check : list.checks) {
      out_ += StrCat("<tr><th scope=\"row\">", Escaped(check.code), "</th><td>", Pill(check.level),
                     "</td><td>");
      if (!check.title.empty()) {
        out_ += StrCat("<strong>", Escaped(check.title), "</strong> ");
      }
      out_ += Escaped(check.text);
      if (!check.evidence.empty()) {
        out_ += StrCat("<div class=\"evidence\">", Escaped(check.evidence), "</div>");
      }
      if (!check.remedy.empty()) {
        out_ += StrCat("<div class=\"remedy\">What to do: ", Escaped(check.remedy), "</div>");
      }
      out_ += StrCat("</td><td class=\"number\">", Seconds(check.seconds), "</td></tr>\n");
    }
    out_ += "</tbody></table>\n";
  }

  void Write(const Table& table) {
    const bool opens = std::any_of(table.rows.begin(), table.rows.end(),
                                   [](const Row& row) { return row.detail.has_value(); });
    if (table.rows.size() > kManyRows) {
      out_ += StrCat(
          "<div class=\"tools\"><input type=\"search\" class=\"filter\" placeholder=\"filter ",
          table.rows.size(), " rows\" aria-label=\"filter rows\">");
      out_ += opens ? "<span>A click on a title sorts, a click on a row shows its distributions."
                      "</span></div>\n"
                    : "<span>A click on a title sorts.</span></div>\n";
    }
    out_ += "<div class=\"scroll\"><table class=\"sortable";
    out_ += table.columns.size() > kManyColumns ? " wide" : "";
    out_ += "\"><thead><tr>\n";
    for (const Column& column : table.columns) {
      out_ += StrCat("<th scope=\"col\" tabindex=\"0\"", column.number ? " class=\"number\"" : "",
                     " title=\"", Escaped(column.help), "\">", Escaped(column.title), "</th>");
    }
    out_ += "</tr></thead><tbody>\n";
    for (const Row& row : table.rows) {
      out_ += row.id.empty() ? "<tr" : StrCat("<tr id=\"", row.id, "\"");
      out_ += row.detail ? " class=\"opens\" tabindex=\"0\">" : ">";
      for (size_t i = 0; i < row.cells.size(); ++i) {
        Write(row.cells[i], table.columns[i]);
      }
      out_ += "</tr>\n";
      if (row.detail) {
        data_["details"][row.id] = DataOf(*row.detail);
      }
    }
    out_ += "</tbody></table></div>\n";
  }

  void Write(const Cell& cell, const Column& column) {
    out_ += "<td";
    if (column.number) {
      out_ += StrCat(" class=\"number ", LevelClass(cell.level), "\"");
      if (std::isfinite(cell.value)) {
        out_ += StrCat(" data-value=\"", cell.value, "\"");
      }
    } else if (cell.level != Level::kNone) {
      out_ += StrCat(" class=\"", LevelClass(cell.level), "\"");
    }
    out_ += StrCat(">", Escaped(cell.text), "</td>");
  }

  void Write(const Images& row) {
    if (!row.title.empty()) {
      out_ += StrCat("<h3>", Escaped(row.title), "</h3>\n");
    }
    out_ += StrCat("<div class=\"images n", std::min<size_t>(row.images.size(), 4), "\">\n");
    for (const Image& image : row.images) {
      out_ +=
          StrCat("<figure><img src=\"data:", image.media_type, ";base64,",
                 ToBase64(std::as_bytes(std::span(image.bytes))), "\" width=\"", image.width,
                 "\" height=\"", image.height, "\" alt=\"", Escaped(image.title),
                 "\"><figcaption><strong>", Escaped(image.title), "</strong>",
                 image.note.empty() ? "" : " " + Escaped(image.note), "</figcaption></figure>\n");
    }
    out_ += "</div>\n";
  }

  // A place that the script fills.
  void Place(std::string_view kind, Json data, const std::string& title) {
    const std::string id = StrCat("chart-", ++charts_);
    data["kind"] = kind;
    data_["charts"][id] = std::move(data);
    if (!title.empty()) {
      out_ += StrCat("<h3>", Escaped(title), "</h3>\n");
    }
    out_ += StrCat("<div class=\"chart ", kind, "\" id=\"", id, "\" role=\"img\" aria-label=\"",
                   Escaped(title.empty() ? std::string(kind) : title),
                   "\"><noscript>This chart is drawn by the page's script.</noscript></div>\n");
  }
  void Write(const Chart& chart) { Place("chart", DataOf(chart), chart.title); }
  void Write(const Network& network) { Place("network", DataOf(network), ""); }
  void Write(const MemoryMap& map) { Place("memory", DataOf(map), ""); }

  void Write(const Commands& list) {
    for (const Command& command : list.commands) {
      out_ += StrCat("<p class=\"purpose\">", Escaped(command.purpose),
                     "</p><pre class=\"command\"><code>", Escaped(command.line), "</code></pre>\n");
    }
  }

  void Write(const Preformatted& p) {
    out_ += StrCat("<details><summary>", Escaped(p.title), "</summary><pre>", Escaped(p.text),
                   "</pre></details>\n");
  }

  std::string out_;
  Json data_ = {{"charts", Json::object()}, {"details", Json::object()}};
  int charts_ = 0;
};

std::string Header(const Document& document) {
  std::string out =
      StrCat("<header class=\"top ", LevelClass(document.level), "\"><div class=\"titles\"><h1>",
             Escaped(document.title), "</h1><p>", Escaped(document.subtitle), "</p></div>",
             "<div class=\"verdict\"><span class=\"pill big ", LevelClass(document.level), "\">",
             Escaped(document.verdict), "</span><p class=\"headline\">", Escaped(document.headline),
             "</p>");
  if (!document.reasons.empty()) {
    out += "<ul class=\"reasons\">";
    for (const Check& reason : document.reasons) {
      out += StrCat("<li>", Pill(reason.level), " <strong>", Escaped(reason.code), "</strong> ",
                    Escaped(reason.text));
      if (!reason.remedy.empty()) {
        out += StrCat("<div class=\"remedy\">What to do: ", Escaped(reason.remedy), "</div>");
      }
      out += "</li>";
    }
    out += "</ul>";
  }
  if (!document.next.empty()) {
    out += StrCat("<p class=\"next\">Next: <code>", Escaped(document.next), "</code></p>");
  }
  out += "</div>\n<div class=\"tiles\">";
  for (const Tile& tile : document.tiles) {
    out += StrCat("<div class=\"tile ", LevelClass(tile.level), "\"><strong>", Escaped(tile.value),
                  "</strong><span>", Escaped(tile.label), "</span></div>");
  }
  out += "</div>";
  if (!document.left_out.empty()) {
    out += "<p class=\"left-out\">Left out, so that this file stays small: ";
    for (size_t i = 0; i < document.left_out.size(); ++i) {
      out += StrCat(i > 0 ? "; " : "", Escaped(document.left_out[i]));
    }
    out += ".</p>";
  }
  return out + "</header>\n";
}

std::string Contents(const Document& document) {
  std::string out;
  for (const Section& section : document.sections) {
    out += StrCat("<a href=\"#", section.id, "\">", Escaped(section.title), "</a>\n");
  }
  return out;
}

struct Slot {
  std::string_view name;
  std::string text;
};

// The template with "{{name}}" replaced.
std::string Filled(std::string_view page, std::span<const Slot> slots) {
  std::string out;
  size_t at = 0;
  while (true) {
    const size_t open = page.find("{{", at);
    if (open == std::string_view::npos) {
      return out.append(page.substr(at));
    }
    const size_t close = page.find("}}", open);
    const std::string_view name = page.substr(open + 2, close - open - 2);
    out.append(page.substr(at, open - at));
    const auto slot =
        std::find_if(slots.begin(), slots.end(), [&](const Slot& s) { return s.name == name; });
    PLUMB_CHECK(slot != slots.end()) << "report.html: nothing fills '" << name << "'";
    out += slot->text;
    at = close + 2;
  }
}

}  // namespace

Status HtmlAvailable() {
  if (assets::kEcharts.empty()) {
    return EnvironmentError(
        "this program was built without the HTML report (-DPLUMB_REPORT=OFF); build it with "
        "-DPLUMB_REPORT=ON, which fetches Apache ECharts from an npm registry");
  }
  return {};
}

Result<std::string> RenderHtml(const Document& document) {
  PLUMB_RETURN_IF_ERROR(HtmlAvailable());
  Writer writer;
  for (const Section& section : document.sections) {
    writer.Write(section);
  }
  const Slot slots[] = {
      {"title", Escaped(document.title)},
      {"style", std::string(assets::kStyle)},
      {"header", Header(document)},
      {"contents", Contents(document)},
      {"sections", writer.TakeText()},
      {"json", Escaped(document.json)},
      {"footer", Escaped(document.footer)},
      {"data", InScript(writer.data())},
      {"echarts", std::string(assets::kEcharts)},
      {"script", std::string(assets::kScript)},
  };
  return Filled(assets::kPage, slots);
}

}  // namespace plumb::report
