// Layers drawn from a seed: programs of one record that reach what kernels are sensitive to (tile edges,
// odd channels, pictures of one pixel, strides, dilations, groups, pads larger than the picture, sums
// near the end of 32 bits). The same on every machine: nothing of the C++ library's distributions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "plumb/artifact/program.h"

namespace plumb {

// Numbers from a seed (SplitMix64).
class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed) {}
  uint64_t Bits();
  int64_t Int(int64_t low, int64_t high);  // both included
  bool OneOf(int64_t n) { return Int(1, n) == 1; }
  float Real(float low, float high);  // exact arithmetic on 24 bits, then one product and one sum
 private:
  uint64_t state_;
};

// A layer for `batch` samples. Everything but the leading dimension depends on the seed alone.
struct RandomLayer {
  std::string name;
  std::shared_ptr<artifact::Program> program;
};
[[nodiscard]] RandomLayer MakeRandomLayer(uint64_t seed, int64_t batch);

// Fills an input from a seed, integers over their whole range, reals within -1..1: sample i of a batch gets what a
// batch of one gets with the seed of sample i.
void FillInput(TensorView tensor, uint64_t seed, int64_t first_sample, int64_t samples);

}  // namespace plumb
