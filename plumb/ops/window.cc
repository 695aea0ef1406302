#include "plumb/ops/window.h"

#include <algorithm>

#include "plumb/ops/shape_rules.h"

namespace plumb::ops {

bool LayoutIsKnown(const NodeView& node) {
  const std::string layout = node.attributes().String("layout", "nhwc");
  return layout == "nchw" || layout == "nhwc";
}
std::string FoundLayout(const NodeView& node) {
  return StrCat("layout '", node.attributes().String("layout", "nhwc"), "'");
}
bool IsNchw(const NodeView& node) { return node.attributes().String("layout", "nhwc") == "nchw"; }

size_t ChannelAxis(const NodeView& node) {
  return IsNchw(node) ? 1 : static_cast<size_t>(node.rank(0)) - 1;
}

Shape SpatialSizes(const NodeView& node) {
  const Shape shape = node.shape(0);
  return IsNchw(node) ? Shape(shape.begin() + 2, shape.end())
                      : Shape(shape.begin() + 1, shape.end() - 1);
}

Shape WithSizes(const NodeView& node, int64_t channels, const Shape& spatial) {
  Shape shape = {node.shape(0)[0]};
  if (IsNchw(node)) {
    shape.push_back(channels);
  }
  shape.insert(shape.end(), spatial.begin(), spatial.end());
  if (!IsNchw(node)) {
    shape.push_back(channels);
  }
  return shape;
}

bool WindowAttributesFit(const NodeView& node) {
  const auto spatial = static_cast<size_t>(node.rank(0)) - 2;
  constexpr int64_t kMost = int64_t{1} << 31;
  const auto fits = [&](std::string_view name, size_t count, int64_t least) {
    if (!node.attributes().Has(name)) {
      return true;
    }
    const std::vector<int64_t> values = node.attributes().Ints(name);
    return values.size() == count && std::all_of(values.begin(), values.end(), [&](int64_t v) {
             return v >= least && v <= kMost;
           });
  };
  const std::string auto_pad = node.attributes().String("auto_pad", "");
  return fits("strides", spatial, 1) && fits("dilations", spatial, 1) &&
         fits("pads", 2 * spatial, 0) &&
         (auto_pad.empty() || auto_pad == "same_upper" || auto_pad == "same_lower");
}

std::string FoundWindow(const NodeView& node) {
  const auto list = [&](std::string_view name) {
    return node.attributes().Has(name) ? ShapeToString(node.attributes().Ints(name)) : "default";
  };
  return StrCat("strides ", list("strides"), ", dilations ", list("dilations"), ", pads ",
                list("pads"), ", auto_pad '", node.attributes().String("auto_pad", ""), "', rank ",
                node.rank(0));
}

Window ResolveWindow(const NodeView& node, const std::vector<int64_t>& kernel) {
  const size_t spatial = kernel.size();
  const Attributes& a = node.attributes();
  Window w{kernel, a.Ints("strides", std::vector<int64_t>(spatial, 1)),
           a.Ints("dilations", std::vector<int64_t>(spatial, 1)),
           a.Ints("pads", std::vector<int64_t>(2 * spatial, 0))};
  const std::string auto_pad = a.String("auto_pad", "");
  if (auto_pad.empty()) {
    return w;
  }
  const Shape sizes = SpatialSizes(node);
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t count = (sizes[i] + w.strides[i] - 1) / w.strides[i];
    const int64_t reach = (kernel[i] - 1) * w.dilations[i] + 1;
    const int64_t total = std::max<int64_t>(0, (count - 1) * w.strides[i] + reach - sizes[i]);
    const int64_t less = total / 2;
    w.pads[i] = auto_pad == "same_upper" ? less : total - less;
    w.pads[i + spatial] = total - w.pads[i];
  }
  return w;
}

Shape WindowCounts(const Window& w, const Shape& sizes, bool ceil_mode) {
  Shape counts;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int64_t reach = (w.kernel[i] - 1) * w.dilations[i] + 1;
    const int64_t room = sizes[i] + w.pads[i] + w.pads[i + sizes.size()] - reach;
    if (room < 0) {
      counts.push_back(0);
      continue;
    }
    int64_t count = (room + (ceil_mode ? w.strides[i] - 1 : 0)) / w.strides[i] + 1;
    // A last window that would start in the padding at the back is left out.
    if (ceil_mode && (count - 1) * w.strides[i] >= sizes[i] + w.pads[i]) {
      --count;
    }
    counts.push_back(count);
  }
  return counts;
}

void WriteWindow(const Window& window, Attributes& attributes) {
  attributes.Set("strides", window.strides);
  attributes.Set("dilations", window.dilations);
  attributes.Set("pads", window.pads);
  attributes.Erase("auto_pad");
}

Status ReadWindow(ForeignAttributes& in, const ForeignNode& node, Attributes& attributes) {
  const std::string auto_pad = in.String("auto_pad", "NOTSET");
  for (std::string_view name : {"strides", "dilations", "pads"}) {
    if (in.Has(name)) {
      attributes.Set(std::string(name), in.Ints(name));
    }
  }
  PLUMB_RETURN_IF_ERROR(in.status());
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    attributes.Erase("pads");
    attributes.Set("auto_pad", std::string(auto_pad == "SAME_UPPER" ? "same_upper" : "same_lower"));
  } else if (auto_pad == "VALID") {
    attributes.Erase("pads");
  } else if (auto_pad != "NOTSET" && !auto_pad.empty()) {
    return InvalidModel(node.Describe(), ": auto_pad is '", auto_pad,
                        "'; expected NOTSET, SAME_UPPER, SAME_LOWER or VALID");
  }
  return {};
}

}  // namespace plumb::ops
