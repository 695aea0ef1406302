#include "plumb/api/heads.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "plumb/artifact/producers.h"
#include "plumb/runtime/session.h"
#include "plumb/vision/decode.h"

namespace plumb {
namespace {

using artifact::DecodeContract;
using artifact::DecodeOutput;
using artifact::Family;
using artifact::OutputLayout;
using artifact::OutputRole;
using artifact::Program;
using artifact::Record;

// The program in two: up to the heads, and from them on.
struct Cut {
  Program network, tail;
};

bool IsIntegerInput(const Program& program, int32_t t) {
  if (t < 0 || program.tensors[static_cast<size_t>(t)].constant >= 0) {
    return false;
  }
  const DType type = program.tensors[static_cast<size_t>(t)].dtype;
  return type == DType::kS8 || type == DType::kS16;
}

// Marks the records that compute `wanted` tensors, back to where `stop(record)` says so; these
// records' outputs are returned.
template <typename Stop>
std::vector<int32_t> MarkBack(const Program& program, std::vector<int32_t> wanted,
                              std::vector<bool>& marked, bool& reaches_input, const Stop& stop) {
  const std::vector<int32_t> producer = artifact::Producers(program);
  std::vector<int32_t> ends;
  std::vector<bool> seen(program.tensors.size(), false);
  while (!wanted.empty()) {
    const int32_t t = wanted.back();
    wanted.pop_back();
    if (t < 0 || seen[static_cast<size_t>(t)] ||
        program.tensors[static_cast<size_t>(t)].constant >= 0) {
      continue;
    }
    seen[static_cast<size_t>(t)] = true;
    const int32_t r = producer[static_cast<size_t>(t)];
    if (r < 0) {
      reaches_input = true;
      continue;
    }
    const Record& record = program.records[static_cast<size_t>(r)];
    if (stop(record)) {
      ends.push_back(t);
      continue;
    }
    marked[static_cast<size_t>(r)] = true;
    wanted.insert(wanted.end(), record.inputs.begin(), record.inputs.end());
  }
  std::sort(ends.begin(), ends.end());
  return ends;
}

void KeepRecords(Program& program, const std::vector<bool>& keep) {
  std::vector<Record> kept;
  for (size_t r = 0; r < keep.size(); ++r) {
    if (keep[r]) {
      kept.push_back(std::move(program.records[r]));
    }
  }
  program.records = std::move(kept);
}

std::optional<Cut> CutAtHeads(const Program& program) {
  std::vector<int32_t> outputs;
  for (const artifact::Port& port : program.outputs) {
    outputs.push_back(port.tensor);
  }
  const auto is_integer_layer = [&](const Record& record) {
    return std::any_of(record.inputs.begin(), record.inputs.end(),
                       [&](int32_t t) { return IsIntegerInput(program, t); });
  };
  std::vector<bool> in_tail(program.records.size(), false);
  bool reaches_input = false;
  const std::vector<int32_t> heads =
      MarkBack(program, outputs, in_tail, reaches_input, is_integer_layer);
  const bool has_tail = std::count(in_tail.begin(), in_tail.end(), true) > 0;
  if (reaches_input || heads.empty() || !has_tail) {
    return std::nullopt;
  }
  Cut cut{program, program};
  KeepRecords(cut.tail, in_tail);
  cut.tail.inputs.clear();
  cut.network.outputs.clear();
  for (const int32_t t : heads) {
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(t)];
    if (info.dtype != DType::kF32) {
      return std::nullopt;
    }
    cut.network.outputs.push_back({info.name, t, DType::kF32});
    cut.tail.inputs.push_back({info.name, t, DType::kF32});
  }
  std::vector<bool> needed(program.records.size(), false);
  bool from_input = false;
  MarkBack(program, heads, needed, from_input, [](const Record&) { return false; });
  KeepRecords(cut.network, needed);
  return cut;
}

// The tail, run on heads of one's choice.
class Tail {
 public:
  static std::optional<Tail> Create(Program program) {
    runtime::SessionOptions options;
    auto session =
        runtime::Session::Create(std::make_shared<const Program>(std::move(program)), options);
    if (!session.ok()) {
      return std::nullopt;
    }
    Tail tail;
    tail.session_ = std::move(*session);
    return tail;
  }
  [[nodiscard]] const Program& program() const { return session_->program(); }
  template <typename Value>
  bool Run(const Value& value) {
    heads_.clear();
    for (size_t i = 0; i < program().inputs.size(); ++i) {
      const TensorView input = session_->input(i);
      float* const to = static_cast<float*>(input.raw);
      std::generate_n(to, input.size(), value);
      heads_.push_back({input.dtype, input.shape, input.raw});
    }
    return session_->Run().ok();
  }
  [[nodiscard]] const std::vector<ConstTensorView>& heads() const { return heads_; }
  [[nodiscard]] std::vector<ConstTensorView> outputs() const {
    std::vector<ConstTensorView> views;
    for (size_t i = 0; i < program().outputs.size(); ++i) {
      views.push_back(session_->output(i));
    }
    return views;
  }

 private:
  std::unique_ptr<runtime::Session> session_;
  std::vector<ConstTensorView> heads_;
};

// One head as the decoder sees it; empty when its shape is that of no level.
std::optional<DecodeOutput> OutputOf(const DecodeContract& given, const Shape& shape, size_t index,
                                     int width, int height) {
  if (shape.size() != 4 || shape[0] != 1) {
    return std::nullopt;
  }
  DecodeOutput out;
  out.output = static_cast<int32_t>(index);
  int64_t channels = 0;
  for (const OutputLayout layout : {OutputLayout::kChannelsLast, OutputLayout::kChannelsFirst}) {
    const bool last = layout == OutputLayout::kChannelsLast;
    const int64_t h = shape[last ? 1 : 2], w = shape[last ? 2 : 3];
    for (const int32_t stride : given.strides) {
      if (h * stride == height && w * stride == width) {
        out.layout = layout;
        out.stride = stride;
        channels = shape[last ? 3 : 1];
      }
    }
    if (out.stride != 0) {
      break;
    }
  }
  const int64_t classes = given.classes,
                box = given.family == Family::kYolov8 ? 4 * given.reg_max : 4;
  const bool objectness = given.family == Family::kYolox;
  if (out.stride == 0) {
    return std::nullopt;
  }
  if (given.family == Family::kYolov5) {
    out.role = OutputRole::kAll;
    return channels % (5 + classes) == 0 ? std::optional(out) : std::nullopt;
  }
  out.role = channels == box + (objectness ? 1 : 0) + classes ? OutputRole::kAll
             : channels == box                                ? OutputRole::kBox
             : channels == classes                            ? OutputRole::kClasses
             : objectness && channels == 1                    ? OutputRole::kObjectness
                                                              : OutputRole::kIgnored;
  return out.role == OutputRole::kIgnored ? std::nullopt : std::optional(out);
}

// Widths and heights of the boxes that heads in the middle of their range make: the anchors.
// `rows`: [1, N, 5 + classes], level after level, anchor after anchor.
bool ReadAnchors(Tail& tail, bool activated, DecodeContract& c) {
  const float middle = activated ? 0.5f : 0.0f;
  if (!tail.Run([&] { return middle; })) {
    return false;
  }
  const ConstTensorView rows = tail.outputs()[0];
  const int64_t channels = 5 + c.classes;
  if (rows.shape.size() != 3 || rows.shape[2] != channels) {
    return false;
  }
  std::vector<DecodeOutput*> levels;
  for (DecodeOutput& output : c.outputs) {
    levels.push_back(&output);
  }
  std::sort(levels.begin(), levels.end(),
            [](const auto* a, const auto* b) { return a->stride < b->stride; });
  int64_t row = 0;
  for (DecodeOutput* output : levels) {
    const auto shape = tail.heads()[static_cast<size_t>(output->output)].shape;
    const bool last = output->layout == OutputLayout::kChannelsLast;
    const int64_t cells = last ? shape[1] * shape[2] : shape[2] * shape[3];
    const int64_t anchors = shape[last ? 3 : 1] / channels;
    for (int64_t a = 0; a < anchors; ++a, row += cells) {
      if (row >= rows.shape[1]) {
        return false;
      }
      const float* const box = rows.data<float>() + row * channels;
      if (!(std::isfinite(box[2]) && box[2] > 0 && std::isfinite(box[3]) && box[3] > 0)) {
        return false;
      }
      output->anchors.insert(output->anchors.end(), {box[2], box[3]});
    }
  }
  return row == rows.shape[1];
}

bool Near(float a, float b, float size) { return std::abs(a - b) <= kBoxRounding * size; }

// Whether both contracts give the same boxes for noise in the heads.
bool Agree(Tail& tail, const DecodeContract& whole, const DecodeContract& heads, int width,
           int height) {
  std::mt19937 random(7);
  const bool activated = heads.scores_activated && heads.family == Family::kYolov5;
  const auto noise = [&] {
    const float u = static_cast<float>(random() >> 8) * 0x1p-24f;
    return activated ? u : 8.0f * u - 4.0f;
  };
  if (!tail.Run(noise)) {
    return false;
  }
  vision::DecodeOptions options;
  options.score_threshold = 0.001f;
  const auto expected = vision::Decode(whole, tail.outputs(), width, height, options);
  const auto found = vision::Decode(heads, tail.heads(), width, height, options);
  if (!expected.ok() || !found.ok() || expected->empty() || expected->size() != found->size()) {
    return false;
  }
  for (size_t i = 0; i < expected->size(); ++i) {
    const vision::Detection &a = (*expected)[i], &b = (*found)[i];
    const float size = std::max({static_cast<float>(std::max(width, height)), std::abs(a.x1),
                                 std::abs(a.y1), std::abs(a.x2), std::abs(a.y2)});
    if (a.label != b.label || !Near(a.score, b.score, 1.0f) || !Near(a.x1, b.x1, size) ||
        !Near(a.y1, b.y1, size) || !Near(a.x2, b.x2, size) || !Near(a.y2, b.y2, size)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<Heads> FindHeads(const Program& program, const DecodeContract& decode, int width,
                               int height) {
  const bool all_levels_in_one =
      std::any_of(decode.outputs.begin(), decode.outputs.end(),
                  [](const DecodeOutput& output) { return output.stride == 0; });
  const bool known = (decode.family == Family::kYolov5 && decode.boxes_decoded) ||
                     decode.family == Family::kYolov8 || decode.family == Family::kYolox;
  // Outputs that are stored as integers are what they are: nothing finer stands behind their tail.
  const bool floats =
      std::all_of(program.outputs.begin(), program.outputs.end(), [&](const artifact::Port& port) {
        return program.tensors[static_cast<size_t>(port.tensor)].dtype == DType::kF32;
      });
  if (!known || !all_levels_in_one || !floats) {
    return std::nullopt;
  }
  std::optional<Cut> cut = CutAtHeads(program);
  if (!cut.has_value()) {
    return std::nullopt;
  }
  DecodeContract found = decode;
  found.boxes_decoded = false;
  found.outputs.clear();
  for (size_t i = 0; i < cut->network.outputs.size(); ++i) {
    const auto t = static_cast<size_t>(cut->network.outputs[i].tensor);
    const auto output = OutputOf(decode, program.tensors[t].shape, i, width, height);
    if (!output.has_value()) {
      return std::nullopt;
    }
    found.outputs.push_back(*output);
  }
  std::optional<Tail> tail = Tail::Create(std::move(cut->tail));
  if (!tail.has_value()) {
    return std::nullopt;
  }
  for (const bool activated : {false, true}) {
    DecodeContract tried = found;
    tried.scores_activated = activated;
    if (decode.family == Family::kYolov5 && !ReadAnchors(*tail, activated, tried)) {
      continue;
    }
    if (Agree(*tail, decode, tried, width, height)) {
      return Heads{std::make_shared<const Program>(std::move(cut->network)), std::move(tried)};
    }
  }
  return std::nullopt;
}

}  // namespace plumb
