// What packing and unpacking share: short forms over FlatBuffers. For the pack_*.cc files only.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "plumb/artifact/pack.h"

namespace plumb::artifact {

// Empty texts and lists are left out.
class Packer {
 public:
  template <typename T>
  using Offset = flatbuffers::Offset<T>;
  template <typename T>
  using List = Offset<flatbuffers::Vector<T>>;

  flatbuffers::FlatBufferBuilder& builder() { return builder_; }
  Offset<flatbuffers::String> Text(const std::string& text) {
    return text.empty() ? Offset<flatbuffers::String>() : builder_.CreateString(text);
  }
  List<Offset<flatbuffers::String>> Texts(const std::vector<std::string>& texts) {
    return texts.empty() ? List<Offset<flatbuffers::String>>()
                         : builder_.CreateVectorOfStrings(texts);
  }
  template <typename T>
  List<T> Numbers(const std::vector<T>& numbers) {
    return numbers.empty() ? List<T>() : builder_.CreateVector(numbers);
  }
  // One table an item, made by `make(item)`.
  template <typename Items, typename Make>
  auto Tables(const Items& items, Make make) {
    using Table = decltype(make(*items.begin()));
    std::vector<Table> tables;
    for (const auto& item : items) {
      tables.push_back(make(item));
    }
    return tables.empty() ? List<Table>() : builder_.CreateVector(tables);
  }
  template <typename T>
  Bytes Finish(Offset<T> root) {
    builder_.Finish(root);
    const auto* begin = reinterpret_cast<const std::byte*>(builder_.GetBufferPointer());
    return {begin, begin + builder_.GetSize()};
  }

 private:
  flatbuffers::FlatBufferBuilder builder_;
};

// Copies out of a verified section, and counts: what is copied may not exceed what the section
// holds.
class Unpacker {
 public:
  explicit Unpacker(std::span<const std::byte> section)
      : section_(section), budget_(section.size()) {}

  // The root table, or nullptr when the bytes are no such section.
  template <typename T>
  const T* Root() const {
    const auto* bytes = reinterpret_cast<const uint8_t*>(section_.data());
    constexpr flatbuffers::uoffset_t kMaxDepth = 16;
    if (section_.size() < 8 || section_.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) {
      return nullptr;
    }
    // A table takes 8 bytes at least (itself and the reference to it).
    flatbuffers::Verifier verifier(bytes, section_.size(), kMaxDepth,
                                   static_cast<flatbuffers::uoffset_t>(section_.size() / 8 + 1));
    return verifier.VerifyBuffer<T>(nullptr) ? flatbuffers::GetRoot<T>(bytes) : nullptr;
  }
  std::string Text(const flatbuffers::String* text) {
    return text != nullptr && Take(text->size(), 1) ? text->str() : std::string();
  }
  template <typename T>
  std::vector<T> Numbers(const flatbuffers::Vector<T>* numbers) {
    std::vector<T> copy;
    if (numbers != nullptr && numbers->size() > 0 && Take(numbers->size(), sizeof(T))) {
      // A hostile file may place them at any address, which the verifier lets pass for the elements of vectors.
      copy.resize(numbers->size());
      std::memcpy(copy.data(), numbers->Data(), copy.size() * sizeof(T));
      for (T& number : copy) {
        number = flatbuffers::EndianScalar(number);
      }
    }
    return copy;
  }
  std::vector<std::string> Texts(
      const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* texts) {
    std::vector<std::string> copy;
    Each(texts, [&](const flatbuffers::String& text) { copy.push_back(Text(&text)); });
    return copy;
  }
  template <typename T, typename Use>
  void Each(const flatbuffers::Vector<flatbuffers::Offset<T>>* items, Use use) {
    if (items != nullptr && Take(items->size(), sizeof(flatbuffers::uoffset_t))) {
      for (const T* item : *items) {
        use(*item);
      }
    }
  }
  // True when more was copied than there is: parts of the section are shared.
  [[nodiscard]] bool overdrawn() const { return overdrawn_; }

 private:
  bool Take(size_t count, size_t size) {  // plus the length that is stored with it
    const size_t need = count * size + sizeof(flatbuffers::uoffset_t);
    overdrawn_ = overdrawn_ || need > budget_;
    budget_ -= overdrawn_ ? 0 : need;
    return !overdrawn_;
  }
  std::span<const std::byte> section_;
  size_t budget_;
  bool overdrawn_ = false;
};

}  // namespace plumb::artifact
