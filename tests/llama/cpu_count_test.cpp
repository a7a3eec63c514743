#include "llama/cpu_count.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace minions::llama {
namespace {

// A machine of two cores with two processors each: 0 and 2, 1 and 3.
class CpuCount : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "cpu_count.XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name + "/";
    for (const auto& [cpu, siblings] : {std::pair(0, "0,2"), {1, "1,3"}, {2, "0,2"}, {3, "1,3"}}) {
      write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list", siblings);
    }
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text << '\n';
  }
  [[nodiscard]] std::size_t threads(std::vector<std::size_t> allowed) const {
    return compute_threads({std::move(allowed), root_});
  }

  std::string root_;
};

TEST_F(CpuCount, CountsCoresAndNotProcessors) {
  EXPECT_EQ(threads({0, 1, 2, 3}), 2U);
  EXPECT_EQ(threads({0, 2}), 1U);
  EXPECT_EQ(threads({0, 1}), 2U);
}

TEST_F(CpuCount, AProcessorOfWhichNothingIsKnownIsACore) { EXPECT_EQ(threads({0, 2, 8, 9}), 3U); }

TEST_F(CpuCount, StaysWithinTheQuotaOfTheControlGroupAndThoseAboveIt) {
  write("proc/self/cgroup", "0::/system.slice/minionsd.service");
  write("sys/fs/cgroup/system.slice/minionsd.service/cpu.max", "max 100000");
  EXPECT_EQ(threads({0, 1, 2, 3}), 2U);
  write("sys/fs/cgroup/system.slice/cpu.max", "150000 100000");
  EXPECT_EQ(threads({0, 1, 2, 3}), 1U);
  write("sys/fs/cgroup/system.slice/cpu.max", "10000 100000");
  EXPECT_EQ(threads({0, 1, 2, 3}), 1U);
}

TEST_F(CpuCount, IsNeverNone) {
  EXPECT_EQ(threads({}), 1U);
  EXPECT_GE(compute_threads(), 1U);
}

}  // namespace
}  // namespace minions::llama
