// The elementary functions have the same bits in every instruction set, keep their stated error
// against binary64, and their stated special values.
#include "plumb/numerics/elementary.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/numerics/elementary_test_functions.h"
#include "plumb/numerics/scalar_functions.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::numerics {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

bool SameBits(float a, float b) {
  return (a != a && b != b) || std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

// Every `stride`-th pattern of binary32, and the special ones.
std::vector<float> Sample(uint32_t stride) {
  std::vector<float> x = {
      0.0f,      -0.0f,           kInf,       -kInf,       kNaN,     0x1p-149f, -0x1p-149f,
      0x1p-126f, 0x1.fffffep127f, 88.72283f,  88.72284f,   -103.97f, -103.98f,  -87.3f,
      0.625f,    0.9275f,         30.0f,      0.41421354f, 0.5f,     1.5f,      2.5f,
      -0.5f,     -1.5f,           8388607.5f, 8388608.0f};
  for (uint64_t bits = 1; bits < (uint64_t{1} << 32); bits += stride) {
    x.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  }
  return x;
}

uint32_t Stride() { return std::getenv("PLUMB_EXHAUSTIVE") != nullptr ? 17u : 2503u; }

void ExpectSameBits(const ElementaryRow* rows) {
  const std::vector<float> x = Sample(Stride());
  const auto n = static_cast<int64_t>(x.size());
  std::vector<float> expected(x.size()), got(x.size());
  size_t compared = 0;
  const ElementaryRow* reference = ScalarRows();
  for (; reference->name != nullptr; ++reference, ++rows) {
    ASSERT_STREQ(reference->name, rows->name);
    reference->apply(x.data(), expected.data(), n);
    rows->apply(x.data(), got.data(), n);
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_TRUE(SameBits(expected[i], got[i]))
          << rows->name << "(" << x[i] << "): scalar " << expected[i] << ", here " << got[i];
      ++compared;
    }
  }
  EXPECT_GT(compared, x.size() * 10);
}

// The vector forms that this architecture has; 32-bit Arm has none of its own.
struct VectorForm {
  Isa isa;
  const ElementaryRow* rows;
};
std::vector<VectorForm> VectorForms() {
#if defined(__x86_64__)
  return {{Isa::kAvx2, Avx2Rows()}, {Isa::kAvx512Vnni, Avx512Rows()}};
#elif defined(__aarch64__)
  return {{Isa::kNeon, NeonRows()}};
#else
  return {};
#endif
}

TEST(Elementary, VectorFormsHaveTheBitsOfScalar) {
  int compared = 0;
  for (const VectorForm& form : VectorForms()) {
    if (CpuHas(form.isa)) {
      SCOPED_TRACE(std::string(IsaName(form.isa)));
      ExpectSameBits(form.rows);
      ++compared;
    }
  }
  if (compared == 0) {
    GTEST_SKIP() << "this CPU has none of them";
  }
}

// The distance in units of the last place of the exact value (at least the smallest denormal).
double UlpError(float got, double exact) {
  const double magnitude = std::max(std::fabs(exact), 0x1p-126);
  return std::fabs(got - exact) / std::ldexp(1.0, std::ilogb(magnitude) - 23);
}

struct Bound {
  std::function<double(double)> exact;
  double ulp;
  float least = -std::numeric_limits<float>::infinity();  // the bound holds from here on
};

void ExpectBound(const char* name, const std::vector<float>& x, const std::vector<float>& y,
                 const Bound& bound) {
  double worst = 0.0;
  float where = 0.0f;
  for (size_t i = 0; i < x.size(); ++i) {
    const double exact = bound.exact(x[i]);
    if (std::isnan(exact)) {
      ASSERT_TRUE(std::isnan(y[i])) << name << "(" << x[i] << ")";
    } else if (std::isinf(static_cast<float>(exact))) {
      ASSERT_EQ(y[i], static_cast<float>(exact)) << name << "(" << x[i] << ")";
    } else if (std::isinf(y[i])) {  // rounding up to infinity is allowed within the bound
      ASSERT_GE(std::fabs(exact), 0x1.fffff0p127) << name << "(" << x[i] << ")";
    } else if (const double error = UlpError(y[i], exact);
               x[i] >= bound.least && !(error <= worst)) {
      worst = error;
      where = x[i];
    }
  }
  EXPECT_LE(worst, bound.ulp) << name << " at " << where;
  std::printf("%-10s largest error %.4f ulp at %.9g\n", name, worst, where);
}

TEST(Elementary, ErrorsStayWithinTheStatedBounds) {
  const std::map<std::string, Bound> bounds = {
      {"Exp", {[](double v) { return std::exp(v); }, 1.1}},
      {"Expm1", {[](double v) { return std::expm1(v); }, 2.0}},
      {"Log", {[](double v) { return std::log(v); }, 1.5}},
      {"Tanh", {[](double v) { return std::tanh(v); }, 1.5}},
      {"Sigmoid", {[](double v) { return 1.0 / (1.0 + std::exp(-v)); }, 2.5}},
      {"Erf", {[](double v) { return std::erf(v); }, 1.5}},
      {"Softplus",
       {[](double v) { return v > 0 ? v + std::log1p(std::exp(-v)) : std::log1p(std::exp(v)); },
        2.5}},
      {"Mish",
       {[](double v) { return v * std::tanh(std::log1p(std::exp(std::min(v, 50.0)))); }, 4.5,
        -87.0f}},
      {"Sqrt", {[](double v) { return std::sqrt(v); }, 0.5}},
  };
  std::vector<float> x = Sample(1499);
  for (int i = -200000; i < 200000; ++i) {  // densely where the functions bend
    x.push_back(static_cast<float>(i) * 1e-4f);
  }
  std::vector<float> y(x.size());
  size_t checked = 0;
  for (const ElementaryRow* row = ScalarRows(); row->name != nullptr; ++row) {
    if (const auto bound = bounds.find(row->name); bound != bounds.end()) {
      row->apply(x.data(), y.data(), static_cast<int64_t>(x.size()));
      ExpectBound(row->name, x, y, bound->second);
      ++checked;
    }
  }
  EXPECT_EQ(checked, bounds.size());
}

TEST(Elementary, SpecialValues) {
  using V = scalar::F32;
  auto one = [](V (*f)(V), float x) { return f(V{x}).v; };
  EXPECT_EQ(one(Exp<V>, -kInf), 0.0f);
  EXPECT_EQ(one(Exp<V>, kInf), kInf);
  EXPECT_EQ(one(Exp<V>, 0.0f), 1.0f);
  EXPECT_EQ(one(Exp<V>, -103.9f), 0x1p-149f);  // a denormal, not flushed
  EXPECT_EQ(std::bit_cast<uint32_t>(one(Exp<V>, -kNaN)), 0x7fc00000u);
  EXPECT_EQ(one(Log<V>, 0.0f), -kInf);
  EXPECT_EQ(one(Log<V>, -0.0f), -kInf);
  EXPECT_EQ(one(Log<V>, 1.0f), 0.0f);
  EXPECT_EQ(std::bit_cast<uint32_t>(one(Log<V>, -1.0f)), 0x7fc00000u);
  EXPECT_EQ(one(Tanh<V>, kInf), 1.0f);
  EXPECT_EQ(one(Tanh<V>, -kInf), -1.0f);
  EXPECT_TRUE(std::signbit(one(Tanh<V>, -0.0f)));
  EXPECT_TRUE(std::signbit(one(Erf<V>, -0.0f)));
  EXPECT_TRUE(std::signbit(one(Expm1<V>, -0.0f)));
  EXPECT_EQ(one(Sigmoid<V>, 0.0f), 0.5f);
  EXPECT_EQ(one(Sigmoid<V>, -kInf), 0.0f);
  EXPECT_EQ(one(Sigmoid<V>, kInf), 1.0f);
  EXPECT_TRUE(std::isnan(one(Silu<V>, -kInf)));
  EXPECT_EQ(one(HardSwish<V>, 3.0f), 3.0f);
}

TEST(ScalarFunctions, ErrorsStayWithinTheStatedBound) {
  struct Row {
    const char* name;
    float (*f)(float);
    double (*exact)(double);
  };
  const Row rows[] = {
      {"sin", Sin, std::sin},       {"cos", Cos, std::cos},       {"tan", Tan, std::tan},
      {"asin", Asin, std::asin},    {"acos", Acos, std::acos},    {"atan", Atan, std::atan},
      {"sinh", Sinh, std::sinh},    {"cosh", Cosh, std::cosh},    {"asinh", Asinh, std::asinh},
      {"acosh", Acosh, std::acosh}, {"atanh", Atanh, std::atanh},
  };
  std::vector<float> x = Sample(4999);
  for (int i = -20000; i < 20000; ++i) {
    x.push_back(static_cast<float>(i) * 1e-4f);
  }
  std::vector<float> y(x.size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < x.size(); ++i) {
      y[i] = row.f(x[i]);
    }
    ExpectBound(row.name, x, y, {row.exact, 0.51});
  }
}

TEST(ScalarFunctions, PowAgreesWithBinary64) {
  const float values[] = {0.0f,
                          -0.0f,
                          1.0f,
                          -1.0f,
                          2.0f,
                          -2.0f,
                          0.5f,
                          3.0f,
                          -3.0f,
                          0.1f,
                          1.0000001f,
                          0.99999994f,
                          kInf,
                          -kInf,
                          kNaN,
                          0x1p-149f,
                          0x1.fffffep127f,
                          7.25f,
                          -7.0f,
                          16777216.0f,
                          16777217.0f,
                          1e-3f};
  for (float x : values) {
    for (float y : values) {
      const double exact = std::pow(static_cast<double>(x), static_cast<double>(y));
      const float got = Pow(x, y);
      if (std::isnan(exact)) {
        EXPECT_TRUE(std::isnan(got)) << x << "^" << y;
      } else if (std::isinf(static_cast<float>(exact)) || exact == 0.0) {
        EXPECT_TRUE(SameBits(got, static_cast<float>(exact))) << x << "^" << y << " gives " << got;
      } else {
        EXPECT_LE(UlpError(got, exact), 0.51) << x << "^" << y;
      }
    }
  }
}

TEST(ScalarFunctions, FModIsExact) {
  const float values[] = {5.5f,  -5.5f, 3.0f,      -3.0f,     0.1f, 1e30f,
                          -7.0f, 0.0f,  0x1p-149f, 123456.7f, kInf, kNaN};
  for (float x : values) {
    for (float y : values) {
      EXPECT_TRUE(SameBits(FMod(x, y), std::fmod(x, y))) << x << " mod " << y;
    }
  }
  EXPECT_EQ(FloorMod(-5.5f, 3.0f), 0.5f);
  EXPECT_EQ(FloorMod(5.5f, -3.0f), -0.5f);
}

}  // namespace
}  // namespace plumb::numerics
