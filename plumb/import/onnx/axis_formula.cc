#include "plumb/import/onnx/axis_formula.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

#include "plumb/base/number_text.h"

namespace plumb::onnx {
namespace {

using Groups = std::vector<std::string>;  // letters of each axis; "" for one of size 1
using Sizes = std::map<char, int64_t>;

class Formula {
 public:
  explicit Formula(std::string_view text) : whole_(text) {
    for (const char c : text) {
      if (c != ' ') {
        text_ += c;
      }
    }
  }

  Result<AxisSteps> For(const Shape& shape) {
    PLUMB_RETURN_IF_ERROR(Read());
    if (left_.size() != shape.size()) {
      return Wrong(StrCat("the left side has ", left_.size(), " axes; expected ", shape.size(),
                          ", as the tensor ", ShapeToString(shape)));
    }
    PLUMB_RETURN_IF_ERROR(FindSizes(shape));
    AxisSteps steps;
    steps.tensor = shape;
    std::string letters;
    for (const std::string& group : left_) {
      letters += group;
    }
    for (const char letter : letters) {
      steps.split.push_back(sizes_.at(letter));
    }
    for (const std::string& group : right_) {
      int64_t size = 1;
      for (const char letter : group) {
        size *= sizes_.at(letter);
        steps.order.push_back(static_cast<int64_t>(letters.find(letter)));
      }
      steps.result.push_back(size);
    }
    return steps;
  }

 private:
  [[nodiscard]] Status Wrong(const std::string& what) const {
    return UsageError("formula '", whole_, "': ", what);
  }

  Status Read() {
    const size_t arrow = text_.find("->");
    if (arrow == std::string::npos || text_.find("->", arrow + 2) != std::string::npos) {
      return Wrong("expected axes, '->', axes, as in 'a,b,c->a,b,1,c'");
    }
    std::string left = text_.substr(0, arrow);
    if (const size_t bracket = left.find('['); bracket != std::string::npos) {
      if (left.back() != ']') {
        return Wrong("sizes in brackets stand behind the left side, as in 'ab,c[a=4]->a,b,c'");
      }
      PLUMB_RETURN_IF_ERROR(ReadSizes(left.substr(bracket + 1, left.size() - bracket - 2)));
      left.resize(bracket);
    }
    PLUMB_RETURN_IF_ERROR(ReadGroups(left, left_));
    PLUMB_RETURN_IF_ERROR(ReadGroups(text_.substr(arrow + 2), right_));
    return CheckLetters();
  }

  Status ReadGroups(const std::string& text, Groups& groups) const {
    size_t begin = 0;
    for (size_t end = 0; end != std::string::npos; begin = end + 1) {
      end = text.find(',', begin);
      const std::string axis = text.substr(begin, end == std::string::npos ? end : end - begin);
      if (axis.empty()) {
        return Wrong("an axis is empty; write 1 for one of size 1");
      }
      groups.emplace_back();
      for (const char c : axis) {
        if (c >= 'a' && c <= 'z') {
          groups.back() += c;
        } else if (c != '1') {
          return Wrong(StrCat("'", c, "' is none of a to z, 1 and ','"));
        }
      }
    }
    return {};
  }

  Status ReadSizes(const std::string& text) {
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
      int64_t size = 0;
      if (part.size() < 3 || part[1] != '=' || !NumberFrom(part.substr(2), size) || size < 1) {
        return Wrong(StrCat("'", part, "': expected a size as in 'a=4'"));
      }
      if (!sizes_.emplace(part[0], size).second) {
        return Wrong(StrCat("'", part[0], "' has two sizes"));
      }
    }
    return {};
  }

  Status CheckLetters() const {
    std::string left, right;
    for (const std::string& group : left_) {
      left += group;
    }
    for (const std::string& group : right_) {
      right += group;
    }
    for (const auto& [side, other, name] :
         {std::tuple(left, right, "right"), {right, left, "left"}}) {
      for (const char letter : side) {
        if (std::ranges::count(side, letter) > 1) {
          return Wrong(StrCat("'", letter, "' stands twice on one side"));
        }
        if (other.find(letter) == std::string::npos) {
          return Wrong(StrCat("'", letter, "' is missing on the ", name, " side"));
        }
      }
    }
    for (const auto& [letter, size] : sizes_) {
      if (left.find(letter) == std::string::npos) {
        return Wrong(StrCat("'", letter, "=", size, "': no axis has this letter"));
      }
    }
    return {};
  }

  Status FindSizes(const Shape& shape) {
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      int64_t known = 1;
      std::optional<char> open;
      for (const char letter : left_[axis]) {
        if (const auto size = sizes_.find(letter); size != sizes_.end()) {
          known *= size->second;
        } else if (open) {
          return Wrong(StrCat("the sizes of '", *open, "' and '", letter, "' are both left open"));
        } else {
          open = letter;
        }
      }
      if (open && shape[axis] % known == 0) {
        sizes_[*open] = shape[axis] / known;
      } else if (open || known != shape[axis]) {
        return Wrong(StrCat("axis ", axis, " has size ", shape[axis], "; '", left_[axis],
                            open ? "' divides it by " : "' makes it ", known));
      }
    }
    return {};
  }

  std::string whole_, text_;
  Groups left_, right_;
  Sizes sizes_;
};

}  // namespace

AxisSteps AxisSteps::Inverse() const {
  AxisSteps back;
  back.tensor = result;
  back.result = tensor;
  back.order.resize(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    back.split.push_back(split[static_cast<size_t>(order[i])]);
    back.order[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  }
  return back;
}

bool AxisSteps::Transposes() const { return !std::ranges::is_sorted(order); }

Result<AxisSteps> StepsOf(std::string_view formula, const Shape& shape) {
  return Formula(formula).For(shape);
}

Tensor Applied(const AxisSteps& steps, const Tensor& tensor) {
  PLUMB_CHECK(tensor.shape() == steps.tensor) << ShapeToString(tensor.shape());
  Tensor result(tensor.dtype(), steps.result);
  const size_t rank = steps.order.size(), width = DTypeSize(tensor.dtype());
  std::vector<int64_t> strides(rank, 1), at(rank, 0);
  for (size_t axis = rank; axis-- > 1;) {
    strides[axis - 1] = strides[axis] * steps.split[axis];
  }
  const auto* from = static_cast<const std::byte*>(tensor.raw());
  auto* to = static_cast<std::byte*>(result.raw());
  int64_t offset = 0;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    std::memcpy(to + static_cast<size_t>(i) * width, from + static_cast<size_t>(offset) * width,
                width);
    for (size_t axis = rank; axis-- > 0;) {
      const auto source = static_cast<size_t>(steps.order[axis]);
      offset += strides[source];
      if (++at[axis] < steps.split[source]) {
        break;
      }
      offset -= strides[source] * steps.split[source];
      at[axis] = 0;
    }
  }
  return result;
}

}  // namespace plumb::onnx
