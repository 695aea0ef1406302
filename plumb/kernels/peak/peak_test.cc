#include "plumb/kernels/peak/peak.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace plumb::kernels {
namespace {

TEST(Peak, EveryLoopRunsAndIsNamedAfterWhatItMultiplies) {
  std::set<std::string> names;
  for (const PeakKernel* kernel : PeakKernels()) {
    kernel->run(1);
    kernel->run(1000);
    EXPECT_GT(kernel->macs, 0) << kernel->name;
    EXPECT_NE(std::string(kernel->name).find(DTypeName(kernel->products)), std::string::npos)
        << kernel->name;
    EXPECT_TRUE(names.insert(kernel->name).second) << kernel->name;
  }
  EXPECT_GE(names.size(), 2u);
}

TEST(Peak, SelectsALoopForEveryIsaAndType) {
  for (Isa isa : AvailableIsas()) {
    for (DType products : {DType::kS8, DType::kF32}) {
      const PeakKernel& kernel = SelectPeak(isa, products);
      EXPECT_EQ(kernel.products, products) << IsaName(isa);
      EXPECT_TRUE(MayRun(isa, kernel.isa)) << IsaName(isa) << " got " << kernel.name;
    }
#if !defined(__arm__)  // 32-bit Arm has the scalar loops alone
    EXPECT_EQ(SelectPeak(isa, DType::kS8).isa, isa) << "a loop of its own for " << IsaName(isa);
#endif
  }
}

TEST(Peak, ReadsEveryWordOnce) {
  for (size_t words : {0u, 1u, 15u, 16u, 17u, 40u}) {
    std::vector<uint64_t> memory(words);
    uint64_t expected = 0;
    for (size_t i = 0; i < words; ++i) {
      memory[i] = uint64_t{1} << i;
      expected |= memory[i];
    }
    EXPECT_EQ(ReadAll(memory), expected) << words;
  }
}

}  // namespace
}  // namespace plumb::kernels
