#include "plumb/base/cpu_count.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#if defined(__linux__)
#include <sched.h>
#endif

namespace plumb {
namespace {

// "QUOTA PERIOD" in microseconds; no number ("max") or a negative one: no quota.
std::optional<double> QuotaOf(const std::string& text) {
  std::istringstream in(text);
  double quota = 0, period = 0;
  if (in >> quota >> period && quota > 0 && period > 0) {
    return quota / period;
  }
  return std::nullopt;
}

std::string ReadText(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool HasController(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == name) {
      return true;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

std::optional<double> CgroupCpuQuota(std::string_view cgroup, const std::string& root) {
  std::optional<double> least;
  const auto take = [&](const std::optional<double>& quota) {
    if (quota && (!least || *quota < *least)) {
      least = quota;
    }
  };
  std::istringstream lines{std::string(cgroup)};
  for (std::string line; std::getline(lines, line);) {  // "number:controllers:path"
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const std::string_view controllers =
        std::string_view(line).substr(first + 1, second - first - 1);
    const bool version1 = HasController(controllers, "cpu");
    if (!controllers.empty() && !version1) {
      continue;
    }
    // A container sees its own group as the root, under a path that is not there: so all the way up.
    for (std::string path = line.substr(second + 1);; path.erase(path.rfind('/'))) {
      const std::string folder = root + (version1 ? "/cpu" : "") + path;
      take(version1 ? QuotaOf(ReadText(folder + "/cpu.cfs_quota_us") + " " +
                              ReadText(folder + "/cpu.cfs_period_us"))
                    : QuotaOf(ReadText(folder + "/cpu.max")));
      if (path.find('/') == std::string::npos) {
        break;
      }
    }
  }
  return least;
}

int AvailableCpus() {
  int cpus = 1;
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    cpus = std::max(1, CPU_COUNT(&set));
  }
  if (const auto quota = CgroupCpuQuota(ReadText("/proc/self/cgroup"), "/sys/fs/cgroup")) {
    cpus = std::clamp(static_cast<int>(std::min(*quota, 1e6)), 1, cpus);
  }
#endif
  return cpus;
}

}  // namespace plumb
