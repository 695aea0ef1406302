#include "plumb/base/cpu_count.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#if defined(__linux__)
#include <sched.h>
#endif

namespace plumb {
namespace {

namespace fs = std::filesystem;

class CgroupQuota : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "cgroup_quota";
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }
  void Write(const std::string& file, const std::string& text) {
    const fs::path path = root_ + "/" + file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string root_;
};

TEST_F(CgroupQuota, Version2TakesTheLeastOfTheGroupAndThoseAround) {
  Write("a/b/cpu.max", "350000 100000\n");
  Write("a/cpu.max", "200000 100000\n");
  Write("cpu.max", "max 100000\n");
  EXPECT_EQ(CgroupCpuQuota("0::/a/b\n", root_), 2.0);
  EXPECT_EQ(CgroupCpuQuota("0::/\n", root_), std::nullopt);
}

TEST_F(CgroupQuota, InAContainerThePathIsNotThere) {
  Write("cpu.max", "150000 100000\n");
  EXPECT_EQ(CgroupCpuQuota("0::/docker/0123\n", root_), 1.5);
}

TEST_F(CgroupQuota, Version1ReadsTheCpuController) {
  Write("cpu/job/cpu.cfs_quota_us", "50000\n");
  Write("cpu/job/cpu.cfs_period_us", "100000\n");
  Write("cpu/cpu.cfs_quota_us", "-1\n");
  Write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpuQuota("5:memory:/job\n4:cpu,cpuacct:/job\n", root_), 0.5);
  EXPECT_EQ(CgroupCpuQuota("4:cpu,cpuacct:/\n", root_), std::nullopt);
  EXPECT_EQ(CgroupCpuQuota("4:cpuset:/job\n", root_), std::nullopt);
}

TEST_F(CgroupQuota, DamagedTextIsNoQuota) {
  Write("cpu.max", "0 0\n");
  EXPECT_EQ(CgroupCpuQuota("", root_), std::nullopt);
  EXPECT_EQ(CgroupCpuQuota("nonsense\n0:\n::\n", root_), std::nullopt);
}

#if defined(__linux__)
TEST(AvailableCpus, FollowsTheAffinityMask) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  EXPECT_GE(AvailableCpus(), 1);
  EXPECT_LE(AvailableCpus(), CPU_COUNT(&before));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &before)) {
      CPU_SET(cpu, &one);
      break;
    }
  }
  if (sched_setaffinity(0, sizeof(one), &one) != 0) {
    GTEST_SKIP() << "this machine does not let a process choose its CPUs";
  }
  EXPECT_EQ(AvailableCpus(), 1);
  sched_setaffinity(0, sizeof(before), &before);
}
#endif

}  // namespace
}  // namespace plumb
