#include "plumb/vision/decode_level.h"

#include <algorithm>
#include <cstdlib>

#include "plumb/base/rounding.h"

namespace plumb::vision {
namespace {

using artifact::DecodeContract;
using artifact::DecodeOutput;
using artifact::OutputLayout;
using artifact::OutputRole;

std::string_view RoleName(OutputRole role) {
  constexpr std::string_view kNames[] = {"ignored", "all",       "boxes",    "objectness",
                                         "classes", "score sum", "keypoints"};
  return kNames[static_cast<size_t>(role)];
}

// A tensor seen as anchors x cells x channels.
struct Form {
  int64_t anchors = 1, cells = 0, channels = 0;
  int64_t height = 0, width = 0;  // of a map; 0 for a flat list
  size_t anchor_step = 0, cell_step = 0, channel_step = 0;
};

Result<Form> FormOf(const DecodeOutput& output, std::span<const int64_t> shape) {
  const size_t rank = shape.size();
  auto wrong = [&](const char* expected) {
    return InvalidModel("decode: output ", output.output, " (", RoleName(output.role),
                        "): ", expected, " expected, found ", ShapeToString(shape));
  };
  for (const int64_t d : shape) {
    if (d < 1 || d > (int64_t{1} << 30)) {
      return wrong("positive dimensions");
    }
  }
  if (NumElements(shape) > (int64_t{1} << 31)) {
    return wrong("fewer elements");
  }
  Form f;
  switch (output.layout) {
    case OutputLayout::kChannelsFirst: {
      if (rank < 3 || rank > 5 || shape[0] != 1) {
        return wrong("1xCxN, 1xCxHxW or 1xAxCxHxW");
      }
      const size_t first = rank == 5 ? 3 : 2;
      f.channels = rank == 5 ? shape[1] * shape[2] : shape[1];
      f.cells = NumElements(shape.subspan(first));
      if (rank > 3) {
        f.height = shape[rank - 2];
        f.width = shape[rank - 1];
      }
      f.cell_step = 1;
      f.channel_step = static_cast<size_t>(f.cells);
      return f;
    }
    case OutputLayout::kChannelsLast: {
      if (rank < 2 || rank > 4 || (rank > 2 && shape[0] != 1)) {
        return wrong("NxC, 1xNxC or 1xHxWxC");
      }
      f.channels = shape[rank - 1];
      f.cells = NumElements(shape) / f.channels;
      if (rank == 4) {
        f.height = shape[1];
        f.width = shape[2];
      }
      f.cell_step = static_cast<size_t>(f.channels);
      f.channel_step = 1;
      return f;
    }
    case OutputLayout::kAnchorsFirst: {
      if (rank != 5 || shape[0] != 1) {
        return wrong("1xAxHxWxC");
      }
      f.anchors = shape[1];
      f.height = shape[2];
      f.width = shape[3];
      f.channels = shape[4];
      f.cells = f.height * f.width;
      f.channel_step = 1;
      f.cell_step = static_cast<size_t>(f.channels);
      f.anchor_step = static_cast<size_t>(f.cells * f.channels);
      return f;
    }
  }
  return wrong("a known layout");
}

// A flat list may hold the anchors of a level one after another, and a map all channels of all
// anchors.
Status PlaceAnchors(const DecodeOutput& output, std::span<const int64_t> shape, int64_t per_anchor,
                    int64_t anchors, bool flat_cells_hold_anchors, Form& f) {
  if (f.anchors == anchors && f.channels == per_anchor && (anchors == 1 || f.anchor_step != 0)) {
    return {};
  }
  if (f.anchor_step == 0 && f.channels == per_anchor * anchors) {
    f.anchors = anchors;
    f.anchor_step = f.channel_step * static_cast<size_t>(per_anchor);
    f.channels = per_anchor;
    return {};
  }
  if (f.anchor_step == 0 && flat_cells_hold_anchors && f.height == 0 && f.channels == per_anchor &&
      f.cells % anchors == 0) {
    f.anchors = anchors;
    f.cells /= anchors;
    f.anchor_step = f.cell_step * static_cast<size_t>(f.cells);
    return {};
  }
  return InvalidModel("decode: output ", output.output, " (", RoleName(output.role),
                      "): ", per_anchor, " channels for each of ", anchors,
                      " anchors expected, found ", ShapeToString(shape));
}

Field* FieldFor(Level& level, OutputRole role) {
  switch (role) {
    case OutputRole::kAll:
      return &level.all;
    case OutputRole::kBox:
      return &level.box;
    case OutputRole::kObjectness:
      return &level.objectness;
    case OutputRole::kClasses:
      return &level.classes;
    case OutputRole::kKeypoints:
      return &level.keypoints;
    case OutputRole::kIgnored:
    case OutputRole::kScoreSum:
      return nullptr;
  }
  return nullptr;
}

int ChannelsFor(const ChannelPlan& plan, OutputRole role) {
  switch (role) {
    case OutputRole::kAll:
      return plan.all;
    case OutputRole::kBox:
      return plan.box;
    case OutputRole::kObjectness:
      return plan.objectness;
    case OutputRole::kClasses:
      return plan.classes;
    case OutputRole::kKeypoints:
      return plan.keypoints;
    case OutputRole::kIgnored:
    case OutputRole::kScoreSum:
      return -1;
  }
  return -1;
}

class Sorter {
 public:
  Sorter(const DecodeContract& contract, int input_width, int input_height)
      : contract_(contract), input_width_(input_width), input_height_(input_height) {}

  Status Add(const DecodeOutput& output, const ConstTensorView& tensor, const ChannelPlan& plan) {
    const int channels = ChannelsFor(plan, output.role);
    if (channels < 0) {
      return InvalidModel("decode: ", FamilyName(contract_.family),
                          " has no use for an output with the role '", RoleName(output.role),
                          "' (output ", output.output, ")");
    }
    PLUMB_ASSIGN_OR_RETURN(Form form, FormOf(output, tensor.shape));
    const float* data = static_cast<const float*>(tensor.raw);
    const int64_t all_anchors = static_cast<int64_t>(output.anchors.size() / 2);
    if (contract_.boxes_decoded) {
      PLUMB_RETURN_IF_ERROR(PlaceAnchors(output, tensor.shape, channels, 1, false, form));
      return Enter(output, tensor.shape, 0, 0, form.cells, {}, form, data);
    }
    if (output.stride != 0) {  // one level
      const int64_t anchors = plan.anchors_in_all ? all_anchors : 1;
      if (all_anchors < 1 && plan.anchors_in_all) {
        return InvalidModel("decode: output ", output.output, ": no anchors given for stride ",
                            output.stride);
      }
      PLUMB_RETURN_IF_ERROR(
          PlaceAnchors(output, tensor.shape, channels, anchors, plan.anchors_in_all, form));
      int64_t w = form.width, h = form.height;
      if (h == 0) {
        w = CeilDivide(input_width_, output.stride);
        h = CeilDivide(input_height_, output.stride);
      }
      if (w * h != form.cells || std::llabs(w * output.stride - input_width_) >= output.stride ||
          std::llabs(h * output.stride - input_height_) >= output.stride) {
        return InvalidModel("decode: output ", output.output, ": a grid of ", input_width_, "x",
                            input_height_, " at stride ", output.stride, " expected, found ",
                            ShapeToString(tensor.shape));
      }
      return Enter(output, tensor.shape, output.stride, static_cast<int>(w), form.cells,
                   output.anchors, form, data);
    }
    // All levels, one after another.
    const int64_t levels = static_cast<int64_t>(contract_.strides.size());
    if (levels == 0 ||
        (plan.anchors_in_all && (all_anchors < levels || all_anchors % levels != 0))) {
      return InvalidModel("decode: output ", output.output, " holds all levels: strides expected",
                          plan.anchors_in_all ? " and as many anchors for each" : "", ", found ",
                          levels, " strides and ", all_anchors, " anchors");
    }
    const int64_t anchors = plan.anchors_in_all ? all_anchors / levels : 1;
    if (form.channels != channels || form.anchor_step != 0) {
      return InvalidModel("decode: output ", output.output, " (", RoleName(output.role),
                          "): ", channels, " channels expected, found ",
                          ShapeToString(tensor.shape));
    }
    int64_t total = 0;
    for (const int32_t s : contract_.strides) {
      total += anchors * CeilDivide(input_width_, s) * CeilDivide(input_height_, s);
    }
    if (total != form.cells) {
      return InvalidModel("decode: output ", output.output, ": ", total,
                          " boxes expected for an input of ", input_width_, "x", input_height_,
                          ", found ", ShapeToString(tensor.shape));
    }
    size_t at = 0;
    for (size_t k = 0; k < contract_.strides.size(); ++k) {
      const int32_t s = contract_.strides[k];
      const int64_t w = CeilDivide(input_width_, s), cells = w * CeilDivide(input_height_, s);
      Form part = form;
      part.anchors = anchors;
      part.cells = cells;
      part.anchor_step = form.cell_step * static_cast<size_t>(cells);
      std::vector<float> own(
          output.anchors.begin() + static_cast<int64_t>(k) * anchors * 2 * (all_anchors > 0),
          output.anchors.begin() + static_cast<int64_t>(k + 1) * anchors * 2 * (all_anchors > 0));
      PLUMB_RETURN_IF_ERROR(Enter(output, tensor.shape, s, static_cast<int>(w), cells, own, part,
                                  data == nullptr ? nullptr : data + at * form.cell_step));
      at += static_cast<size_t>(anchors * cells);
    }
    return {};
  }

  std::vector<Level> Take() {
    std::stable_sort(levels_.begin(), levels_.end(),
                     [](const Level& a, const Level& b) { return a.stride < b.stride; });
    return std::move(levels_);
  }

 private:
  Status Enter(const DecodeOutput& output, std::span<const int64_t> shape, int stride,
               int grid_width, int64_t cells, const std::vector<float>& anchors, const Form& form,
               const float* data) {
    auto it = std::find_if(levels_.begin(), levels_.end(),
                           [&](const Level& l) { return l.stride == stride; });
    if (it == levels_.end()) {
      levels_.push_back({});
      it = std::prev(levels_.end());
      it->stride = stride;
      it->grid_width = grid_width;
      it->cells = static_cast<size_t>(cells);
    }
    if (it->cells != static_cast<size_t>(cells) || it->grid_width != grid_width) {
      return InvalidModel(
          "decode: output ", output.output, " (", RoleName(output.role), "): ", it->cells,
          " cells expected as in the other outputs of its level, found ", ShapeToString(shape));
    }
    if (it->anchors.empty()) {
      it->anchors = anchors;
    }
    Field* field = FieldFor(*it, output.role);
    if (field->present()) {
      return InvalidModel("decode: two outputs hold the ", RoleName(output.role), " of stride ",
                          stride);
    }
    *field = {data, form.anchor_step, form.cell_step, form.channel_step};
    return {};
  }

  const DecodeContract& contract_;
  int64_t input_width_, input_height_;
  std::vector<Level> levels_;
};

}  // namespace

Result<std::vector<Level>> MakeLevels(const DecodeContract& contract,
                                      std::span<const ConstTensorView> outputs, int input_width,
                                      int input_height, const ChannelPlan& plan) {
  if (input_width < 1 || input_height < 1) {
    return InvalidModel("decode: an input size is needed, found ", input_width, "x", input_height);
  }
  for (const int32_t s : contract.strides) {
    if (s < 1) {
      return InvalidModel("decode: positive strides expected, found ", s);
    }
  }
  Sorter sorter(contract, input_width, input_height);
  for (const DecodeOutput& o : contract.outputs) {
    if (o.output < 0 || static_cast<size_t>(o.output) >= outputs.size()) {
      return InvalidModel("decode: output ", o.output, " named, but the network has ",
                          outputs.size());
    }
    if (o.stride < 0) {
      return InvalidModel("decode: output ", o.output, ": stride 0 or more expected, found ",
                          o.stride);
    }
    for (const float a : o.anchors) {
      if (!(std::isfinite(a) && a > 0)) {
        return InvalidModel("decode: output ", o.output, ": positive anchors expected, found ", a);
      }
    }
    if (o.role == OutputRole::kIgnored || o.role == OutputRole::kScoreSum) {
      continue;
    }
    const ConstTensorView& tensor = outputs[static_cast<size_t>(o.output)];
    if (tensor.dtype != DType::kF32) {
      return InvalidModel("decode: output ", o.output, ": f32 values expected, found ",
                          DTypeName(tensor.dtype));
    }
    PLUMB_RETURN_IF_ERROR(sorter.Add(o, tensor, plan));
  }
  std::vector<Level> levels = sorter.Take();
  if (levels.empty()) {
    return InvalidModel("decode: the contract names no output to read");
  }
  for (const Level& l : levels) {
    const bool split =
        l.box.present() && l.classes.present() && (plan.objectness < 0 || l.objectness.present());
    const bool whole =
        l.all.present() && !l.box.present() && !l.classes.present() && !l.objectness.present();
    if (!whole && !(split && !l.all.present())) {
      return InvalidModel("decode: ", FamilyName(contract.family), " at stride ", l.stride,
                          " needs one output with everything, or one each for boxes, classes",
                          plan.objectness >= 0 ? " and objectness" : "");
    }
  }
  return levels;
}

}  // namespace plumb::vision
