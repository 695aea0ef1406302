#include "plumb/runtime/record_slice.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

#include "plumb/runtime/binding.h"

namespace plumb::runtime {

#define PLUMB_RECORD_KIND(op, version, function) \
  Result<std::unique_ptr<BoundRecord>> function(const BindContext& context);
#define PLUMB_PLACED_RECORD_KIND(op, version, function, placement) \
  PLUMB_RECORD_KIND(op, version, function)
#include "plumb/runtime/bindings.inc"
#undef PLUMB_PLACED_RECORD_KIND
#undef PLUMB_RECORD_KIND

namespace {

using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;

// How the output of a record follows from its inputs.
enum class Form { kOther, kWindow, kRows, kElements };

Form FormOf(const Program& program, const Record& record) {
  const RecordKind* kind = FindRecordKind(record.op, record.version);
  if (kind == nullptr || record.outputs.size() != 1 || record.inputs.empty() ||
      record.inputs[0] < 0) {
    return Form::kOther;
  }
  const BindFunction bind = kind->bind;
  if (bind == BindConv || bind == BindMaxPool || bind == BindAverage) {
    return program.tensors[static_cast<size_t>(record.inputs[0])].shape.size() == 4 ? Form::kWindow
                                                                                    : Form::kOther;
  }
  if (bind == BindFullyConnected || bind == BindMatmul) {
    return Form::kRows;
  }
  const bool elements = bind == BindUnary || bind == BindBinary || bind == BindArithmetic ||
                        bind == BindWhere || bind == BindCast || bind == BindTable ||
                        bind == BindDequantize || bind == BindQuantize;
  return elements && !record.attributes.Has("perm") ? Form::kElements : Form::kOther;
}

bool IsTable(const Record& record) {
  return FindRecordKind(record.op, record.version)->bind == BindTable;
}

bool Planes(const Record& record) {
  return record.attributes.String("output_layout", "nhwc") == "nchw";
}

class Slicer {
 public:
  Slicer(const Program& program, size_t record)
      : from_(program), record_(program.records[record]), made_(std::make_shared<Program>()) {
    made_->name = record_.name;
  }

  // A tensor of the whole program, or some rows of it. Constants stay constants unless they are cut.
  int32_t Add(int32_t tensor, int axis, int64_t begin, int64_t end) {
    if (tensor < 0) {
      return -1;
    }
    const auto t = static_cast<size_t>(tensor);
    const std::tuple key(t, axis, begin, end);
    if (const auto known = added_.find(key); known != added_.end()) {
      return known->second;
    }
    TensorInfo info = from_.tensors[t];
    const bool constant = info.constant >= 0 && axis < 0;
    if (axis >= 0) {
      info.shape[static_cast<size_t>(axis)] = end - begin;
    }
    info.constant = constant ? static_cast<int32_t>(made_->constants.size()) : -1;
    if (constant) {
      made_->constants.push_back(from_.constants[static_cast<size_t>(from_.tensors[t].constant)]);
    }
    const DType dtype = info.dtype;
    const int32_t added = made_->AddTensor(std::move(info));
    if (!constant) {
      made_->inputs.push_back({StrCat("input ", inputs_.size()), added, dtype});
      inputs_.push_back({t, axis, begin, end});
    }
    added_[key] = added;
    return added;
  }
  RecordSlice Finish(std::vector<int32_t> inputs, Attributes attributes, int axis, int64_t begin,
                     int64_t end) {
    Record record{record_.op, record_.version,      record_.name, std::move(inputs),
                  {},         std::move(attributes)};
    std::vector<TensorPart> outputs;
    for (int32_t tensor : record_.outputs) {
      const auto t = static_cast<size_t>(tensor);
      TensorInfo info = from_.tensors[t];
      if (axis >= 0) {
        info.shape[static_cast<size_t>(axis)] = end - begin;
      }
      const DType dtype = info.dtype;
      record.outputs.push_back(made_->AddTensor(std::move(info)));
      made_->outputs.push_back({StrCat("output ", outputs.size()), record.outputs.back(), dtype});
      outputs.push_back({t, axis, begin, end});
    }
    made_->records.push_back(std::move(record));
    return {std::move(made_), std::move(inputs_), std::move(outputs)};
  }

 private:
  const Program& from_;
  const Record& record_;
  std::shared_ptr<Program> made_;
  std::vector<TensorPart> inputs_;
  std::map<std::tuple<size_t, int, int64_t, int64_t>, int32_t> added_;
};

const Shape& ShapeOf(const Program& program, int32_t tensor) {
  return program.tensors[static_cast<size_t>(tensor)].shape;
}

// Rows of pixels, for which the rows of the picture that their windows reach are needed. What of a window lies outside the
// picture stays padding.
std::optional<RecordSlice> SliceWindow(const Program& program, size_t index, int64_t begin,
                                       int64_t end) {
  const Record& record = program.records[index];
  const auto pair = [&](const char* name, std::vector<int64_t> fallback) {
    return record.attributes.Ints(name, std::move(fallback));
  };
  const int64_t height = ShapeOf(program, record.inputs[0])[1];
  const bool conv = record.inputs.size() > 1;
  const int64_t kernel = conv ? ShapeOf(program, record.inputs[1])[1] : pair("kernel", {1, 1})[0];
  const int64_t stride = pair("strides", {1, 1})[0], dilation = pair("dilations", {1, 1})[0];
  std::vector<int64_t> pads = pair("pads", {0, 0, 0, 0});
  const int64_t top = begin * stride - pads[0];
  const int64_t bottom = (end - 1) * stride - pads[0] + (kernel - 1) * dilation + 1;
  const int64_t first = std::max<int64_t>(top, 0), last = std::min(bottom, height);
  if (first >= last) {
    return std::nullopt;
  }
  pads[2] = std::min(pads[2], bottom - last);
  pads[0] = first - top;
  Attributes attributes = record.attributes;
  attributes.Set("pads", pads);
  Slicer slicer(program, index);
  std::vector<int32_t> inputs = {slicer.Add(record.inputs[0], 1, first, last)};
  for (size_t i = 1; i < record.inputs.size(); ++i) {
    const bool residual = i == 5;
    inputs.push_back(residual ? slicer.Add(record.inputs[i], 1, begin, end)
                              : slicer.Add(record.inputs[i], -1, 0, 0));
  }
  return slicer.Finish(std::move(inputs), std::move(attributes), Planes(record) ? 2 : 1, begin,
                       end);
}

std::optional<RecordSlice> SliceRows(const Program& program, size_t index, int axis, int64_t begin,
                                     int64_t end) {
  const Record& record = program.records[index];
  Slicer slicer(program, index);
  std::vector<int32_t> inputs = {slicer.Add(record.inputs[0], axis, begin, end)};
  for (size_t i = 1; i < record.inputs.size(); ++i) {
    inputs.push_back(slicer.Add(record.inputs[i], -1, 0, 0));
  }
  return slicer.Finish(std::move(inputs), record.attributes, axis, begin, end);
}

// Inputs are broadcast to the output: axes are counted from the last one, and those of size 1 stay.
std::optional<RecordSlice> SliceElements(const Program& program, size_t index, int axis,
                                         int64_t begin, int64_t end) {
  const Record& record = program.records[index];
  const auto rank = static_cast<int>(ShapeOf(program, record.outputs[0]).size());
  Slicer slicer(program, index);
  std::vector<int32_t> inputs;
  for (size_t i = 0; i < record.inputs.size(); ++i) {
    const int32_t tensor = record.inputs[i];
    int own = -1;
    if (tensor >= 0 && !(i == 1 && IsTable(record))) {
      const Shape& shape = ShapeOf(program, tensor);
      own = axis - (rank - static_cast<int>(shape.size()));
      own = own >= 0 && shape[static_cast<size_t>(own)] != 1 ? own : -1;
    }
    inputs.push_back(slicer.Add(tensor, own, begin, end));
  }
  return slicer.Finish(std::move(inputs), record.attributes, axis, begin, end);
}

// The longest axis that no grid follows.
int LongestFree(const Program& program, const Record& record) {
  const TensorInfo& y = program.tensors[static_cast<size_t>(record.outputs[0])];
  const auto rank = static_cast<int>(y.shape.size());
  std::vector<bool> taken(y.shape.size(), false);
  const auto take = [&](const TensorInfo& info) {
    const int axis = info.quantization.axis < 0
                         ? -1
                         : info.quantization.axis + rank - static_cast<int>(info.shape.size());
    if (axis >= 0 && axis < rank) {
      taken[static_cast<size_t>(axis)] = true;
    }
  };
  take(y);
  for (int32_t tensor : record.inputs) {
    if (tensor >= 0) {
      take(program.tensors[static_cast<size_t>(tensor)]);
    }
  }
  if (rank > 0 && IsTable(record)) {
    taken[static_cast<size_t>(rank) - 1] = true;  // tables follow channels
  }
  int best = -1;
  for (int axis = 0; axis < rank; ++axis) {
    const auto a = static_cast<size_t>(axis);
    if (!taken[a] && y.shape[a] > 1 &&
        (best < 0 || y.shape[a] > y.shape[static_cast<size_t>(best)])) {
      best = axis;
    }
  }
  return best;
}

}  // namespace

RecordSlice WholeRecord(const Program& program, size_t index) {
  const Record& record = program.records[index];
  Slicer slicer(program, index);
  std::vector<int32_t> inputs;
  for (int32_t tensor : record.inputs) {
    inputs.push_back(slicer.Add(tensor, -1, 0, 0));
  }
  return slicer.Finish(std::move(inputs), record.attributes, -1, 0, 0);
}

int SliceAxis(const Program& program, size_t index) {
  const Record& record = program.records[index];
  switch (FormOf(program, record)) {
    case Form::kWindow:
      return Planes(record) ? 2 : 1;
    case Form::kRows: {
      // Rows of the first operand: its last axis but one, where the other operand has no say.
      const Shape& x = ShapeOf(program, record.inputs[0]);
      return x.size() >= 2 && x.size() == ShapeOf(program, record.outputs[0]).size()
                 ? static_cast<int>(x.size()) - 2
                 : -1;
    }
    case Form::kElements:
      return LongestFree(program, record);
    case Form::kOther:
      break;
  }
  return -1;
}

std::optional<RecordSlice> SliceRecord(const Program& program, size_t index, int64_t begin,
                                       int64_t end) {
  const Record& record = program.records[index];
  const int axis = SliceAxis(program, index);
  if (axis < 0) {
    return std::nullopt;
  }
  switch (FormOf(program, record)) {
    case Form::kWindow:
      return SliceWindow(program, index, begin, end);
    case Form::kRows:
      return SliceRows(program, index, axis, begin, end);
    default:
      return SliceElements(program, index, axis, begin, end);
  }
}

Tensor CopyPart(ConstTensorView whole, const TensorPart& part) {
  Shape shape(whole.shape.begin(), whole.shape.end());
  if (part.axis < 0) {
    Tensor copy(whole.dtype, shape);
    if (copy.bytes() > 0) {
      std::memcpy(copy.raw(), whole.raw, copy.bytes());
    }
    return copy;
  }
  const auto axis = static_cast<size_t>(part.axis);
  const int64_t size = shape[axis];
  shape[axis] = part.end - part.begin;
  Tensor copy(whole.dtype, shape);
  const int64_t outer = NumElements(std::span(shape).first(axis));
  const size_t inner =
      static_cast<size_t>(NumElements(std::span(shape).subspan(axis + 1))) * DTypeSize(whole.dtype);
  const auto* from = static_cast<const std::byte*>(whole.raw);
  auto* to = static_cast<std::byte*>(copy.raw());
  const size_t run = static_cast<size_t>(shape[axis]) * inner;
  for (int64_t o = 0; o < outer; ++o) {
    const size_t begin = (static_cast<size_t>(o * size) + static_cast<size_t>(part.begin)) * inner;
    if (run > 0) {
      std::memcpy(to + static_cast<size_t>(o) * run, from + begin, run);
    }
  }
  return copy;
}

}  // namespace plumb::runtime
