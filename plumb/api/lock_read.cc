#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "plumb/api/lock.h"
#include "plumb/api/yaml_tree.h"
#include "plumb/artifact/pack.h"
#include "plumb/base/base64.h"
#include "plumb/base/npy.h"
#include "plumb/base/number_text.h"

namespace plumb {
namespace {

constexpr uint64_t kMostBytes = uint64_t{256} << 20;
constexpr std::string_view kStamp = "plumb-lock:";
constexpr std::array<std::string_view, 10> kBlocks = {
    "made-by",     "model",    "options", "passes",  "notes",
    "calibration", "artifact", "ranges",  "quality", "golden"};

template <typename... Args>
Status Wrong(const YamlNode& node, const Args&... args) {
  return UsageError("line ", node.line, ": ", args...);
}

using Kind = YamlNode::Kind;

Result<const YamlNode*> Require(const YamlNode& map, std::string_view key, Kind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"one text", "a list", "a map"};
  const YamlNode* node = map.Find(key);
  if (node == nullptr) {
    return Wrong(map, "'", key, "' is missing");
  }
  if (node->kind != kind) {
    return Wrong(*node, "'", key, "' is ", kNames[static_cast<size_t>(node->kind)], "; expected ",
                 kNames[static_cast<size_t>(kind)]);
  }
  return node;
}

Status ReadText(const YamlNode& map, std::string_view key, std::string& text) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* node, Require(map, key, Kind::kText));
  text = node->text;
  return {};
}

template <typename T>
Status ReadNumber(const YamlNode& map, std::string_view key, T& number) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* node, Require(map, key, Kind::kText));
  return NumberFrom(node->text, number) ? Status()
                                        : Wrong(*node, "'", key, "': a number expected, found '",
                                                node->text.substr(0, 40), "'");
}

Status ReadSha(const YamlNode& map, std::string_view key, std::string& sha) {
  PLUMB_RETURN_IF_ERROR(ReadText(map, key, sha));
  const bool good =
      sha.size() == 64 && sha.find_first_not_of("0123456789abcdef") == std::string::npos;
  return good ? Status()
              : Wrong(*map.Find(key), "'", key, "': 64 hexadecimal digits expected, found '",
                      sha.substr(0, 70), "'");
}

Status ReadFile(const YamlNode& node, artifact::FileDigest& file) {
  PLUMB_RETURN_IF_ERROR(ReadText(node, "name", file.name));
  return ReadSha(node, "sha256", file.sha256);
}

// Numbers with blanks between, all finite, `count` of them.
template <typename T>
Status ReadNumbers(const YamlNode& map, std::string_view key, size_t count,
                   std::vector<T>& numbers) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* node, Require(map, key, Kind::kText));
  const std::string_view text = node->text;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    T number = 0;
    if (!NumberFrom(text.substr(begin, end - begin), number) || !std::isfinite(number)) {
      return Wrong(*node, "'", key,
                   "': finite numbers with single blanks between expected, found '",
                   text.substr(begin, std::min<size_t>(end - begin, 40)), "'");
    }
    numbers.push_back(number);
    begin = end + 1;
  }
  return numbers.size() == count
             ? Status()
             : Wrong(*node, "'", key, "': ", numbers.size(), " numbers; expected ", count);
}

Result<std::vector<std::byte>> ReadBytes(const YamlNode& map, std::string_view key) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* node, Require(map, key, Kind::kText));
  auto bytes = FromBase64(node->text);
  return bytes.ok() ? std::move(bytes) : Wrong(*node, "'", key, "': ", bytes.status().message());
}

Status ReadHistogram(const YamlNode& map, std::vector<uint64_t>& histogram) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadBytes(map, "histogram"));
  size_t at = 0;
  const auto take = [&](uint64_t& value) {
    value = 0;
    for (int shift = 0; at < bytes.size() && shift < 63; shift += 7) {
      const auto byte = std::to_integer<uint64_t>(bytes[at++]);
      value |= (byte & 127) << shift;
      if (byte < 128) {
        return true;
      }
    }
    return false;
  };
  const auto wrong = [&] {
    return Wrong(*map.Find("histogram"), "'histogram' does not hold ", quant::kHistogramBins,
                 " counts");
  };
  while (at < bytes.size()) {
    uint64_t value = 0, more = 0;
    if (!take(value) || (value == 0 && !take(more)) || more >= quant::kHistogramBins) {
      return wrong();
    }
    histogram.insert(histogram.end(), static_cast<size_t>(more) + 1, value);
    if (histogram.size() > quant::kHistogramBins) {
      return wrong();
    }
  }
  return histogram.size() == quant::kHistogramBins ? Status() : wrong();
}

size_t CountWords(const YamlNode& node) {
  return node.text.empty()
             ? 0
             : static_cast<size_t>(std::count(node.text.begin(), node.text.end(), ' ')) + 1;
}

Status ReadRange(const YamlNode& node, std::string& name, quant::ValueStats& s) {
  PLUMB_RETURN_IF_ERROR(ReadText(node, "name", name));
  std::vector<float> range;
  PLUMB_RETURN_IF_ERROR(ReadNumbers(node, "range", 2, range));
  s.seen = true;
  s.min = range[0];
  s.max = range[1];
  PLUMB_RETURN_IF_ERROR(ReadNumber(node, "rows", s.rows));
  PLUMB_RETURN_IF_ERROR(ReadNumber(node, "count", s.count));
  PLUMB_RETURN_IF_ERROR(ReadNumber(node, "not-finite", s.not_finite));
  if (node.Find("observer") != nullptr) {
    std::string name_of_observer;
    PLUMB_RETURN_IF_ERROR(ReadText(node, "observer", name_of_observer));
    const auto observer = quant::ObserverFromName(name_of_observer);
    if (!observer.ok() || *observer == quant::Observer::kAuto) {
      return Wrong(*node.Find("observer"),
                   "'observer': min-max, percentile, mse or kl expected, found '",
                   name_of_observer.substr(0, 40), "'");
    }
    s.chosen = *observer;
  }
  if (const YamlNode* low = node.Find("channel-low"); low != nullptr) {
    const size_t channels = CountWords(*low);
    PLUMB_RETURN_IF_ERROR(ReadNumbers(node, "channel-low", channels, s.channel_min));
    PLUMB_RETURN_IF_ERROR(ReadNumbers(node, "channel-high", channels, s.channel_max));
    PLUMB_RETURN_IF_ERROR(ReadNumbers(node, "channel-mean", channels, s.channel_mean));
  }
  bool ordered = s.min <= s.max;
  for (size_t c = 0; c < s.channel_min.size(); ++c) {
    ordered = ordered && s.channel_min[c] <= s.channel_max[c];
  }
  if (!ordered) {
    return Wrong(node, "the range of '", name, "' ends before it begins");
  }
  return node.Find("histogram") == nullptr ? Status() : ReadHistogram(node, s.histogram);
}

// Lists of pairs: an option may be there several times.
Status ReadPairs(const YamlNode& root, std::string_view key,
                 std::vector<std::pair<std::string, std::string>>& pairs) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* list, Require(root, key, Kind::kList));
  for (const YamlNode& pair : list->items) {
    if (pair.kind != Kind::kList || pair.items.size() != 2 || pair.items[0].kind != Kind::kText ||
        pair.items[1].kind != Kind::kText) {
      return Wrong(pair, "'", key, "': pairs of two texts expected");
    }
    pairs.emplace_back(pair.items[0].text, pair.items[1].text);
  }
  return {};
}

Status ReadMadeBy(const YamlNode& root, Lock& lock) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* made, Require(root, "made-by", Kind::kMap));
  artifact::Provenance& p = lock.provenance;
  PLUMB_RETURN_IF_ERROR(ReadText(*made, "tool", p.tool));
  PLUMB_RETURN_IF_ERROR(ReadText(*made, "version", p.version));
  PLUMB_RETURN_IF_ERROR(ReadText(*made, "commit", p.commit));
  PLUMB_RETURN_IF_ERROR(ReadNumber(*made, "format", lock.format));
  return ReadNumber(*made, "numerics", lock.numerics);
}

Status ReadProvenance(const YamlNode& root, artifact::Provenance& p) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* model, Require(root, "model", Kind::kMap));
  PLUMB_RETURN_IF_ERROR(ReadFile(*model, p.model));
  PLUMB_RETURN_IF_ERROR(ReadPairs(root, "options", p.options));
  std::vector<std::pair<std::string, std::string>> notes;
  PLUMB_RETURN_IF_ERROR(ReadPairs(root, "notes", notes));
  p.notes = {notes.begin(), notes.end()};
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* passes, Require(root, "passes", Kind::kList));
  for (const YamlNode& pass : passes->items) {
    if (pass.kind != Kind::kText) {
      return Wrong(pass, "'passes': names expected");
    }
    p.passes.push_back(pass.text);
  }
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* files, Require(root, "calibration", Kind::kList));
  for (const YamlNode& file : files->items) {
    PLUMB_RETURN_IF_ERROR(ReadFile(file, p.calibration.emplace_back()));
  }
  return {};
}

Status ReadArtifactBlock(const YamlNode& root, Lock& lock) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* block, Require(root, "artifact", Kind::kMap));
  PLUMB_RETURN_IF_ERROR(ReadNumber(*block, "bytes", lock.artifact_bytes));
  PLUMB_RETURN_IF_ERROR(ReadSha(*block, "sha256", lock.artifact_sha256));
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* sections, Require(*block, "sections", Kind::kList));
  for (const YamlNode& node : sections->items) {
    LockSection& section = lock.sections.emplace_back();
    PLUMB_RETURN_IF_ERROR(ReadText(node, "name", section.name));
    PLUMB_RETURN_IF_ERROR(ReadNumber(node, "bytes", section.bytes));
    PLUMB_RETURN_IF_ERROR(ReadSha(node, "sha256", section.sha256));
  }
  return {};
}

Status ReadRanges(const YamlNode& root, compile::NamedStats& ranges) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* list, Require(root, "ranges", Kind::kList));
  for (const YamlNode& node : list->items) {
    std::string name;
    quant::ValueStats stats;
    PLUMB_RETURN_IF_ERROR(ReadRange(node, name, stats));
    if (!ranges.emplace(name, std::move(stats)).second) {
      return Wrong(node, "'", name, "' is there twice");
    }
  }
  return {};
}

Status ReadQuality(const YamlNode& root, artifact::Quality& quality) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* block, Require(root, "quality", Kind::kMap));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadBytes(*block, "section"));
  Result<artifact::Quality> unpacked = artifact::UnpackQuality(bytes);
  if (!unpacked.ok()) {
    return Wrong(*block->Find("section"), "'section' holds no quality record");
  }
  quality = std::move(unpacked).value();
  if (quality.verdict > artifact::Outcome::kFail) {
    return Wrong(*block->Find("section"), "'section' holds no verdict that is known");
  }
  return {};
}

// Whether it fits the model's program is for RebuildFromLock to say.
Status ReadGolden(const YamlNode& root, artifact::Golden& golden) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* block, Require(root, "golden", Kind::kMap));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadBytes(*block, "section"));
  Result<artifact::Golden> unpacked = artifact::UnpackGolden(bytes);
  if (!unpacked.ok()) {
    return Wrong(*block->Find("section"), "'section' holds no golden vectors");
  }
  golden = std::move(unpacked).value();
  return {};
}

// Texts of the blocks by name: from the line that begins with the name to the next such line.
std::map<std::string_view, std::string_view> SplitBlocks(std::string_view text) {
  std::map<std::string_view, std::string_view> blocks;
  std::string_view name;
  size_t begin = 0;
  for (size_t line = 0; line <= text.size();) {
    const std::string_view rest = text.substr(line);
    const bool starts = !rest.empty() && rest[0] >= 'a' && rest[0] <= 'z';
    if (starts || rest.empty()) {
      if (!name.empty()) {
        blocks.emplace(name, text.substr(begin, line - begin));
      }
      name = rest.substr(0, std::min(rest.find(':'), rest.find('\n')));
      begin = line;
    }
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      if (!rest.empty() && !name.empty()) {
        blocks.emplace(name, text.substr(begin));
      }
      break;
    }
    line += end + 1;
  }
  return blocks;
}

Status FindEdits(std::string_view text, const YamlNode& root, Lock& lock) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode* digests, Require(root, "sha256", Kind::kMap));
  const auto blocks = SplitBlocks(text);
  for (std::string_view name : kBlocks) {
    std::string stated;
    PLUMB_RETURN_IF_ERROR(ReadSha(*digests, name, stated));
    const auto block = blocks.find(name);
    if (block == blocks.end() || BlockDigest(block->second) != stated) {
      lock.edited.emplace_back(name);
    }
  }
  return {};
}

}  // namespace

Result<Lock> ParseLock(std::string_view text) {
  if (text.find(kStamp) == std::string_view::npos) {
    return UsageError("is no lock of Plumb: it has no line '", kStamp, " 1'");
  }
  PLUMB_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text));
  std::string version;
  PLUMB_RETURN_IF_ERROR(ReadText(root, "plumb-lock", version));
  if (version != "1") {
    return Incompatible("a lock of form ", version.substr(0, 20),
                        "; this release reads form 1. Use the release that wrote it");
  }
  Lock lock;
  PLUMB_RETURN_IF_ERROR(FindEdits(text, root, lock));
  PLUMB_RETURN_IF_ERROR(ReadMadeBy(root, lock));
  PLUMB_RETURN_IF_ERROR(ReadProvenance(root, lock.provenance));
  PLUMB_RETURN_IF_ERROR(ReadArtifactBlock(root, lock));
  PLUMB_RETURN_IF_ERROR(ReadRanges(root, lock.ranges));
  PLUMB_RETURN_IF_ERROR(ReadQuality(root, lock.quality));
  PLUMB_RETURN_IF_ERROR(ReadGolden(root, lock.golden));
  return lock;
}

Result<Lock> ReadLock(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadFileBytes(path, kMostBytes));
  Result<Lock> lock = ParseLock({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return lock.ok() ? std::move(lock) : lock.status().WithContext(StrCat("'", path, "'"));
}

}  // namespace plumb
