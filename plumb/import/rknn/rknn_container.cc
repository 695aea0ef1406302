#include <array>
#include <cstring>
#include <fstream>
#include <iterator>

#include "plumb/import/rknn/rknn_file.h"
#include "plumb/import/rknn/rknn_parts.h"

namespace plumb::rknn {
namespace {

constexpr std::string_view kToolkit1 = "made by RKNN-Toolkit 1";
constexpr size_t kShortHeader = 24, kLongHeader = 64;

bool HasAt(std::span<const std::byte> bytes, size_t at, std::string_view text) {
  return bytes.size() >= at + text.size() &&
         std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

// Little-endian; the caller has checked that eight bytes are there.
uint64_t Read64(std::span<const std::byte> bytes, size_t at) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) {
    value |= std::to_integer<uint64_t>(bytes[at + i]) << (8 * i);
  }
  return value;
}

Status AddContainer(std::span<const std::byte> bytes, Facts& facts) {
  if (bytes.size() < kShortHeader) {
    return InvalidModel("the container is cut off: its header has ", kShortHeader,
                        " bytes or more, the file ", bytes.size());
  }
  facts.container_version = Read64(bytes, 8);
  const uint64_t payload = Read64(bytes, 16);
  const size_t at =
      (facts.container_version & 0xff) > 1 && payload > 0 ? kLongHeader : kShortHeader;
  if (bytes.size() < at || payload > bytes.size() - at) {
    return InvalidModel("the container is cut off: its payload has ", payload, " bytes from byte ",
                        at, " on, the file has ", bytes.size());
  }
  facts.payload_bytes = payload;
  const auto part = bytes.subspan(at, payload);
  if (HasAt(part, 4, "RKNN")) {
    PLUMB_RETURN_IF_ERROR(AddPayload(part, facts));
  } else if (HasAt(part, 0, "VPMN")) {
    facts.what = kToolkit1;
  } else if (!part.empty()) {
    facts.notes.push_back("the payload is of an unknown kind");
  } else {
    facts.what = kToolkit1;
    facts.notes.push_back("not compiled: the device does that when it loads the model");
  }
  const size_t behind = at + payload;
  if (bytes.size() - behind < 8) {
    facts.notes.push_back("there is no description behind the payload");
    return {};
  }
  const uint64_t json = Read64(bytes, behind);
  if (json > bytes.size() - behind - 8) {
    return InvalidModel("the container is cut off: its description has ", json, " bytes from byte ",
                        behind + 8, " on, the file has ", bytes.size());
  }
  facts.json_bytes = json;
  AddTrailingJson({reinterpret_cast<const char*>(bytes.data()) + behind + 8, json}, facts);
  return {};
}

}  // namespace

Variant VariantOf(std::span<const std::byte> bytes) {
  if (HasAt(bytes, 0, "RKNN")) {
    return Variant::kContainer;
  }
  if (HasAt(bytes, 0, "CYPTRKNN")) {
    return Variant::kEncrypted;
  }
  if (HasAt(bytes, 0, "RKNX")) {
    return Variant::kThird;
  }
  if (HasAt(bytes, 0, "VPMN")) {
    return Variant::kToolkit1Binary;
  }
  return HasAt(bytes, 4, "RKNN") ? Variant::kBare : Variant::kNone;
}

Variant VariantOfFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 8> head{};
  file.read(head.data(), head.size());
  return VariantOf(std::as_bytes(std::span(head.data(), static_cast<size_t>(file.gcount()))));
}

Result<Facts> Read(std::span<const std::byte> bytes) {
  Facts facts;
  facts.variant = VariantOf(bytes);
  facts.file_bytes = bytes.size();
  switch (facts.variant) {
    case Variant::kNone:
      return InvalidModel("the file is not of the RKNN stack; expected 'RKNN' in front");
    case Variant::kContainer:
      facts.what = "made by RKNN-Toolkit2";
      PLUMB_RETURN_IF_ERROR(AddContainer(bytes, facts));
      break;
    case Variant::kBare:
      facts.what = "made by RKNN-Toolkit2, without a container";
      facts.payload_bytes = bytes.size();
      PLUMB_RETURN_IF_ERROR(AddPayload(bytes, facts));
      break;
    case Variant::kEncrypted:
      facts.what = "encrypted";
      facts.notes.push_back("an encrypted model tells nothing of itself");
      break;
    case Variant::kThird:
      facts.what = "for the RK182x and later";
      facts.notes.push_back("nothing is known of what such a file says of itself");
      break;
    case Variant::kToolkit1Binary:
      facts.what = kToolkit1;
      facts.notes.push_back("the compiled part alone, without a container");
      break;
  }
  return facts;
}

Result<Facts> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return UsageError("there is no file '", path, "' that can be read");
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto facts = Read(std::as_bytes(std::span(text.data(), text.size())));
  return facts.ok() ? facts : Result<Facts>(facts.status().WithContext(path));
}

std::string Describe(const Facts& facts) {
  std::string text = "a model for Rockchip's NPU, " + facts.what;
  const std::string version = facts.toolkit.substr(0, facts.toolkit.find_first_of("-("));
  text += version.empty() ? "" : " " + version;
  for (size_t i = 0; i < facts.targets.size(); ++i) {
    text += (i == 0 ? " for " : ", ") + facts.targets[i];
  }
  return text;
}

}  // namespace plumb::rknn
