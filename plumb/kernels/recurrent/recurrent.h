// One step of a recurrent layer for one sequence, after the matrix products: lstm, gru, rnn as ONNX
// defines them.
//
// The products come in finished: `x` is chain(x_t, W) + Wb and `h` is chain(h_{t-1}, R) + Rb, gate
// after gate, H elements each. Every operation below is rounded once, in the order written:
//
//   lstm (gates i o f c)   i = f(x_i + h_i + P_i * C)      o = f(x_o + h_o + P_o * C')      F =
//   f(x_f + h_f + P_f * C)
//                          c = g(x_c + h_c)                C' = F * C + i * c               H' = o
//                          * h(C') with input_forget: F = 1 - i
//   gru (gates z r h)      z = f(x_z + h_z)                r = f(x_r + h_r)
//                          n = g(x_h + r * h_h)            when linear_before_reset, with h_h =
//                          chain(H, R_h) + Rb_h n = g(x_h + h_h)                else, with h_h =
//                          chain(r * H, R_h) + Rb_h H' = (1 - z) * n + z * H
//   rnn                    H' = f(x + h)
//
// `clip` holds the arguments of f and g (not of the lstm's h) within [-clip, clip]; 0: no clipping.
#pragma once

#include <cstdint>

namespace plumb::kernels {

// An activation: a row of kernels/unary with its parameters. In place is allowed.
struct RecurrentFunction {
  void (*apply)(const float* in, float* out, int64_t n, const float* parameters) = nullptr;
  float parameters[2] = {0.0f, 0.0f};
};

struct LstmStep {
  int64_t hidden = 0;
  RecurrentFunction f, g, h;
  float clip = 0.0f;
  bool input_forget = false;
  const float* peepholes = nullptr;  // [3][hidden] for i, o, f; or null
};
// x_gates and h_gates [4][hidden]; c and h [hidden] are read (c) and replaced; work has 4 * hidden
// elements.
void RunLstmStep(const LstmStep& step, const float* x_gates, const float* h_gates, float* c,
                 float* h, float* work);

struct GruStep {
  int64_t hidden = 0;
  RecurrentFunction f, g;
  float clip = 0.0f;
  bool linear_before_reset = false;
};
// The gates z and r [2][hidden] from x_gates and h_gates, of which the first two gates are read.
void RunGruGates(const GruStep& step, const float* x_gates, const float* h_gates, float* z_and_r);
// h [hidden] is read and replaced; x_hidden and h_hidden are the third gate's products; work has
// `hidden` elements.
void RunGruState(const GruStep& step, const float* x_hidden, const float* h_hidden,
                 const float* z_and_r, float* h, float* work);

struct RnnStep {
  int64_t hidden = 0;
  RecurrentFunction f;
  float clip = 0.0f;
};
void RunRnnStep(const RnnStep& step, const float* x_gate, const float* h_gate, float* h);

}  // namespace plumb::kernels
