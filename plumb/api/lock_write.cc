#include <algorithm>
#include <limits>

#include "plumb/api/lock.h"
#include "plumb/artifact/pack.h"
#include "plumb/base/base64.h"
#include "plumb/base/number_text.h"
#include "plumb/base/sha256.h"

namespace plumb {
namespace {

constexpr std::string_view kHeader =
    "# How an artifact was made, with everything that its bytes depend on beside the model.\n"
    "# The same bytes again, without the calibration samples:\n"
    "#     plumb convert --locked THIS_FILE MODEL -o OUT.plumb\n"
    "# Not for editing: each block below stands under its SHA-256. docs/how_to/reproduce.md\n";

std::string Quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += StrCat("\\x", kHex[byte >> 4], kHex[byte & 15]);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

template <typename Numbers>
std::string Joined(const Numbers& numbers) {
  std::string text;
  for (const auto& number : numbers) {
    text += (text.empty() ? "" : " ") + NumberText(number);
  }
  return text;
}

// Counts as LEB128, runs of zeros as a zero and their length less one.
std::string HistogramText(const std::vector<uint64_t>& histogram) {
  std::vector<std::byte> bytes;
  const auto put = [&](uint64_t value) {
    for (; value >= 128; value >>= 7) {
      bytes.push_back(static_cast<std::byte>((value & 127) | 128));
    }
    bytes.push_back(static_cast<std::byte>(value));
  };
  for (size_t i = 0; i < histogram.size(); ++i) {
    put(histogram[i]);
    if (histogram[i] == 0) {
      const size_t first = i;
      while (i + 1 < histogram.size() && histogram[i + 1] == 0) {
        ++i;
      }
      put(i - first);
    }
  }
  return ToBase64(bytes);
}

std::string FileLine(const artifact::FileDigest& file) {
  return StrCat("{name: ", Quoted(file.name), ", sha256: ", file.sha256, "}\n");
}

std::string MadeBy(const Lock& lock) {
  const artifact::Provenance& p = lock.provenance;
  return StrCat("made-by: {tool: ", Quoted(p.tool), ", version: ", Quoted(p.version),
                ", commit: ", Quoted(p.commit), ", format: ", lock.format,
                ", numerics: ", lock.numerics, "}\n");
}

std::string Files(std::string_view block, const std::vector<artifact::FileDigest>& files) {
  std::string text = StrCat(block, files.empty() ? ": []\n" : ":\n");
  for (const artifact::FileDigest& file : files) {
    text += "  - " + FileLine(file);
  }
  return text;
}

template <typename Pairs>
std::string PairLines(std::string_view block, const Pairs& pairs) {
  std::string text = StrCat(block, pairs.empty() ? ": []\n" : ":\n");
  for (const auto& [key, value] : pairs) {
    text += StrCat("  - [", Quoted(key), ", ", Quoted(value), "]\n");
  }
  return text;
}

std::string Passes(const std::vector<std::string>& passes) {
  std::string text = StrCat("passes:", passes.empty() ? " []\n" : "\n");
  for (const std::string& pass : passes) {
    text += StrCat("  - ", Quoted(pass), "\n");
  }
  return text;
}

std::string ArtifactBlock(const Lock& lock) {
  std::string text = StrCat("artifact:\n  bytes: ", lock.artifact_bytes,
                            "\n  sha256: ", lock.artifact_sha256, "\n  sections:\n");
  for (const LockSection& section : lock.sections) {
    text += StrCat("    - {name: ", Quoted(section.name), ", bytes: ", section.bytes,
                   ", sha256: ", section.sha256, "}\n");
  }
  return text;
}

std::string Ranges(const compile::NamedStats& ranges) {
  std::string text = StrCat("ranges:", ranges.empty() ? " []\n" : "\n");
  for (const auto& [name, s] : ranges) {
    text += StrCat("  - name: ", Quoted(name), "\n    range: ", NumberText(s.min), " ",
                   NumberText(s.max), "\n    rows: ", s.rows, "\n    count: ", s.count,
                   "\n    not-finite: ", s.not_finite, "\n");
    if (s.chosen) {
      text += StrCat("    observer: ", quant::ObserverName(*s.chosen), "\n");
    }
    if (!s.channel_min.empty()) {
      text += StrCat("    channel-low: ", Joined(s.channel_min),
                     "\n    channel-high: ", Joined(s.channel_max),
                     "\n    channel-mean: ", Joined(s.channel_mean), "\n");
    }
    if (!s.histogram.empty()) {
      text += StrCat("    histogram: ", HistogramText(s.histogram), "\n");
    }
  }
  return text;
}

// For reading; the section that is taken over follows as bytes.
std::string Quality(const artifact::Quality& q) {
  constexpr std::string_view kOutcomes[] = {"not run", "pass", "warning", "failure"};
  const auto name = [&](artifact::Outcome outcome) {
    return kOutcomes[std::min<size_t>(static_cast<size_t>(outcome), 3)];
  };
  std::string text = StrCat("quality:\n  verdict: ", name(q.verdict), "\n  rules:\n");
  for (const artifact::RuleResult& rule : q.rules) {
    text += StrCat("    - [", Quoted(rule.rule), ", ", name(rule.outcome), ", ",
                   Quoted(rule.evidence), "]\n");
  }
  text += "  numbers:\n";
  for (const auto& [key, value] : q.numbers) {
    text += StrCat("    - [", Quoted(key), ", ", NumberText(value), "]\n");
  }
  text += "  layers:  # SQNR in dB: alone, accumulated\n";
  for (const artifact::LayerQuality& layer : q.layers) {
    text += StrCat("    - [", Quoted(layer.name), ", ", NumberText(layer.sqnr_local), ", ",
                   NumberText(layer.sqnr_accumulated), "]\n");
  }
  return text + "  section: " + ToBase64(artifact::PackQuality(q)) + "\n";
}

std::string GoldenBlock(const artifact::Golden& golden) {
  return StrCat("golden:\n  vectors: ", golden.vectors.size(),
                "\n  section: ", ToBase64(artifact::PackGolden(golden)), "\n");
}

}  // namespace

std::vector<LockSection> SectionsOf(const artifact::Container& container) {
  std::vector<LockSection> sections;
  for (const artifact::Section& section : container.sections) {
    sections.push_back(
        {std::string(artifact::SectionName(section.id)), section.size, ToHex(section.sha256)});
  }
  return sections;
}

std::string LockText(const Lock& lock) {
  const artifact::Provenance& p = lock.provenance;
  const std::vector<std::pair<std::string_view, std::string>> blocks = {
      {"made-by", MadeBy(lock)},
      {"model", "model: " + FileLine(p.model)},
      {"options", PairLines("options", p.options)},
      {"passes", Passes(p.passes)},
      {"notes", PairLines("notes", p.notes)},
      {"calibration", Files("calibration", p.calibration)},
      {"artifact", ArtifactBlock(lock)},
      {"ranges", Ranges(lock.ranges)},
      {"quality", Quality(lock.quality)},
      {"golden", GoldenBlock(lock.golden)},
  };
  std::string text = std::string(kHeader) + "plumb-lock: 1\nsha256:\n";
  for (const auto& [name, block] : blocks) {
    text += StrCat("  ", name, ": ", BlockDigest(block), "\n");
  }
  for (const auto& [name, block] : blocks) {
    text += block;
  }
  return text;
}

std::string LockPathOf(const std::string& artifact) {
  constexpr std::string_view kEnding = ".plumb";
  return (artifact.ends_with(kEnding) ? artifact.substr(0, artifact.size() - kEnding.size())
                                      : artifact) +
         ".lock";
}

std::string RangesDigest(const compile::NamedStats& ranges) { return BlockDigest(Ranges(ranges)); }

std::string BlockDigest(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') {
      plain += text[i];
    }
  }
  return ToHex(Sha256::Of(std::as_bytes(std::span(plain))));
}

}  // namespace plumb
