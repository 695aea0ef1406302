// The AMX kernel on processors without AMX: the same walk through memory, on a plain model of the
// operations on tiles, gives the bits of the definition. Where the processor has AMX, it does too.
#include "plumb/kernels/dot/dot_amx.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <iostream>
#include <random>

#include "plumb/base/tensor.h"
#include "plumb/kernels/dot/dot_reference.h"

namespace plumb::kernels {
namespace {

// Eight tiles, as the instructions define them.
struct ModelState {
  AmxConfig config;
  bool configured = false;
  std::array<std::array<std::byte, 1024>, 8> tiles{};
};

struct ModelTiles {
  static inline ModelState state;

  static void Configure(const AmxConfig* config) {
    state = ModelState{*config, true, {}};
    ASSERT_EQ(config->palette, 1);
    for (size_t t = 0; t < 8; ++t) {
      ASSERT_LE(config->rows[t], 16);
      ASSERT_LE(config->row_bytes[t], 64);
    }
  }
  static void Release() { state.configured = false; }
  template <int t>
  static void Load(const void* from, int64_t row_bytes) {
    ASSERT_TRUE(state.configured);
    state.tiles[t] = {};
    for (int row = 0; row < state.config.rows[t]; ++row) {
      std::memcpy(state.tiles[t].data() + 64 * row,
                  static_cast<const std::byte*>(from) + row * row_bytes, state.config.row_bytes[t]);
    }
  }
  template <int t>
  static void Store(void* to, int64_t row_bytes) {
    ASSERT_TRUE(state.configured);
    for (int row = 0; row < state.config.rows[t]; ++row) {
      std::memcpy(static_cast<std::byte*>(to) + row * row_bytes, state.tiles[t].data() + 64 * row,
                  state.config.row_bytes[t]);
    }
  }
  template <int c, int a, int b>
  static void Dot() {
    ASSERT_TRUE(state.configured);
    const auto* const bytes_a = reinterpret_cast<const int8_t*>(state.tiles[a].data());
    const auto* const bytes_b = reinterpret_cast<const int8_t*>(state.tiles[b].data());
    for (int m = 0; m < state.config.rows[c]; ++m) {
      std::array<uint32_t, 16> sums;
      std::memcpy(sums.data(), state.tiles[c].data() + 64 * m, 64);
      for (int k = 0; k < state.config.row_bytes[a] / 4; ++k) {
        for (int n = 0; n < state.config.row_bytes[c] / 4; ++n) {
          for (int i = 0; i < 4; ++i) {
            sums[static_cast<size_t>(n)] +=
                static_cast<uint32_t>(bytes_a[64 * m + 4 * k + i] * bytes_b[64 * k + 4 * n + i]);
          }
        }
      }
      std::memcpy(state.tiles[c].data() + 64 * m, sums.data(), 64);
    }
  }
};

void Copy(const DotCopy& job) {
  for (int64_t r = 0; r < job.rows; ++r) {
    std::memcpy(job.to + r * job.to_stride, job.from + r * job.from_stride,
                static_cast<size_t>(job.n));
  }
}

const DotKernel kModel =
    DotAmx<ModelTiles>::Kernel("dot_s8s8s32_32x32x64_amx on a model", Isa::kScalar, Copy);

const DotKernel* Hardware() {
  for (const DotKernel* kernel : DotKernels()) {
    if (kernel->isa == Isa::kAmx) {
      return kernel;
    }
  }
  return nullptr;
}

struct Case {
  int64_t height, width, in, out, kernel, stride, pad;
};

TEST(DotAmx, TheWalkGivesTheBitsOfTheDefinition) {
  std::vector<const DotKernel*> kernels = {&kModel};
  if (const DotKernel* hardware = Hardware(); hardware != nullptr) {
    kernels.push_back(hardware);
    std::cout << "AMX: this processor, and the model\n";
  } else {
    std::cout << "AMX: the model only, this processor has none\n";
  }
  const Case cases[] = {{1, 1, 1, 1, 1, 1, 0},     {1, 40, 64, 32, 1, 1, 0},
                        {5, 9, 130, 33, 1, 1, 0},  {1, 3, 70, 16, 1, 1, 0},
                        {9, 20, 32, 17, 3, 1, 1},  {7, 33, 16, 48, 3, 2, 1},
                        {12, 20, 64, 64, 3, 1, 1}, {20, 26, 3, 32, 6, 2, 2},
                        {17, 80, 3, 16, 3, 2, 1},  {6, 6, 5, 40, 1, 2, 0}};
  std::mt19937 random(3);
  for (const Case& c : cases) {
    DotLayer layer;
    DotGeometry& g = layer.geometry;
    g.in_height = c.height, g.in_width = c.width, g.in_channels = c.in, g.out_channels = c.out;
    g.kernel_height = g.kernel_width = c.kernel;
    g.stride_height = g.stride_width = c.stride;
    g.pad_top = g.pad_left = c.pad;
    g.out_height = (c.height + 2 * c.pad - c.kernel) / c.stride + 1;
    g.out_width = (c.width + 2 * c.pad - c.kernel) / c.stride + 1;
    std::vector<int8_t> x(static_cast<size_t>(c.height * c.width * c.in));
    std::vector<int8_t> w(static_cast<size_t>(c.out * DotDepth(g)));
    for (std::vector<int8_t>* bytes : {&x, &w}) {
      for (int8_t& v : *bytes) {
        v = static_cast<int8_t>(random());
      }
    }
    const std::vector<int32_t> x_zero(static_cast<size_t>(c.in), -7);
    const std::vector<float> factor(static_cast<size_t>(c.out), 1.0f);
    layer.x_zero_point = x_zero.data();
    layer.weights = w.data();
    layer.end.kind = EndKind::kRealF32;  // the sums themselves, below 2^24
    layer.end.multiplier = factor.data();
    std::vector<float> expected(static_cast<size_t>(DotPixels(g) * c.out));
    DotReference(layer, x.data(), expected.data());
    for (const DotKernel* kernel : kernels) {
      const DotPacked packed(layer, *kernel);
      ThreadPool pool(1);  // the model has one set of tiles
      Tensor scratch(DType::kU8, {static_cast<int64_t>(packed.ScratchBytes(1))});
      std::vector<float> y(expected.size());
      packed.Run(x.data(), y.data(), {static_cast<std::byte*>(scratch.raw()), scratch.bytes()},
                 pool);
      ASSERT_EQ(y, expected) << kernel->name << ": " << c.height << "x" << c.width << "x" << c.in
                             << " -> " << c.out << " kernel " << c.kernel;
    }
    EXPECT_FALSE(ModelTiles::state.configured);
  }
}

}  // namespace
}  // namespace plumb::kernels
