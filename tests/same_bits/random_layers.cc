#include "tests/same_bits/random_layers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace plumb {

using artifact::Program;

uint64_t Draw::Bits() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

int64_t Draw::Int(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(Bits() % static_cast<uint64_t>(high - low + 1));
}

float Draw::Real(float low, float high) {
  const float unit = static_cast<float>(Bits() >> 40) * 0x1p-24f;
  return low + unit * (high - low);
}

namespace {

// Every draw stands in a statement or a braced list of its own: the order in which the arguments of a
// call are evaluated differs between machines.
class Maker {
 public:
  Maker(uint64_t seed, int64_t batch)
      : draw_(seed), batch_(batch), program_(std::make_shared<Program>()) {
    program_->name = "random layer " + std::to_string(seed);
  }

  RandomLayer Make() {
    using Kind = void (Maker::*)();
    // Convolutions have the most parameters, so they come up most.
    constexpr Kind kKinds[] = {
        &Maker::ConvS8,      &Maker::ConvS8,   &Maker::ConvS8,         &Maker::DepthwiseS8,
        &Maker::DepthwiseS8, &Maker::DeepS8,   &Maker::FullyConnected, &Maker::ArithmeticS8,
        &Maker::Table,       &Maker::Quantize, &Maker::Dequantize,     &Maker::AveragePoolS8,
        &Maker::MaxPool,     &Maker::MeanS8,   &Maker::ConvF32,        &Maker::ConvF32,
        &Maker::Softmax,     &Maker::UnaryF32, &Maker::Resize,         &Maker::FullyConnected,
        &Maker::ConcatS8};
    (this->*kKinds[static_cast<size_t>(draw_.Int(0, std::ssize(kKinds) - 1))])();
    std::string name = program_->records[0].op;
    for (const artifact::Port& port : program_->inputs) {
      name += " " + std::string(DTypeName(port.dtype));
    }
    return {name, program_};
  }

 private:
  int64_t Channels() { return draw_.OneOf(3) ? draw_.Int(1, 4) : draw_.Int(1, 70); }
  int64_t Side() { return draw_.OneOf(5) ? 1 : draw_.Int(1, 19); }
  Quantization Grid() {
    return {{draw_.Real(0.01f, 0.2f)}, {static_cast<int32_t>(draw_.Int(-128, 127))}};
  }
  Quantization ChannelGrid(int64_t channels, int64_t axis) {
    Quantization grid;
    grid.axis = static_cast<int>(axis);
    for (int64_t c = 0; c < channels; ++c) {
      grid.scale.push_back(draw_.Real(0.01f, 0.2f));
      grid.zero_point.push_back(static_cast<int32_t>(draw_.Int(-128, 127)));
    }
    return grid;
  }
  int32_t Input(DType type, Shape shape, Quantization grid = {}) {
    const std::string name = "x" + std::to_string(program_->inputs.size());
    const int32_t tensor = program_->AddTensor({name, type, std::move(shape), std::move(grid)});
    program_->inputs.push_back({name, tensor, type});
    return tensor;
  }
  int32_t Output(DType type, Shape shape, Quantization grid = {}) {
    const std::string name = "y" + std::to_string(program_->outputs.size());
    const int32_t tensor = program_->AddTensor({name, type, std::move(shape), std::move(grid)});
    program_->outputs.push_back({name, tensor, type});
    return tensor;
  }
  template <typename T, typename F>
  int32_t Constant(const char* name, Shape shape, F value) {
    auto tensor = std::make_shared<Tensor>(DTypeOf<T>::value, std::move(shape));
    for (T& v : tensor->template values<T>()) {
      v = static_cast<T>(value());
    }
    return program_->AddConstant(name, tensor);
  }
  int32_t Reals(const char* name, Shape shape, float low, float high) {
    return Constant<float>(name, std::move(shape), [&] { return draw_.Real(low, high); });
  }
  void Record(const char* op, std::vector<int32_t> inputs, std::vector<int32_t> outputs,
              Attributes attributes = {}) {
    program_->records.push_back(
        {op, 1, "the layer", std::move(inputs), std::move(outputs), std::move(attributes)});
  }

  struct Window {
    int64_t h, w, out_h, out_w, kernel_h, kernel_w;
    Attributes attributes;
  };
  // A window over a picture, drawn until something is left of the picture.
  Window DrawWindow(bool may_dilate) {
    while (true) {
      Window out;
      out.h = Side(), out.w = Side();
      out.kernel_h = draw_.Int(1, 5), out.kernel_w = draw_.Int(1, 5);
      if (draw_.OneOf(3)) {
        out.kernel_h = out.kernel_w = 1;
      }
      const std::vector<int64_t> strides = {draw_.Int(1, 3), draw_.Int(1, 3)};
      const std::vector<int64_t> dilations = {may_dilate && draw_.OneOf(3) ? 2 : 1,
                                              may_dilate && draw_.OneOf(3) ? 3 : 1};
      std::vector<int64_t> pads(4);
      for (int64_t i = 0; i < 4; ++i) {
        const int64_t kernel = i % 2 == 0 ? out.kernel_h : out.kernel_w;
        pads[static_cast<size_t>(i)] = draw_.Int(0, kernel - 1);
      }
      const auto size = [&](int64_t in, int64_t kernel, size_t axis) {
        const int64_t room = in + pads[axis] + pads[axis + 2] - dilations[axis] * (kernel - 1) - 1;
        return room < 0 ? 0 : room / strides[axis] + 1;
      };
      out.out_h = size(out.h, out.kernel_h, 0);
      out.out_w = size(out.w, out.kernel_w, 1);
      if (out.out_h > 0 && out.out_w > 0) {
        out.attributes = {{"strides", strides}, {"pads", pads}, {"dilations", dilations}};
        return out;
      }
    }
  }

  // bias, factors and the end of an 8-bit layer of `depth` products; the record's further inputs.
  void EndS8(const char* op, int32_t x, int32_t w, Shape y, int64_t depth, Attributes attributes) {
    const int64_t channels = y.back();
    const int32_t bias = draw_.OneOf(4) ? -1 : Constant<int32_t>("bias", {channels}, [&] {
      return draw_.Int(-5000, 5000);
    });
    // So that outputs spread over their range: a sum is about sqrt(depth) * 5000.
    const float typical = 1.0f / (std::sqrt(static_cast<float>(depth)) * draw_.Real(40.0f, 200.0f));
    const int32_t m =
        Constant<float>("m", {channels}, [&] { return typical * draw_.Real(0.3f, 3.0f); });
    std::vector<int32_t> inputs = {x, w, bias, m};
    const int64_t last = std::ssize(y) - 1;
    int32_t out = -1;
    switch (draw_.Int(0, 4)) {
      case 0:
        attributes.Set("function", std::string("table"));
        attributes.Set("mid_zero_point", draw_.Int(-128, 127));
        inputs.push_back(Constant<int8_t>("table", {256}, [&] { return draw_.Int(-128, 127); }));
        out = Output(DType::kS8, std::move(y), Grid());
        break;
      case 1: {
        constexpr std::array kFunctions = {"silu", "hard_swish", "sigmoid", "mish", "relu"};
        attributes.Set("function", std::string(kFunctions[static_cast<size_t>(draw_.Int(0, 4))]));
        out =
            Output(DType::kS8, std::move(y), draw_.OneOf(2) ? ChannelGrid(channels, last) : Grid());
        break;
      }
      case 2:
        out = Output(DType::kF32, std::move(y));
        break;
      default:
        if (draw_.OneOf(2)) {
          attributes.Set("clamp_lo", draw_.Int(-128, 0));
          attributes.Set("clamp_hi", draw_.Int(0, 127));
        }
        out =
            Output(DType::kS8, std::move(y), draw_.OneOf(3) ? ChannelGrid(channels, last) : Grid());
        break;
    }
    Record(op, std::move(inputs), {out}, std::move(attributes));
  }

  int32_t Weights(Shape shape) {
    return Constant<int8_t>("w", std::move(shape), [&] { return draw_.Int(-127, 127); });
  }

  void ConvS8() {
    Window window = DrawWindow(true);
    const int64_t groups = draw_.OneOf(4) ? draw_.Int(2, 4) : 1;
    const int64_t in = groups * std::max<int64_t>(1, Channels() / groups);
    const int64_t out = groups * std::max<int64_t>(1, Channels() / groups);
    const int32_t x = Input(DType::kS8, {batch_, window.h, window.w, in}, Grid());
    const int32_t w = Weights({out, window.kernel_h, window.kernel_w, in / groups});
    window.attributes.Set("groups", groups);
    EndS8("conv", x, w, {batch_, window.out_h, window.out_w, out},
          window.kernel_h * window.kernel_w * in / groups, std::move(window.attributes));
  }
  void DepthwiseS8() {
    Window window = DrawWindow(true);
    const int64_t channels = draw_.OneOf(6) ? draw_.Int(100, 300) : Channels();
    const int32_t x = Input(DType::kS8, {batch_, window.h, window.w, channels},
                            draw_.OneOf(2) ? ChannelGrid(channels, 3) : Grid());
    const int32_t w = Weights({channels, window.kernel_h, window.kernel_w, 1});
    window.attributes.Set("groups", channels);
    EndS8("conv", x, w, {batch_, window.out_h, window.out_w, channels},
          window.kernel_h * window.kernel_w, std::move(window.attributes));
  }
  // Sums up to the end of 32 bits: 255 * 127 * 66311 is the last that fits.
  void DeepS8() {
    const int64_t depth = draw_.OneOf(2) ? 66311 : draw_.Int(2000, 66311);
    const int64_t out = draw_.Int(1, 3);
    const int32_t zero_point = draw_.OneOf(2) ? -128 : 127;
    const int32_t x = Input(DType::kS8, {batch_, 1, 2, depth}, {{0.1f}, {zero_point}});
    const int64_t sign = draw_.OneOf(2) ? 1 : -1;
    const int32_t w = Constant<int8_t>("w", {out, 1, 1, depth}, [&] { return sign * 127; });
    const int32_t m = Constant<float>("m", {out}, [&] { return draw_.Real(0x1p-26f, 0x1p-24f); });
    const int32_t y = draw_.OneOf(2)
                          ? Output(DType::kS8, {batch_, 1, 2, out}, {{0.1f}, {-zero_point - 1}})
                          : Output(DType::kF32, {batch_, 1, 2, out});
    const std::vector<int64_t> one = {1, 1}, none = {0, 0, 0, 0};
    Record("conv", {x, w, -1, m}, {y},
           {{"strides", one}, {"pads", none}, {"dilations", one}, {"groups", int64_t{1}}});
  }
  void FullyConnected() {
    const int64_t depth = draw_.OneOf(3) ? draw_.Int(500, 1500) : draw_.Int(1, 130);
    const int64_t out = draw_.Int(1, 70), rows = draw_.OneOf(2) ? 1 : draw_.Int(1, 20);
    if (draw_.OneOf(3)) {
      const int32_t x = Input(DType::kF32, {batch_, rows, depth});
      const int32_t w = Reals("w", {out, depth}, -1.0f, 1.0f);
      Record("fully_connected", {x, w, Reals("bias", {out}, -1.0f, 1.0f)},
             {Output(DType::kF32, {batch_, rows, out})});
      return;
    }
    const int32_t x = Input(DType::kS8, {batch_, rows, depth}, Grid());
    EndS8("fully_connected", x, Weights({out, depth}), {batch_, rows, out}, depth, {});
  }
  void ArithmeticS8() {
    constexpr std::array kOps = {"add", "sub", "mul"};
    const Shape whole = {batch_, Side(), Side(), Channels()};
    Shape other = whole;
    if (draw_.OneOf(2)) {
      other = draw_.OneOf(2) ? Shape{batch_, 1, 1, whole[3]} : Shape{batch_, whole[1], whole[2], 1};
    }
    const int32_t a = Input(DType::kS8, whole, Grid());
    const int32_t b = Input(DType::kS8, other, Grid());
    const char* const op = kOps[static_cast<size_t>(draw_.Int(0, 2))];
    Record(op, {a, b}, {Output(DType::kS8, whole, Grid())});
  }
  void Table() {
    const int64_t channels = Channels();
    const Shape shape = {batch_, Side(), Side(), channels};
    const int32_t x = Input(DType::kS8, shape, Grid());
    const int32_t table =
        Constant<int8_t>("table", draw_.OneOf(2) ? Shape{256} : Shape{channels, 256},
                         [&] { return draw_.Int(-128, 127); });
    Record("table", {x, table}, {Output(DType::kS8, shape, Grid())});
  }
  void Quantize() {
    const Shape shape = {batch_, Side(), Side(), Channels()};
    const int32_t x = Input(DType::kF32, shape);
    Quantization grid = draw_.OneOf(2) ? ChannelGrid(shape[3], 3) : Grid();
    for (float& scale : grid.scale) {
      scale *= 0x1p-4f;  // inputs lie within -1..1
    }
    Record("quantize", {x}, {Output(DType::kS8, shape, std::move(grid))});
  }
  void Dequantize() {
    const Shape shape = {batch_, Side(), Side(), Channels()};
    const int32_t x = Input(DType::kS8, shape, draw_.OneOf(2) ? ChannelGrid(shape[3], 3) : Grid());
    Record("dequantize", {x}, {Output(DType::kF32, shape)});
  }
  void AveragePoolS8() {
    Window window = DrawWindow(false);
    const int64_t channels = Channels();
    window.attributes.Set("kernel", std::vector<int64_t>{window.kernel_h, window.kernel_w});
    window.attributes.Set("count_include_pad", draw_.Int(0, 1));
    const int32_t x = Input(DType::kS8, {batch_, window.h, window.w, channels}, Grid());
    Record("average_pool", {x},
           {Output(DType::kS8, {batch_, window.out_h, window.out_w, channels}, Grid())},
           std::move(window.attributes));
  }
  void MaxPool() {
    Window window = DrawWindow(true);
    const int64_t channels = Channels();
    const DType type = draw_.OneOf(3) ? DType::kF32 : DType::kS8;
    const Quantization grid = type == DType::kS8 ? Grid() : Quantization{};
    window.attributes.Set("kernel", std::vector<int64_t>{window.kernel_h, window.kernel_w});
    const int32_t x = Input(type, {batch_, window.h, window.w, channels}, grid);
    Record("max_pool", {x}, {Output(type, {batch_, window.out_h, window.out_w, channels}, grid)},
           std::move(window.attributes));
  }
  void MeanS8() {
    const Shape shape = {batch_, Side(), Side(), Channels()};
    const int32_t x = Input(DType::kS8, shape, Grid());
    Record("reduce_mean", {x}, {Output(DType::kS8, {batch_, 1, 1, shape[3]}, Grid())},
           {{"axes", std::vector<int64_t>{1, 2}}, {"keepdims", int64_t{1}}});
  }
  void ConvF32() {
    Window window = DrawWindow(true);
    const bool depthwise = draw_.OneOf(2);
    const int64_t in = Channels(), out = depthwise ? in : Channels();
    const int64_t groups = depthwise ? in : 1;
    const int32_t x = Input(DType::kF32, {batch_, window.h, window.w, in});
    const int32_t w = Reals("w", {out, window.kernel_h, window.kernel_w, in / groups}, -1.0f, 1.0f);
    window.attributes.Set("groups", groups);
    if (draw_.OneOf(2)) {
      window.attributes.Set("function", std::string("silu"));
    }
    Record("conv", {x, w, Reals("bias", {out}, -1.0f, 1.0f)},
           {Output(DType::kF32, {batch_, window.out_h, window.out_w, out})},
           std::move(window.attributes));
  }
  void Softmax() {
    const Shape shape = {batch_, draw_.Int(1, 40), draw_.Int(1, 90)};
    const int32_t x = Input(DType::kF32, shape);
    const int64_t axis = draw_.Int(1, 2);
    Record(draw_.OneOf(2) ? "softmax" : "log_softmax", {x}, {Output(DType::kF32, shape)},
           {{"axis", axis}});
  }
  void UnaryF32() {
    constexpr std::array kOps = {"exp",        "log",   "tanh", "sigmoid", "erf",
                                 "silu",       "mish",  "gelu", "sqrt",    "softplus",
                                 "hard_swish", "round", "sin",  "floor"};
    const Shape shape = {batch_, draw_.Int(1, 300)};
    const int32_t x = Input(DType::kF32, shape);
    Record(kOps[static_cast<size_t>(draw_.Int(0, std::ssize(kOps) - 1))], {x},
           {Output(DType::kF32, shape)});
  }
  void Resize() {
    const bool linear = draw_.OneOf(2);
    const Shape in = {batch_, Side(), Side(), Channels()};
    const Shape out = {batch_, draw_.Int(1, 30), draw_.Int(1, 30), in[3]};
    const DType type = linear ? DType::kF32 : DType::kS8;
    const Quantization grid = linear ? Quantization{} : Grid();
    const int32_t x = Input(type, in, grid);
    Record("resize", {x}, {Output(type, out, grid)},
           {{"mode", std::string(linear ? "linear" : "nearest")}});
  }
  void ConcatS8() {
    const Quantization grid = Grid();
    const int64_t h = Side(), w = Side();
    std::vector<int32_t> inputs;
    int64_t channels = 0;
    for (int64_t part = draw_.Int(2, 4); part > 0; --part) {
      const int64_t own = Channels();
      inputs.push_back(Input(DType::kS8, {batch_, h, w, own}, grid));
      channels += own;
    }
    Record("concat", inputs, {Output(DType::kS8, {batch_, h, w, channels}, grid)},
           {{"axis", int64_t{3}}});
  }

  Draw draw_;
  int64_t batch_;
  std::shared_ptr<Program> program_;
};

}  // namespace

RandomLayer MakeRandomLayer(uint64_t seed, int64_t batch) { return Maker(seed, batch).Make(); }

void FillInput(TensorView tensor, uint64_t seed, int64_t first_sample, int64_t samples) {
  const int64_t elements = NumElements(tensor.shape);
  const int64_t sample = samples > 0 ? elements / samples : 0;
  for (int64_t i = 0; i < samples; ++i) {
    Draw draw(seed * 1000003u + static_cast<uint64_t>(first_sample + i));
    const int64_t begin = i * sample;
    for (int64_t e = begin; e < begin + sample; ++e) {
      switch (tensor.dtype) {
        case DType::kF32:
          static_cast<float*>(tensor.raw)[e] = draw.Real(-1.0f, 1.0f);
          break;
        case DType::kS8:
        case DType::kU8:
          static_cast<uint8_t*>(tensor.raw)[e] = static_cast<uint8_t>(draw.Bits());
          break;
        case DType::kBool:
          static_cast<uint8_t*>(tensor.raw)[e] = static_cast<uint8_t>(draw.Bits() & 1u);
          break;
        default: {  // whole numbers, small enough to serve as indices
          const size_t size = DTypeSize(tensor.dtype);
          auto* bytes = static_cast<uint8_t*>(tensor.raw) + static_cast<size_t>(e) * size;
          std::fill(bytes, bytes + size, uint8_t{0});
          if (size > 0 && !IsFloat(tensor.dtype)) {
            bytes[0] = static_cast<uint8_t>(draw.Int(0, 3));
          }
          break;
        }
      }
    }
  }
}

}  // namespace plumb
