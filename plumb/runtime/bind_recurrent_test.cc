// lstm, gru and rnn through the session, against ONNX's formulas in plain loops.
#include <gmock/gmock.h>

#include <cmath>

#include "plumb/numerics/elementary.h"
#include "plumb/numerics/simd_scalar.h"
#include "plumb/runtime/one_record_test.h"

namespace plumb::runtime {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSteps = 5, kBatch = 3, kInput = 7, kHidden = 4;
constexpr int64_t kState = kBatch * kHidden;

float Sigmoid(float x) { return numerics::Sigmoid(numerics::scalar::F32{x}).v; }
float Tanh(float x) { return numerics::Tanh(numerics::scalar::F32{x}).v; }

float Chain(const float* a, const float* b, int64_t n, float bias) {
  float acc = 0.0f;
  for (int64_t i = 0; i < n; ++i) {
    acc = std::fma(a[i], b[i], acc);
  }
  return acc + bias;
}

struct Layer {
  std::string op;
  int64_t gates, directions = 1;
  bool linear_before_reset = false;
  std::vector<int32_t> lengths = {};

  [[nodiscard]] OneRecord Record(const std::string& direction) const {
    const int64_t g = gates * kHidden;
    OneRecord record{op,
                     {{Random({kSteps, kBatch, kInput}, 1)},
                      {Random({directions, g, kInput}, 2), true},
                      {Random({directions, g, kHidden}, 3), true},
                      {Random({directions, 2 * g}, 4), true},
                      {lengths.empty() ? Tensor() : Tensor::Of<int32_t>({kBatch}, lengths)},
                      {Random({directions, kBatch, kHidden}, 5)}},
                     DType::kF32,
                     {kSteps, directions, kBatch, kHidden},
                     {{"direction", direction}, {"hidden_size", kHidden}}};
    record.more_outputs = {{directions, kBatch, kHidden}};
    if (op == "lstm") {
      record.operands.push_back({Random({directions, kBatch, kHidden}, 6)});
      record.operands.push_back({Random({directions, 3 * kHidden}, 7), true});
      record.more_outputs.push_back({directions, kBatch, kHidden});
    }
    if (linear_before_reset) {
      record.attributes.Set("linear_before_reset", int64_t{1});
    }
    return record;
  }

  // Y, Y_h and Y_c by ONNX's formulas, sequence by sequence.
  [[nodiscard]] std::vector<float> Expected(const OneRecord& record, bool reverse) const {
    const auto input = [&](size_t i) { return record.operands[i].tensor.values<float>().data(); };
    const int64_t g = gates * kHidden;
    std::vector<float> y(static_cast<size_t>(kSteps * directions * kState)), y_h, y_c;
    for (int64_t d = 0; d < directions; ++d) {
      const float* w = input(1) + d * g * kInput;
      const float* r = input(2) + d * g * kHidden;
      const float* b = input(3) + d * 2 * g;
      for (int64_t n = 0; n < kBatch; ++n) {
        const int64_t length = lengths.empty() ? kSteps : lengths[static_cast<size_t>(n)];
        std::vector<float> h(input(5) + d * kState + n * kHidden,
                             input(5) + d * kState + (n + 1) * kHidden),
            c(kHidden);
        if (op == "lstm") {
          c.assign(input(6) + d * kState + n * kHidden, input(6) + d * kState + (n + 1) * kHidden);
        }
        for (int64_t s = 0; s < length; ++s) {
          const int64_t t = reverse || d == 1 ? length - 1 - s : s;
          const float* x = input(0) + (t * kBatch + n) * kInput;
          const std::vector<float> old = h, old_c = c;
          const auto gate_x = [&](int64_t gate, int64_t i) {
            const int64_t row = gate * kHidden + i;
            return Chain(x, w + row * kInput, kInput, b[row]);
          };
          const auto gate_h = [&](int64_t gate, int64_t i, const float* state) {
            const int64_t row = gate * kHidden + i;
            return Chain(state, r + row * kHidden, kHidden, b[g + row]);
          };
          const auto gate = [&](int64_t k, int64_t i) {
            return gate_x(k, i) + gate_h(k, i, old.data());
          };
          std::vector<float> reset(kHidden);
          for (int64_t i = 0; op == "gru" && i < kHidden; ++i) {
            reset[static_cast<size_t>(i)] = Sigmoid(gate(1, i)) * old[static_cast<size_t>(i)];
          }
          for (int64_t i = 0; i < kHidden; ++i) {
            const auto at = static_cast<size_t>(i);
            if (op == "rnn") {
              h[at] = Tanh(gate(0, i));
            } else if (op == "gru") {
              const float z = Sigmoid(gate(0, i));
              const float recurrent = linear_before_reset
                                          ? Sigmoid(gate(1, i)) * gate_h(2, i, old.data())
                                          : gate_h(2, i, reset.data());
              h[at] = (1.0f - z) * Tanh(gate_x(2, i) + recurrent) + z * old[at];
            } else {
              const float* p = input(7) + d * 3 * kHidden;
              const float in = Sigmoid(gate(0, i) + p[i] * old_c[at]);
              const float forget = Sigmoid(gate(2, i) + p[2 * kHidden + i] * old_c[at]);
              c[at] = forget * old_c[at] + in * Tanh(gate(3, i));
              h[at] = Sigmoid(gate(1, i) + p[kHidden + i] * c[at]) * Tanh(c[at]);
            }
          }
          std::copy(h.begin(), h.end(), y.begin() + ((t * directions + d) * kBatch + n) * kHidden);
        }
        y_h.insert(y_h.end(), h.begin(), h.end());
        y_c.insert(y_c.end(), c.begin(), c.end());
      }
    }
    y.insert(y.end(), y_h.begin(), y_h.end());
    if (op == "lstm") {
      y.insert(y.end(), y_c.begin(), y_c.end());
    }
    return y;
  }
};

TEST(BindRecurrent, HasTheBitsOfTheFormulas) {
  for (const std::vector<int32_t>& lengths : {std::vector<int32_t>{}, {5, 2, 0}}) {
    for (const std::string direction : {"forward", "reverse", "bidirectional"}) {
      for (Layer layer :
           {Layer{"lstm", 4}, Layer{"gru", 3}, Layer{"gru", 3, 1, true}, Layer{"rnn", 1}}) {
        layer.lengths = lengths;
        layer.directions = direction == "bidirectional" ? 2 : 1;
        SCOPED_TRACE(StrCat(layer.op, " ", direction));
        const OneRecord record = layer.Record(direction);
        record.ExpectEverywhere(layer.Expected(record, direction == "reverse"));
      }
    }
  }
}

TEST(BindRecurrent, ActivationsTakeTheirParametersInOrder) {
  // Sigmoid takes none, so the first alpha and beta go to the second activation.
  OneRecord record = Layer{"gru", 3}.Record("forward");
  const auto defaults = record.RunAll(1, Isa::kScalar);
  record.attributes.Set("activations", std::vector<std::string>{"sigmoid", "ScaledTanh"});
  record.attributes.Set("activation_alpha", std::vector<float>{1.0f});
  record.attributes.Set("activation_beta", std::vector<float>{1.0f});
  const auto scaled = record.RunAll(1, Isa::kScalar);
  ASSERT_TRUE(defaults.ok() && scaled.ok());
  const auto a = (*defaults)[0].values<float>(), b = (*scaled)[0].values<float>();
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST(BindRecurrent, RefusesWhatDoesNotFit) {
  OneRecord record = Layer{"lstm", 4}.Record("sideways");
  EXPECT_THAT(record.Error(), HasSubstr("sideways"));
  record = Layer{"lstm", 4}.Record("forward");
  record.attributes.Set("activations", std::vector<std::string>{"Tanh"});
  EXPECT_THAT(record.Error(), HasSubstr("3 activations"));
  record.attributes.Set("activations", std::vector<std::string>{"Tanh", "Tanh", "Sine"});
  EXPECT_THAT(record.Error(), HasSubstr("'Sine'"));
  record = Layer{"rnn", 1}.Record("forward");
  record.more_outputs.clear();
  EXPECT_THAT(record.Error(), HasSubstr("2 outputs"));
  record = Layer{"gru", 3}.Record("forward");
  record.operands[1].tensor = Random({1, 11, kInput}, 1);
  EXPECT_THAT(record.Error(), HasSubstr("1x12x7"));
}

}  // namespace
}  // namespace plumb::runtime
