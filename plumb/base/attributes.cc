#include "plumb/base/attributes.h"

namespace plumb {
namespace {

template <typename T>
T Get(const Attributes& attributes, std::string_view name, T fallback) {
  const Attribute* found = attributes.Find(name);
  if (found == nullptr) {
    return fallback;
  }
  const T* value = std::get_if<T>(found);
  PLUMB_CHECK(value != nullptr) << "attribute " << name << " holds another type";
  return *value;
}

template <typename T>
Result<T> Require(const Attributes& attributes, std::string_view name, std::string_view kind) {
  const Attribute* found = attributes.Find(name);
  if (found == nullptr) {
    return InvalidModel("attribute '", name, "' is missing; expected ", kind);
  }
  const T* value = std::get_if<T>(found);
  if (value == nullptr) {
    return InvalidModel("attribute '", name, "' holds another type; expected ", kind);
  }
  return *value;
}

}  // namespace

void Attributes::Erase(std::string_view name) {
  if (auto it = map_.find(name); it != map_.end()) {
    map_.erase(it);
  }
}

const Attribute* Attributes::Find(std::string_view name) const {
  auto it = map_.find(name);
  return it == map_.end() ? nullptr : &it->second;
}

int64_t Attributes::Int(std::string_view name, int64_t fallback) const {
  return Get<int64_t>(*this, name, fallback);
}
float Attributes::Float(std::string_view name, float fallback) const {
  return Get<float>(*this, name, fallback);
}
std::string Attributes::String(std::string_view name, std::string_view fallback) const {
  return Get<std::string>(*this, name, std::string(fallback));
}
std::vector<int64_t> Attributes::Ints(std::string_view name, std::vector<int64_t> fallback) const {
  return Get<std::vector<int64_t>>(*this, name, std::move(fallback));
}
std::vector<float> Attributes::Floats(std::string_view name, std::vector<float> fallback) const {
  return Get<std::vector<float>>(*this, name, std::move(fallback));
}
std::vector<std::string> Attributes::Strings(std::string_view name) const {
  return Get<std::vector<std::string>>(*this, name, {});
}

Result<int64_t> Attributes::RequireInt(std::string_view name) const {
  return Require<int64_t>(*this, name, "an integer");
}
Result<float> Attributes::RequireFloat(std::string_view name) const {
  return Require<float>(*this, name, "a number");
}
Result<std::string> Attributes::RequireString(std::string_view name) const {
  return Require<std::string>(*this, name, "a string");
}
Result<std::vector<int64_t>> Attributes::RequireInts(std::string_view name) const {
  return Require<std::vector<int64_t>>(*this, name, "a list of integers");
}
Result<std::vector<int64_t>> Attributes::RequireInts(std::string_view name, size_t count) const {
  PLUMB_ASSIGN_OR_RETURN(std::vector<int64_t> list, RequireInts(name));
  if (list.size() != count) {
    return InvalidModel("attribute '", name, "' has ", list.size(), " values; expected ", count);
  }
  return list;
}
Result<std::vector<float>> Attributes::RequireFloats(std::string_view name) const {
  return Require<std::vector<float>>(*this, name, "a list of numbers");
}

}  // namespace plumb
