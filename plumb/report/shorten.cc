#include "plumb/report/shorten.h"

#include <algorithm>
#include <array>
#include <utility>

#include "plumb/report/html.h"

namespace plumb::report {
namespace {

template <typename B>
void ForEach(Document& document, const auto& visit) {
  for (Section& section : document.sections) {
    for (Block& block : section.blocks) {
      if (B* one = std::get_if<B>(&block)) {
        visit(*one);
      }
    }
  }
}

template <typename B>
void Remove(Document& document) {
  for (Section& section : document.sections) {
    std::erase_if(section.blocks,
                  [](const Block& block) { return std::holds_alternative<B>(block); });
  }
}

void ForEachDetail(Document& document, const auto& visit) {
  ForEach<Table>(document, [&](Table& table) {
    for (Row& row : table.rows) {
      if (row.detail) {
        visit(*row.detail);
      }
    }
  });
}

void LeaveOutRanges(Document& document) {
  ForEachDetail(document, [](Detail& detail) { detail.ranges.reset(); });
}

void LeaveOutHistograms(Document& document) {
  ForEachDetail(document, [](Detail& detail) { detail.histogram.reset(); });
}

// The first row of a section shows what it is about.
void LeaveOutMorePictures(Document& document) {
  for (Section& section : document.sections) {
    bool first = true;
    std::erase_if(section.blocks, [&](const Block& block) {
      return std::holds_alternative<Images>(block) && !std::exchange(first, false);
    });
  }
}

void LeaveOutJson(Document& document) { document.json.clear(); }

void LeaveOutDrawings(Document& document) {
  Remove<Network>(document);
  Remove<MemoryMap>(document);
}

constexpr size_t kMostRows = 300;

void LeaveOutRows(Document& document) {
  ForEach<Table>(document,
                 [](Table& table) { table.rows.resize(std::min(table.rows.size(), kMostRows)); });
}

struct Omission {
  const char* what;
  void (*leave_out)(Document&);
};

// What tells least for its size comes first.
constexpr std::array<Omission, 8> kOmissions = {{
    {"the ranges of the layers' channels", LeaveOutRanges},
    {"the layers' histograms", LeaveOutHistograms},
    {"all pictures but the first of each section", LeaveOutMorePictures},
    {"lists of files", Remove<Preformatted>},
    {"the machine output (--json prints it)", LeaveOutJson},
    {"the graph and the memory timeline", LeaveOutDrawings},
    {"the other pictures", Remove<Images>},
    {"rows of tables after the first 300 (--json has all)", LeaveOutRows},
}};

}  // namespace

Result<std::string> RenderWithin(Document document, size_t most_bytes) {
  PLUMB_ASSIGN_OR_RETURN(std::string page, RenderHtml(document));
  for (const Omission& omission : kOmissions) {
    if (page.size() <= most_bytes) {
      return page;
    }
    omission.leave_out(document);
    std::erase_if(document.sections, [](const Section& section) { return section.blocks.empty(); });
    document.left_out.emplace_back(omission.what);
    PLUMB_ASSIGN_OR_RETURN(page, RenderHtml(document));
  }
  if (page.size() > most_bytes) {
    return ResourceError("the report takes ", page.size(),
                         " bytes without its pictures and charts; "
                         "expected at most ",
                         most_bytes, ". --json prints what it holds");
  }
  return page;
}

}  // namespace plumb::report
