// How many threads this process can keep busy: what a default number of threads is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plumb {

// The CPUs of the affinity mask, and no more than whole ones that the control group's quota pays for: a
// thread beyond it would be stopped in the middle of a layer, and all others would wait for it. At
// least 1.
[[nodiscard]] int AvailableCpus();

// The least quota, in CPUs, of the control group and those around it. `cgroup` is the text of
// /proc/self/cgroup, `root` where the control groups are mounted (/sys/fs/cgroup). Version 2 and 1.
[[nodiscard]] std::optional<double> CgroupCpuQuota(std::string_view cgroup,
                                                   const std::string& root);

}  // namespace plumb
