#include "plumb/kernels/recurrent/recurrent.h"

namespace plumb::kernels {
namespace {

void Activate(const RecurrentFunction& function, float clip, float* values, int64_t n) {
  if (clip > 0.0f) {
    for (int64_t i = 0; i < n; ++i) {
      values[i] = values[i] > clip ? clip : (values[i] < -clip ? -clip : values[i]);
    }
  }
  function.apply(values, values, n, function.parameters);
}

void Add(const float* a, const float* b, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = a[i] + b[i];
  }
}

void AddProduct(const float* a, const float* b, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float product = a[i] * b[i];
    out[i] = out[i] + product;
  }
}

}  // namespace

void RunLstmStep(const LstmStep& step, const float* x_gates, const float* h_gates, float* c,
                 float* h, float* work) {
  const int64_t n = step.hidden;
  float* in = work;
  float* out = work + n;
  float* forget = work + 2 * n;
  float* fresh = work + 3 * n;
  Add(x_gates, h_gates, work, 4 * n);
  if (step.peepholes != nullptr) {
    AddProduct(step.peepholes, c, in, n);
    AddProduct(step.peepholes + 2 * n, c, forget, n);
  }
  Activate(step.f, step.clip, in, n);
  Activate(step.g, step.clip, fresh, n);
  if (step.input_forget) {
    for (int64_t i = 0; i < n; ++i) {
      forget[i] = 1.0f - in[i];
    }
  } else {
    Activate(step.f, step.clip, forget, n);
  }
  for (int64_t i = 0; i < n; ++i) {
    const float kept = forget[i] * c[i];
    const float added = in[i] * fresh[i];
    c[i] = kept + added;
  }
  if (step.peepholes != nullptr) {
    AddProduct(step.peepholes + n, c, out, n);
  }
  Activate(step.f, step.clip, out, n);
  step.h.apply(c, h, n, step.h.parameters);
  for (int64_t i = 0; i < n; ++i) {
    h[i] = out[i] * h[i];
  }
}

void RunGruGates(const GruStep& step, const float* x_gates, const float* h_gates, float* z_and_r) {
  Add(x_gates, h_gates, z_and_r, 2 * step.hidden);
  Activate(step.f, step.clip, z_and_r, 2 * step.hidden);
}

void RunGruState(const GruStep& step, const float* x_hidden, const float* h_hidden,
                 const float* z_and_r, float* h, float* work) {
  const int64_t n = step.hidden;
  const float* z = z_and_r;
  const float* r = z_and_r + n;
  for (int64_t i = 0; i < n; ++i) {
    const float recurrent = step.linear_before_reset ? r[i] * h_hidden[i] : h_hidden[i];
    work[i] = x_hidden[i] + recurrent;
  }
  Activate(step.g, step.clip, work, n);
  for (int64_t i = 0; i < n; ++i) {
    const float fresh = (1.0f - z[i]) * work[i];
    const float kept = z[i] * h[i];
    h[i] = fresh + kept;
  }
}

void RunRnnStep(const RnnStep& step, const float* x_gate, const float* h_gate, float* h) {
  Add(x_gate, h_gate, h, step.hidden);
  Activate(step.f, step.clip, h, step.hidden);
}

}  // namespace plumb::kernels
