#include "plumb/verify/plain_records.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "plumb/kernels/unary/unary.h"
#include "plumb/verify/grid_values.h"

namespace plumb::verify {
namespace {

using artifact::TensorInfo;

// clamp(rne(t), lo - z, hi - z) + z (A3). std::nearbyint rounds ties to even in the default environment.
int32_t Rounded(float t, int32_t lo, int32_t hi, int32_t zero) {
  const float low = static_cast<float>(lo - zero), high = static_cast<float>(hi - zero);
  return static_cast<int32_t>(std::nearbyint(std::min(std::max(t, low), high))) + zero;
}

// A1, NaN included.
int32_t QuantizeOne(float real, float scale, int32_t zero, IntegerEnds ends) {
  const float steps = real / scale;
  return std::isnan(steps) ? zero : Rounded(steps, ends.low, ends.high, zero);
}

struct Grid {
  const Quantization* of = nullptr;
  GridChannels channels;
  explicit Grid(const RecordTensor& tensor)
      : of(&tensor.info->quantization), channels(tensor.info->quantization, tensor.info->shape) {}
  [[nodiscard]] float Scale(int64_t i) const {
    return of->scale[channels.At(static_cast<size_t>(i))];
  }
  [[nodiscard]] int32_t Zero(int64_t i) const {
    return of->zero_point[channels.At(static_cast<size_t>(i))];
  }
};

struct Limits {
  int32_t lo, hi;
};
Limits LimitsOf(const RecordView& view, DType dtype, std::string_view lo = "clamp_lo",
                std::string_view hi = "clamp_hi") {
  const IntegerEnds ends = EndsOf(dtype);
  return {static_cast<int32_t>(view.record->attributes.Int(lo, ends.low)),
          static_cast<int32_t>(view.record->attributes.Int(hi, ends.high))};
}

// The function behind a layer, of one number, by its scalar form (F2, F3).
struct Function {
  const kernels::UnaryF32* row = nullptr;  // null: none
  std::array<float, 4> parameters = {};

  [[nodiscard]] float operator()(float x) const {
    if (row != nullptr) {
      float y = 0;
      row->apply(&x, &y, 1, parameters.data());
      return y;
    }
    return x;
  }
};

std::optional<Function> FunctionOf(const RecordView& view, const std::string& name) {
  Function function;
  if (name.empty() || name == "none" || name == "table") {
    return function;
  }
  const Attributes& attributes = view.record->attributes;
  const bool tanh = name == "gelu" && attributes.String("approximate", "none") == "tanh";
  function.row = kernels::FindUnaryF32(tanh ? "gelu_tanh" : name, Isa::kScalar);
  if (function.row == nullptr) {
    return std::nullopt;
  }
  std::istringstream names(function.row->parameters);
  std::string parameter;
  for (size_t i = 0; names >> parameter && i < function.parameters.size(); ++i) {
    function.parameters[i] = attributes.Float(parameter, 0);
  }
  return function;
}

// conv and fully_connected: sums of products (A2, A11) and what a layer ends with (A3, A4, A5).
class Dot {
 public:
  Dot(const RecordView& view, const Function& function)
      : view_(view),
        function_(function),
        conv_(view.record->op == "conv"),
        x_(view.inputs[0]),
        w_(view.inputs[1]),
        y_(view.outputs[0]),
        table_(view.record->attributes.String("function", "none") == "table") {
    const Attributes& a = view.record->attributes;
    if (conv_) {
      planes_ = a.String("output_layout", "nhwc") == "nchw";
      strides_ = a.Ints("strides", {1, 1});
      pads_ = a.Ints("pads", {0, 0, 0, 0});
      dilations_ = a.Ints("dilations", {1, 1});
      groups_ = a.Int("groups", 1);
    }
  }

  // float(acc) * m[c]
  [[nodiscard]] float Scaled(int64_t i) const {
    const int64_t channel = Channel(i);
    return static_cast<float>(Sum(i)) * view_.inputs[3].view.data<float>()[channel];
  }

  [[nodiscard]] float Real(int64_t i) const { return function_(Scaled(i)); }

  [[nodiscard]] int32_t Integer(int64_t i) const {
    const Attributes& a = view_.record->attributes;
    const DType dtype = y_.view.dtype;
    const bool sums = view_.inputs.size() > 5 && view_.inputs[5].info != nullptr;
    const Grid grid(y_);
    const float own_scale = sums ? a.Float("own_scale", 1) : grid.Scale(i);
    const int32_t own_zero = sums ? static_cast<int32_t>(a.Int("own_zero_point", 0)) : grid.Zero(i);
    int32_t own = 0;
    if (table_) {
      const auto zero = static_cast<int32_t>(a.Int("mid_zero_point", 0));
      own = view_.inputs[4].view.data<int8_t>()[Rounded(Scaled(i), -128, 127, zero) + 128];
    } else if (function_.row != nullptr) {
      own = QuantizeOne(Real(i), own_scale, own_zero, EndsOf(dtype));
    } else {
      const Limits limits = LimitsOf(view_, dtype);
      own = Rounded(Scaled(i), limits.lo, limits.hi, own_zero);
    }
    if (!sums) {
      return own;
    }
    const Grid residual(view_.inputs[5]);
    const Limits limits = LimitsOf(view_, dtype, "sum_clamp_lo", "sum_clamp_hi");
    const float first = static_cast<float>(own - own_zero) * (own_scale / grid.Scale(i));
    const float second =
        static_cast<float>(IntegerAt(view_.inputs[5].view, static_cast<size_t>(i)) -
                           residual.Zero(i)) *
        (residual.Scale(i) / grid.Scale(i));
    return Rounded(first + second, limits.lo, limits.hi, grid.Zero(i));
  }

 private:
  [[nodiscard]] int64_t Channel(int64_t i) const {
    const Shape& y = y_.info->shape;
    return planes_ ? i / (y[2] * y[3]) % y[1] : i % y.back();
  }

  [[nodiscard]] int64_t Bias(int64_t channel) const {
    const RecordTensor& bias = view_.inputs[2];
    if (bias.info == nullptr) {
      return 0;
    }
    return bias.view.dtype == DType::kS64 ? bias.view.data<int64_t>()[channel]
                                          : bias.view.data<int32_t>()[channel];
  }

  [[nodiscard]] int64_t Product(int64_t x, int64_t w) const {
    const Grid grid(x_);
    return static_cast<int64_t>(IntegerAt(x_.view, static_cast<size_t>(x)) - grid.Zero(x)) *
           IntegerAt(w_.view, static_cast<size_t>(w));
  }

  [[nodiscard]] int64_t Sum(int64_t i) const {
    const Shape& w = w_.info->shape;
    const int64_t o = Channel(i);
    int64_t sum = Bias(o);
    if (!conv_) {
      const int64_t row = i / w[0], depth = w[1];
      for (int64_t k = 0; k < depth; ++k) {
        sum += Product(row * depth + k, o * depth + k);
      }
      return sum;
    }
    const Shape& x = x_.info->shape;
    const Shape& y = y_.info->shape;
    const int64_t height = planes_ ? y[2] : y[1], width = planes_ ? y[3] : y[2];
    const int64_t pixel = planes_ ? i % (height * width) : i / w[0] % (height * width);
    const int64_t batch = i / (height * width * w[0]);
    const int64_t first = o / (w[0] / groups_) * w[3];  // of the group's input channels
    for (int64_t r = 0; r < w[1]; ++r) {
      for (int64_t s = 0; s < w[2]; ++s) {
        const int64_t row = pixel / width * strides_[0] - pads_[0] + r * dilations_[0];
        const int64_t column = pixel % width * strides_[1] - pads_[1] + s * dilations_[1];
        if (row < 0 || row >= x[1] || column < 0 || column >= x[2]) {
          continue;
        }
        for (int64_t c = 0; c < w[3]; ++c) {
          sum += Product(((batch * x[1] + row) * x[2] + column) * x[3] + first + c,
                         ((o * w[1] + r) * w[2] + s) * w[3] + c);
        }
      }
    }
    return sum;
  }

  RecordView view_;
  Function function_;
  bool conv_, planes_ = false;
  RecordTensor x_, w_, y_;
  bool table_;
  std::vector<int64_t> strides_, pads_, dilations_;
  int64_t groups_ = 1;
};

// Where element `i` of a tensor of shape `to` lies in one of shape `from` that broadcasts to it.
int64_t Broadcast(int64_t i, const Shape& to, const Shape& from) {
  int64_t index = 0, step = 1;
  for (size_t d = 0; d < to.size(); ++d) {
    const size_t axis = to.size() - 1 - d;
    const int64_t at = i % to[axis];
    i /= to[axis];
    if (d < from.size()) {
      const int64_t size = from[from.size() - 1 - d];
      index += size == 1 ? 0 : at * step;
      step *= size;
    }
  }
  return index;
}

// add, sub and mul of two tensors (A5, A11).
int32_t Arithmetic(const RecordView& view, int64_t i) {
  const RecordTensor &a = view.inputs[0], &b = view.inputs[1], &y = view.outputs[0];
  const int64_t at_a = Broadcast(i, y.info->shape, a.info->shape),
                at_b = Broadcast(i, y.info->shape, b.info->shape);
  const Grid grid_a(a), grid_b(b), grid_y(y);
  const int32_t first = IntegerAt(a.view, static_cast<size_t>(at_a)) - grid_a.Zero(at_a);
  const int32_t second = IntegerAt(b.view, static_cast<size_t>(at_b)) - grid_b.Zero(at_b);
  const float scale_a = grid_a.Scale(at_a), scale_b = grid_b.Scale(at_b), scale_y = grid_y.Scale(i);
  const Limits limits = LimitsOf(view, y.view.dtype);
  float t = 0;
  if (view.record->op == "mul") {
    const float product = scale_a * scale_b;
    t = static_cast<float>(first * second) * (product / scale_y);
  } else {
    const float left = static_cast<float>(first) * (scale_a / scale_y);
    const float right = static_cast<float>(second) * (scale_b / scale_y);
    t = view.record->op == "add" ? left + right : left - right;
  }
  return Rounded(t, limits.lo, limits.hi, grid_y.Zero(i));
}

int32_t MeanOf(const RecordView& view, int64_t sum, int64_t count, int64_t i) {
  const float scale_x = view.inputs[0].info->quantization.scale[0];
  const Grid y(view.outputs[0]);
  const float t = (static_cast<float>(sum) / static_cast<float>(count)) * (scale_x / y.Scale(i));
  return Rounded(t, -128, 127, y.Zero(i));
}

// average_pool (A6).
int32_t AveragePool(const RecordView& view, int64_t i) {
  const Attributes& a = view.record->attributes;
  const std::vector<int64_t> kernel = a.Ints("kernel"), strides = a.Ints("strides", {1, 1}),
                             pads = a.Ints("pads", {0, 0, 0, 0}),
                             dilations = a.Ints("dilations", {1, 1});
  const bool with_pads = a.Int("count_include_pad", 0) != 0;
  const Shape &x = view.inputs[0].info->shape, &y = view.outputs[0].info->shape;
  const int64_t channel = i % y[3], column0 = i / y[3] % y[2] * strides[1] - pads[1],
                row0 = i / (y[3] * y[2]) % y[1] * strides[0] - pads[0],
                batch = i / (y[3] * y[2] * y[1]);
  const int32_t zero = view.inputs[0].info->quantization.zero_point[0];
  int64_t sum = 0, count = 0;
  for (int64_t r = 0; r < kernel[0]; ++r) {
    for (int64_t s = 0; s < kernel[1]; ++s) {
      const int64_t row = row0 + r * dilations[0], column = column0 + s * dilations[1];
      const bool inside = row >= 0 && row < x[1] && column >= 0 && column < x[2];
      const bool declared = row < x[1] + pads[2] && column < x[2] + pads[3];
      count += with_pads ? declared : inside;
      if (inside) {
        const int64_t at = ((batch * x[1] + row) * x[2] + column) * x[3] + channel;
        sum += IntegerAt(view.inputs[0].view, static_cast<size_t>(at)) - zero;
      }
    }
  }
  return MeanOf(view, sum, count, i);
}

// reduce_mean (A6): every element of the input whose kept coordinates are those of element i.
int32_t Mean(const RecordView& view, int64_t i) {
  const Shape& x = view.inputs[0].info->shape;
  const std::vector<int64_t> axes = view.record->attributes.Ints("axes");
  const auto reduced = [&](size_t d) {
    return std::find(axes.begin(), axes.end(), static_cast<int64_t>(d)) != axes.end();
  };
  std::vector<int64_t> step(x.size(), 1);
  for (size_t d = x.size(); d-- > 1;) {
    step[d - 1] = step[d] * x[d];
  }
  int64_t base = 0, rest = i, count = 1;
  for (size_t d = x.size(); d-- > 0;) {
    if (reduced(d)) {
      count *= x[d];
    } else {
      base += rest % x[d] * step[d];
      rest /= x[d];
    }
  }
  const int32_t zero = view.inputs[0].info->quantization.zero_point[0];
  int64_t sum = 0;
  for (int64_t k = 0; k < count; ++k) {
    int64_t at = base, left = k;
    for (size_t d = x.size(); d-- > 0;) {
      if (reduced(d)) {
        at += left % x[d] * step[d];
        left /= x[d];
      }
    }
    sum += IntegerAt(view.inputs[0].view, static_cast<size_t>(at)) - zero;
  }
  return MeanOf(view, sum, count, i);
}

// The element of the input that element `i` of the output is made of: axis d of the output is axis perm[d] of the input.
int64_t Permuted(const RecordView& view, int64_t i) {
  const std::vector<int64_t> perm = view.record->attributes.Ints("perm");
  if (perm.empty()) {
    return i;
  }
  const Shape &x = view.inputs[0].info->shape, &y = view.outputs[0].info->shape;
  std::vector<int64_t> at(x.size());
  for (size_t d = y.size(); d-- > 0;) {
    at[static_cast<size_t>(perm[d])] = i % y[d];
    i /= y[d];
  }
  int64_t index = 0;
  for (size_t d = 0; d < x.size(); ++d) {
    index = index * x[d] + at[d];
  }
  return index;
}

int32_t QuantizeElement(const RecordView& view, int64_t i) {
  const Grid y(view.outputs[0]);
  return QuantizeOne(view.inputs[0].view.data<float>()[Permuted(view, i)], y.Scale(i), y.Zero(i),
                     EndsOf(view.outputs[0].view.dtype));
}

float DequantizeElement(const RecordView& view, int64_t i) {
  const Grid x(view.inputs[0]);
  return static_cast<float>(IntegerAt(view.inputs[0].view, static_cast<size_t>(i)) - x.Zero(i)) *
         x.Scale(i);
}

// A7.
int32_t TableElement(const RecordView& view, int64_t i) {
  const bool many = view.inputs[1].info->shape.size() == 2;
  const int64_t first = many ? i % view.outputs[0].info->shape.back() * 256 : 0;
  const int32_t x = IntegerAt(view.inputs[0].view, static_cast<size_t>(i));
  return view.inputs[1].view.data<int8_t>()[first + x + 128];
}

bool AllOnGrids(const RecordView& view) {
  const auto on_grid = [](const RecordTensor& t) {
    return t.info != nullptr && !t.info->quantization.empty();
  };
  return std::all_of(view.inputs.begin(), view.inputs.end(), on_grid) &&
         std::all_of(view.outputs.begin(), view.outputs.end(), on_grid);
}

}  // namespace

std::optional<PlainRecord> PlainRecord::Of(const RecordView& view) {
  const std::string& op = view.record->op;
  PlainRecord rule;
  const auto take = [&](int32_t (*element)(const RecordView&, int64_t)) {
    rule.integer_ = [view, element](int64_t i) { return element(view, i); };
  };
  const auto is_s8 = [](const RecordTensor& t) { return t.view.dtype == DType::kS8; };
  if (op == "conv" || op == "fully_connected") {
    if (view.inputs.size() < 4 || view.inputs[0].view.dtype == DType::kF32) {
      return std::nullopt;
    }
    const auto function = FunctionOf(view, view.record->attributes.String("function", "none"));
    if (!function) {
      return std::nullopt;
    }
    const auto dot = std::make_shared<const Dot>(view, *function);
    rule.integer_ = [dot](int64_t i) { return dot->Integer(i); };
    rule.real_ = [dot](int64_t i) { return dot->Real(i); };
  } else if ((op == "add" || op == "sub" || op == "mul") && AllOnGrids(view)) {
    take(Arithmetic);
  } else if (op == "average_pool" && AllOnGrids(view) && is_s8(view.inputs[0])) {
    take(AveragePool);
  } else if (op == "reduce_mean" && AllOnGrids(view) && is_s8(view.inputs[0])) {
    take(Mean);
  } else if (op == "quantize" &&
             (is_s8(view.outputs[0]) || view.outputs[0].view.dtype == DType::kS16)) {
    take(QuantizeElement);
  } else if (op == "dequantize" &&
             (is_s8(view.inputs[0]) || view.inputs[0].view.dtype == DType::kS16)) {
    rule.real_ = [view](int64_t i) { return DequantizeElement(view, i); };
  } else if (op == "table") {
    take(TableElement);
  } else {
    return std::nullopt;
  }
  return rule;
}

}  // namespace plumb::verify
