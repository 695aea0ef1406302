#include "plumb/kernels/recurrent/recurrent.h"

#include <gtest/gtest.h>

namespace plumb::kernels {
namespace {

// Functions whose values are exact, so that the expected numbers can be followed by hand.
void Half(const float* in, float* out, int64_t n, const float*) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = 0.5f * in[i];
  }
}
void Same(const float* in, float* out, int64_t n, const float*) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = in[i];
  }
}

LstmStep Lstm() { return {.hidden = 1, .f = {Half}, .g = {Same}, .h = {Same}}; }

TEST(Recurrent, LstmFollowsItsFormulas) {
  const float x[] = {1, 2, 3, 4}, r[] = {1, 2, 1, 0};  // i o f c
  float c = 8.0f, h = -1.0f, work[4];
  RunLstmStep(Lstm(), x, r, &c, &h, work);
  EXPECT_EQ(c, 20.0f);  // i = 1, o = 2, f = 2, c = 4: 2 * 8 + 1 * 4
  EXPECT_EQ(h, 40.0f);
}

TEST(Recurrent, LstmPeepholesSeeTheOldAndTheNewCell) {
  LstmStep step = Lstm();
  const float peepholes[] = {0.25f, 0.5f, 0.125f};  // i o f
  step.peepholes = peepholes;
  const float x[] = {1, 2, 3, 4}, r[] = {1, 2, 0, 0};
  float c = 8.0f, h = -1.0f, work[4];
  RunLstmStep(step, x, r, &c, &h, work);
  EXPECT_EQ(c, 24.0f);   // i = (2 + 2) / 2 = 2, f = (3 + 1) / 2 = 2: 16 + 8
  EXPECT_EQ(h, 192.0f);  // o = (4 + 12) / 2 = 8
}

TEST(Recurrent, LstmInputForgetAndClip) {
  LstmStep step = Lstm();
  step.input_forget = true;
  step.clip = 1.0f;
  const float x[] = {5, -5, 3, 4}, r[] = {0, 0, 0, 0};
  float c = 8.0f, h = -1.0f, work[4];
  RunLstmStep(step, x, r, &c, &h, work);
  EXPECT_EQ(c, 4.5f);    // i = 0.5, f = 1 - 0.5, c = 1: 4 + 0.5
  EXPECT_EQ(h, -2.25f);  // o = -0.5; the cell itself is not clipped
}

TEST(Recurrent, GruFollowsItsFormulas) {
  for (bool linear : {false, true}) {
    const GruStep step{.hidden = 1, .f = {Half}, .g = {Same}, .linear_before_reset = linear};
    const float x[] = {1, 2, 3}, r[] = {0, 4, 7};
    float z_and_r[2], h = 10.0f, work[1];
    RunGruGates(step, x, r, z_and_r);
    EXPECT_EQ(z_and_r[0], 0.5f);
    EXPECT_EQ(z_and_r[1], 3.0f);
    RunGruState(step, x + 2, r + 2, z_and_r, &h, work);
    EXPECT_EQ(h, linear ? 17.0f : 10.0f);  // n = 3 + 21 or 3 + 7; 0.5 n + 0.5 * 10
  }
}

TEST(Recurrent, RnnClipsTheArgument) {
  const RnnStep step{.hidden = 2, .f = {Half}, .clip = 3.0f};
  const float x[] = {1, -9}, r[] = {1, 0};
  float h[2];
  RunRnnStep(step, x, r, h);
  EXPECT_EQ(h[0], 1.0f);
  EXPECT_EQ(h[1], -1.5f);
}

}  // namespace
}  // namespace plumb::kernels
