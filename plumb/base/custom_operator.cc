#include "plumb/base/custom_operator.h"

#include <algorithm>
#include <mutex>
#include <string>

namespace plumb {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<std::pair<std::string, std::shared_ptr<const CustomOperator>>> rows;
};

// Never destroyed: operators may belong to an interpreter that ends before static objects do.
Registry& TheRegistry() {
  static Registry* const registry = new Registry;
  return *registry;
}

}  // namespace

void RegisterCustomOperator(std::string_view type, std::shared_ptr<const CustomOperator> op) {
  Registry& registry = TheRegistry();
  const std::scoped_lock lock(registry.mutex);
  std::erase_if(registry.rows, [&](const auto& row) { return row.first == type; });
  if (op != nullptr) {
    registry.rows.emplace_back(type, std::move(op));
  }
}

std::shared_ptr<const CustomOperator> FindCustomOperator(std::string_view type) {
  Registry& registry = TheRegistry();
  const std::scoped_lock lock(registry.mutex);
  for (const auto& [name, op] : registry.rows) {
    if (name == type) {
      return op;
    }
  }
  return nullptr;
}

}  // namespace plumb
