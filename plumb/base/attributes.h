// Attributes: the named parameters of a graph node and of a record.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plumb/base/status.h"

namespace plumb {

using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>,
                               std::vector<float>, std::vector<std::string>>;

// Ordered by name, so that everything printed or stored from it is the same on every run.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, Attribute>> list) : map_(list) {}

  void Set(std::string name, Attribute value) {
    map_.insert_or_assign(std::move(name), std::move(value));
  }
  void Erase(std::string_view name);
  [[nodiscard]] bool Has(std::string_view name) const { return map_.find(name) != map_.end(); }
  [[nodiscard]] const Attribute* Find(std::string_view name) const;

  // The value, or `fallback` when absent. Holding another type is a bug of ours (checked): what comes from a file is
  // checked by the importer or by Require* below.
  [[nodiscard]] int64_t Int(std::string_view name, int64_t fallback) const;
  [[nodiscard]] float Float(std::string_view name, float fallback) const;
  [[nodiscard]] std::string String(std::string_view name, std::string_view fallback) const;
  [[nodiscard]] std::vector<int64_t> Ints(std::string_view name,
                                          std::vector<int64_t> fallback = {}) const;
  [[nodiscard]] std::vector<float> Floats(std::string_view name,
                                          std::vector<float> fallback = {}) const;
  [[nodiscard]] std::vector<std::string> Strings(std::string_view name) const;

  // For input from outside: an error naming the attribute when it is missing or of another type.
  [[nodiscard]] Result<int64_t> RequireInt(std::string_view name) const;
  [[nodiscard]] Result<float> RequireFloat(std::string_view name) const;
  [[nodiscard]] Result<std::string> RequireString(std::string_view name) const;
  [[nodiscard]] Result<std::vector<int64_t>> RequireInts(std::string_view name,
                                                         size_t count) const;  // exactly `count`
  // Any length; use for lists whose length the caller checks.
  [[nodiscard]] Result<std::vector<int64_t>> RequireInts(std::string_view name) const;
  [[nodiscard]] Result<std::vector<float>> RequireFloats(std::string_view name) const;

  [[nodiscard]] auto begin() const { return map_.begin(); }
  [[nodiscard]] auto end() const { return map_.end(); }
  [[nodiscard]] size_t size() const { return map_.size(); }
  bool operator==(const Attributes&) const = default;

 private:
  std::map<std::string, Attribute, std::less<>> map_;
};

}  // namespace plumb
