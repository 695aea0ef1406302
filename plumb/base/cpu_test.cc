#include "plumb/base/cpu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

namespace plumb {
namespace {

constexpr Isa kAll[] = {Isa::kScalar, Isa::kAvx2, Isa::kAvxVnni, Isa::kAvx512Vnni,
                        Isa::kAmx,    Isa::kNeon, Isa::kDotprod, Isa::kI8mm};

class ForcedIsa {
 public:
  explicit ForcedIsa(std::string_view name) {
    const char* found = std::getenv("PLUMB_ISA");
    if (found != nullptr) {
      before_ = found;
    }
    setenv("PLUMB_ISA", std::string(name).c_str(), 1);
  }
  ~ForcedIsa() {
    before_.has_value() ? setenv("PLUMB_ISA", before_->c_str(), 1) : unsetenv("PLUMB_ISA");
  }
  ForcedIsa(const ForcedIsa&) = delete;
  ForcedIsa& operator=(const ForcedIsa&) = delete;

 private:
  std::optional<std::string> before_;
};

TEST(Cpu, ForcedIsaIsTakenOrNamedAsLacking) {
  for (const Isa isa : kAll) {
    const ForcedIsa forced(IsaName(isa));
    const Result<Isa> selected = SelectIsa();
    if (CpuHas(isa)) {
      ASSERT_TRUE(selected.ok()) << selected.status().message();
      EXPECT_EQ(*selected, isa);
    } else {
      ASSERT_FALSE(selected.ok()) << IsaName(isa);
      EXPECT_EQ(selected.status().code(), Code::kEnvironment);
      EXPECT_NE(selected.status().message().find(IsaName(isa)), std::string::npos);
    }
  }
}

TEST(Cpu, UnknownNameIsAUsageError) {
  const ForcedIsa forced("avx3");
  const Result<Isa> selected = SelectIsa();
  ASSERT_FALSE(selected.ok());
  EXPECT_EQ(selected.status().code(), Code::kUsage);
}

TEST(Cpu, MayRunStaysWithinTheArchitectureAndTheCpu) {
  EXPECT_EQ(AvailableIsas().front(), Isa::kScalar);
  for (const Isa chosen : AvailableIsas()) {
    EXPECT_TRUE(MayRun(chosen, Isa::kScalar));
    EXPECT_TRUE(MayRun(chosen, chosen));
    for (const Isa needed : kAll) {
      if (MayRun(chosen, needed)) {
        EXPECT_TRUE(CpuHas(needed)) << IsaName(needed);
        EXPECT_LE(needed, chosen);
      }
    }
  }
  EXPECT_FALSE(MayRun(Isa::kScalar, Isa::kAvx2));
  EXPECT_FALSE(MayRun(Isa::kI8mm, Isa::kAmx));
  EXPECT_FALSE(MayRun(Isa::kAmx, Isa::kNeon));
}

// A CPU may have AVX-512 VNNI without AVX-VNNI (AMD Zen 4): each is asked for by itself.
TEST(Cpu, Avx512VnniDoesNotPromiseAvxVnni) {
  if (!CpuHas(Isa::kAvx512Vnni)) {
    GTEST_SKIP() << "this CPU has no avx512vnni";
  }
  EXPECT_EQ(MayRun(Isa::kAvx512Vnni, Isa::kAvxVnni), CpuHas(Isa::kAvxVnni));
}

}  // namespace
}  // namespace plumb
