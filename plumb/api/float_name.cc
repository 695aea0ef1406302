#include "plumb/api/float_name.h"

#include <string_view>

namespace plumb {

std::string FloatNameOf(const std::string& name) {
  for (const std::string_view suffix : {".quantized", ".rescaled"}) {
    if (name.ends_with(suffix)) {
      return name.substr(0, name.size() - suffix.size());
    }
  }
  return name;
}

}  // namespace plumb
