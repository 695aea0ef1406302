// lstm, gru, rnn of f32: ONNX's inputs, outputs and attributes, layout 0.
//   x [T,N,I]; W [D,G*H,I], R [D,G*H,H] constant; bias [D,2*G*H] constant, optional; sequence_lens
//   [N] s32, optional; initial_h [D,N,H], initial_c [D,N,H] (lstm), optional; peepholes [D,3*H]
//   (lstm), constant, optional
//   -> Y [T,D,N,H], Y_h [D,N,H], Y_c [D,N,H] (lstm)
// Products are chains as in fully_connected, those of x for all steps at once. Steps beyond a
// sequence's length give +0.
#include <algorithm>
#include <cstring>
#include <limits>

#include "plumb/kernels/dot_f32/dot_f32.h"
#include "plumb/kernels/recurrent/recurrent.h"
#include "plumb/kernels/unary/unary.h"
#include "plumb/runtime/binding.h"

namespace plumb::runtime {
namespace {

using kernels::DotF32Kernel;
using kernels::DotF32Panels;
using kernels::RecurrentFunction;

enum class Kind { kLstm, kGru, kRnn };

struct Dims {
  Kind kind = Kind::kRnn;
  int64_t steps = 0, batch = 0, input = 0, hidden = 0, directions = 1, gates = 1;
  bool reverse = false;  // of direction 0; direction 1 always is
};

// Constants of one direction, packed. The gru's third gate has panels of its own: its product waits
// for the reset gate.
struct Direction {
  Tensor w, r, r_last;
  const float* w_bias = nullptr;
  const float* r_bias = nullptr;
  const float* peepholes = nullptr;
  RecurrentFunction functions[3];
};

struct Options {
  float clip = 0.0f;
  bool input_forget = false;
  bool linear_before_reset = false;
};

class Recurrent final : public BoundRecord {
 public:
  Recurrent(const Dims& dims, const DotF32Kernel& kernel, const Options& options,
            std::vector<Direction> directions)
      : d_(dims),
        kernel_(kernel),
        options_(options),
        w_panels_(kernel, d_.input, d_.gates * d_.hidden),
        r_panels_(kernel, d_.hidden, (d_.kind == Kind::kGru ? 2 : d_.gates) * d_.hidden),
        last_panels_(kernel, d_.hidden, d_.hidden),
        directions_(std::move(directions)) {}

  [[nodiscard]] size_t packed_bytes() const override {
    size_t bytes = 0;
    for (const Direction& direction : directions_) {
      bytes += direction.w.bytes() + direction.r.bytes() + direction.r_last.bytes();
    }
    return bytes;
  }
  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return kernels::DotF32ScratchBytes(threads) +
           static_cast<size_t>(d_.steps * GateRow() + 2 * GateRow() + 4 * StateRow()) *
               sizeof(float);
  }

  [[nodiscard]] RecordCost cost() const override {
    RecordCost cost;
    cost.macs = d_.steps * d_.batch * d_.directions * d_.gates * d_.hidden * (d_.input + d_.hidden);
    cost.products = DType::kF32;
    cost.kernel = kernel_.name;
    cost.isa = kernel_.isa;
    return cost;
  }

  void Run(const RunContext& context) const override {
    for (const TensorView& output : context.outputs) {
      std::memset(output.raw, 0, output.bytes());
    }
    for (int64_t direction = 0; direction < d_.directions; ++direction) {
      RunDirection(context, direction);
    }
  }

 private:
  [[nodiscard]] int64_t GateRow() const { return d_.batch * d_.gates * d_.hidden; }
  [[nodiscard]] int64_t StateRow() const { return d_.batch * d_.hidden; }

  static ConstTensorView Input(const RunContext& context, size_t i) {
    return i < context.inputs.size() ? context.inputs[i] : ConstTensorView{};
  }

  void Product(const RunContext& context, const float* a, int64_t rows, const DotF32Panels& panels,
               const Tensor& packed, const float* bias, float* c, int64_t c_stride) const {
    const kernels::DotF32Matrix matrix(a, panels.k());
    kernels::DotF32Job job;
    job.kernel = &kernel_;
    job.rows = &matrix;
    job.row_count = rows;
    job.panels = &panels;
    job.packed = packed.values<float>().data();
    job.bias = bias;
    job.c = c;
    job.c_stride = c_stride;
    kernels::RunDotF32(job, context.pool,
                       context.scratch.first(kernels::DotF32ScratchBytes(context.pool.threads())));
  }

  void RunDirection(const RunContext& context, int64_t index) const {
    const Direction& direction = directions_[static_cast<size_t>(index)];
    const int64_t gate_width = d_.gates * d_.hidden;
    auto* memory = reinterpret_cast<float*>(context.scratch.data() +
                                            kernels::DotF32ScratchBytes(context.pool.threads()));
    float* x_gates = memory;
    float* h_gates = x_gates + d_.steps * GateRow();
    float* work = h_gates + GateRow();
    float* h = work + GateRow();
    float* c = h + StateRow();
    float* reset = c + StateRow();
    float* last = reset + StateRow();
    LoadState(context, 5, index, h);
    LoadState(context, 6, index, c);
    Product(context, Input(context, 0).data<float>(), d_.steps * d_.batch, w_panels_, direction.w,
            direction.w_bias, x_gates, gate_width);
    const ConstTensorView lengths = Input(context, 4);
    const bool reverse = index == 1 || d_.reverse;
    for (int64_t step = 0; step < d_.steps; ++step) {
      Product(context, h, d_.batch, r_panels_, direction.r, direction.r_bias, h_gates, gate_width);
      const auto each = [&](auto&& function) {
        for (int64_t n = 0; n < d_.batch; ++n) {
          const int64_t length = lengths.present()
                                     ? std::clamp<int64_t>(lengths.data<int32_t>()[n], 0, d_.steps)
                                     : d_.steps;
          if (step < length) {
            function(n, reverse ? length - 1 - step : step);
          }
        }
      };
      const auto gates_of = [&](int64_t n, int64_t t) {
        return x_gates + (t * d_.batch + n) * gate_width;
      };
      if (d_.kind == Kind::kGru) {
        const kernels::GruStep gru{d_.hidden, direction.functions[0], direction.functions[1],
                                   options_.clip, options_.linear_before_reset};
        std::copy_n(h, StateRow(), reset);
        each([&](int64_t n, int64_t t) {
          float* z_and_r = work + n * 2 * d_.hidden;
          kernels::RunGruGates(gru, gates_of(n, t), h_gates + n * gate_width, z_and_r);
          for (int64_t i = 0; i < d_.hidden && !gru.linear_before_reset; ++i) {
            reset[n * d_.hidden + i] = z_and_r[d_.hidden + i] * h[n * d_.hidden + i];
          }
        });
        Product(context, reset, d_.batch, last_panels_, direction.r_last,
                direction.r_bias == nullptr ? nullptr : direction.r_bias + 2 * d_.hidden, last,
                d_.hidden);
        each([&](int64_t n, int64_t t) {
          kernels::RunGruState(gru, gates_of(n, t) + 2 * d_.hidden, last + n * d_.hidden,
                               work + n * 2 * d_.hidden, h + n * d_.hidden,
                               h_gates + n * gate_width);
        });
      } else if (d_.kind == Kind::kLstm) {
        const kernels::LstmStep lstm{
            d_.hidden,     direction.functions[0], direction.functions[1], direction.functions[2],
            options_.clip, options_.input_forget,  direction.peepholes};
        each([&](int64_t n, int64_t t) {
          kernels::RunLstmStep(lstm, gates_of(n, t), h_gates + n * gate_width, c + n * d_.hidden,
                               h + n * d_.hidden, work + n * gate_width);
        });
      } else {
        const kernels::RnnStep rnn{d_.hidden, direction.functions[0], options_.clip};
        each([&](int64_t n, int64_t t) {
          kernels::RunRnnStep(rnn, gates_of(n, t), h_gates + n * gate_width, h + n * d_.hidden);
        });
      }
      auto* y = context.outputs[0].data<float>();
      each([&](int64_t n, int64_t t) {
        std::copy_n(h + n * d_.hidden, d_.hidden,
                    y + ((t * d_.directions + index) * d_.batch + n) * d_.hidden);
      });
    }
    std::copy_n(h, StateRow(), context.outputs[1].data<float>() + index * StateRow());
    if (d_.kind == Kind::kLstm) {
      std::copy_n(c, StateRow(), context.outputs[2].data<float>() + index * StateRow());
    }
  }

  void LoadState(const RunContext& context, size_t input, int64_t index, float* state) const {
    if (const ConstTensorView view = Input(context, input); view.present()) {
      std::copy_n(view.data<float>() + index * StateRow(), StateRow(), state);
    } else {
      std::fill_n(state, StateRow(), 0.0f);
    }
  }

  Dims d_;
  const DotF32Kernel& kernel_;
  Options options_;
  DotF32Panels w_panels_, r_panels_, last_panels_;
  std::vector<Direction> directions_;
};

// The activations of ONNX, their row in kernels/unary, and the defaults of alpha and beta where
// they take them.
struct Activation {
  std::string_view onnx, row;
  int parameters;
  float alpha, beta;
};
constexpr Activation kActivations[] = {
    {"Affine", "affine", 2, 1.0f, 0.0f},
    {"Elu", "elu", 1, 1.0f, 0.0f},
    {"HardSigmoid", "hard_sigmoid", 2, 0.2f, 0.5f},
    {"LeakyRelu", "leaky_relu", 1, 0.01f, 0.0f},
    {"Relu", "relu", 0, 0.0f, 0.0f},
    {"ScaledTanh", "scaled_tanh", 2, 1.0f, 1.0f},
    {"Sigmoid", "sigmoid", 0, 0.0f, 0.0f},
    {"Softplus", "softplus", 0, 0.0f, 0.0f},
    {"Softsign", "softsign", 0, 0.0f, 0.0f},
    {"Tanh", "tanh", 0, 0.0f, 0.0f},
    {"ThresholdedRelu", "thresholded_relu", 1, 1.0f, 0.0f},
};

bool SameWord(std::string_view a, std::string_view b) {  // ASCII, without case
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y);
         });
}

// Values of activation_alpha and activation_beta are taken in order by the activations that have
// such a parameter.
Status ReadFunctions(const BindContext& context, Kind kind, std::vector<Direction>& directions) {
  const size_t each = kind == Kind::kLstm ? 3 : (kind == Kind::kGru ? 2 : 1);
  std::vector<std::string> names;
  if (context.attributes().Has("activations")) {
    const Attribute* attribute = context.attributes().Find("activations");
    if (!std::holds_alternative<std::vector<std::string>>(*attribute)) {
      return context.Invalid("activations to be a list of names", "another type");
    }
    names = std::get<std::vector<std::string>>(*attribute);
  } else {
    for (size_t i = 0; i < directions.size(); ++i) {
      names.insert(names.end(), each, "Tanh");
      if (kind != Kind::kRnn) {
        names[i * each] = "Sigmoid";
      }
    }
  }
  if (names.size() != each * directions.size()) {
    return context.Invalid(StrCat(each * directions.size(), " activations"), StrCat(names.size()));
  }
  std::vector<float> alphas, betas;
  for (auto [name, list] : {std::pair{"activation_alpha", &alphas}, {"activation_beta", &betas}}) {
    if (context.attributes().Has(name)) {
      PLUMB_ASSIGN_OR_RETURN(*list, context.attributes().RequireFloats(name));
    }
  }
  size_t alpha = 0, beta = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto found =
        std::find_if(std::begin(kActivations), std::end(kActivations),
                     [&](const Activation& a) { return SameWord(a.onnx, names[i]); });
    if (found == std::end(kActivations)) {
      return context.Invalid("an activation that ONNX names", StrCat("'", names[i], "'"));
    }
    const kernels::UnaryF32* row = kernels::FindUnaryF32(found->row, context.isa());
    PLUMB_CHECK(row != nullptr) << found->row;
    RecurrentFunction& function = directions[i / each].functions[i % each];
    function.apply = row->apply;
    function.parameters[0] =
        found->parameters > 0 && alpha < alphas.size() ? alphas[alpha] : found->alpha;
    function.parameters[1] =
        found->parameters > 1 && beta < betas.size() ? betas[beta] : found->beta;
    alpha += found->parameters > 0 ? 1 : 0;
    beta += found->parameters > 1 ? 1 : 0;
  }
  return {};
}

Result<Options> ReadOptions(const BindContext& context) {
  Options options;
  if (context.attributes().Has("clip")) {
    PLUMB_ASSIGN_OR_RETURN(options.clip, context.attributes().RequireFloat("clip"));
    if (!(options.clip >= 0.0f)) {
      return context.Invalid("clip of at least 0", StrCat(options.clip));
    }
  }
  for (auto [name, flag] : {std::pair{"input_forget", &options.input_forget},
                            {"linear_before_reset", &options.linear_before_reset}}) {
    if (context.attributes().Has(name)) {
      PLUMB_ASSIGN_OR_RETURN(const int64_t value, context.attributes().RequireInt(name));
      *flag = value != 0;
    }
  }
  return options;
}

Result<Dims> ReadDims(const BindContext& context, Kind kind) {
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32, 3));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(2, DType::kF32, 3));
  const Shape& x = context.input(0).shape;
  const Shape& r = context.input(2).shape;
  Dims d;
  d.kind = kind;
  d.gates = kind == Kind::kLstm ? 4 : (kind == Kind::kGru ? 3 : 1);
  d.steps = x[0], d.batch = x[1], d.input = x[2], d.hidden = r[2];
  std::string direction = "forward";
  if (context.attributes().Has("direction")) {
    auto value = context.attributes().RequireString("direction");
    if (!value.ok()) {
      return value.status();
    }
    direction = *std::move(value);
  }
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional") {
    return context.Invalid("direction forward, reverse or bidirectional", direction);
  }
  d.directions = direction == "bidirectional" ? 2 : 1;
  d.reverse = direction == "reverse";
  constexpr int64_t kLimit = int64_t{1} << 24;
  for (int64_t size : {d.steps, d.batch, d.input, d.hidden}) {
    if (size < 1 || size > kLimit) {
      return context.Invalid(StrCat("sizes between 1 and ", kLimit),
                             StrCat("x ", ShapeToString(x), ", R ", ShapeToString(r)));
    }
  }
  if (d.steps * d.batch > (int64_t{1} << 40) / d.hidden) {
    return context.Invalid("steps times batch times hidden size of at most 2^40",
                           StrCat("x ", ShapeToString(x), ", R ", ShapeToString(r)));
  }
  return d;
}

Status CheckShapes(const BindContext& context, const Dims& d) {
  const bool lstm = d.kind == Kind::kLstm;
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(3, lstm ? 8 : 6, lstm ? 3 : 2));
  const int64_t gates = d.gates * d.hidden;
  const Shape state = {d.directions, d.batch, d.hidden};
  PLUMB_RETURN_IF_ERROR(context.RequireConstant(1, DType::kF32, {d.directions, gates, d.input}));
  PLUMB_RETURN_IF_ERROR(context.RequireConstant(2, DType::kF32, {d.directions, gates, d.hidden}));
  if (context.HasInput(3)) {
    PLUMB_RETURN_IF_ERROR(context.RequireConstant(3, DType::kF32, {d.directions, 2 * gates}));
  }
  if (context.HasInput(4)) {
    PLUMB_RETURN_IF_ERROR(context.RequireInput(4, DType::kS32, 1));
    if (context.input(4).shape[0] != d.batch) {
      return context.Invalid(StrCat(d.batch, " sequence lengths"),
                             ShapeToString(context.input(4).shape));
    }
  }
  for (size_t i : {size_t{5}, size_t{6}}) {
    if (context.HasInput(i)) {
      PLUMB_RETURN_IF_ERROR(context.RequireInput(i, DType::kF32, 3));
      if (context.input(i).shape != state) {
        return context.Invalid(StrCat("an initial state of shape ", ShapeToString(state)),
                               ShapeToString(context.input(i).shape));
      }
    }
  }
  if (context.HasInput(7)) {
    PLUMB_RETURN_IF_ERROR(context.RequireConstant(7, DType::kF32, {d.directions, 3 * d.hidden}));
  }
  for (size_t i = 0; i < context.output_count(); ++i) {
    PLUMB_RETURN_IF_ERROR(context.RequireOutput(i, DType::kF32));
    PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(
        i, i == 0 ? Shape{d.steps, d.directions, d.batch, d.hidden} : state));
  }
  return {};
}

Tensor Packed(const DotF32Panels& panels, const float* columns) {
  Tensor packed(DType::kF32, {panels.elements()});
  panels.PackColumns(columns, packed.values<float>().data());
  return packed;
}

Result<std::unique_ptr<BoundRecord>> Bind(const BindContext& context, Kind kind) {
  PLUMB_ASSIGN_OR_RETURN(const Dims d, ReadDims(context, kind));
  PLUMB_RETURN_IF_ERROR(CheckShapes(context, d));
  PLUMB_ASSIGN_OR_RETURN(const Options options, ReadOptions(context));
  if (context.attributes().Has("layout")) {
    PLUMB_ASSIGN_OR_RETURN(const int64_t layout, context.attributes().RequireInt("layout"));
    if (layout != 0) {
      return context.Invalid("layout 0", StrCat(layout));
    }
  }
  const DotF32Kernel& kernel = kernels::SelectDotF32(context.isa());
  const int64_t gates = d.gates * d.hidden;
  const int64_t early = kind == Kind::kGru ? 2 * d.hidden : gates;
  std::vector<Direction> directions(static_cast<size_t>(d.directions));
  PLUMB_RETURN_IF_ERROR(ReadFunctions(context, kind, directions));
  for (int64_t i = 0; i < d.directions; ++i) {
    Direction& direction = directions[static_cast<size_t>(i)];
    const float* w = context.ConstantInput(1).data<float>() + i * gates * d.input;
    const float* r = context.ConstantInput(2).data<float>() + i * gates * d.hidden;
    direction.w = Packed(DotF32Panels(kernel, d.input, gates), w);
    direction.r = Packed(DotF32Panels(kernel, d.hidden, early), r);
    if (kind == Kind::kGru) {
      direction.r_last = Packed(DotF32Panels(kernel, d.hidden, d.hidden), r + early * d.hidden);
    }
    if (context.HasInput(3)) {
      direction.w_bias = context.ConstantInput(3).data<float>() + i * 2 * gates;
      direction.r_bias = direction.w_bias + gates;
    }
    if (context.HasInput(7)) {
      direction.peepholes = context.ConstantInput(7).data<float>() + i * 3 * d.hidden;
    }
  }
  return std::unique_ptr<BoundRecord>(
      std::make_unique<Recurrent>(d, kernel, options, std::move(directions)));
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindLstm(const BindContext& context) {
  return Bind(context, Kind::kLstm);
}
Result<std::unique_ptr<BoundRecord>> BindGru(const BindContext& context) {
  return Bind(context, Kind::kGru);
}
Result<std::unique_ptr<BoundRecord>> BindRnn(const BindContext& context) {
  return Bind(context, Kind::kRnn);
}

}  // namespace plumb::runtime
