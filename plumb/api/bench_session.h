// One network, loaded to be timed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/runtime/session.h"

namespace plumb {

struct BenchTimes {
  int runs = 0;
  double ms_least = 0, ms_median = 0;
};

class BenchSession {
 public:
  // Opens the model and makes a session. `inputs`: as of plumb run; empty: seeded noise within 0..1.
  [[nodiscard]] static Result<std::unique_ptr<BenchSession>> Open(
      const std::string& path, const ModelOptions& options, int threads,
      const std::vector<std::string>& inputs);

  // From opening the file to being ready to run, inputs left out.
  [[nodiscard]] double load_ms() const { return load_ms_; }
  [[nodiscard]] const runtime::Session& session() const { return *session_; }

  // One inference, to outputs in the types that the model's user sees.
  Status Run(const runtime::RecordObserver& observer = nullptr);
  // As many runs as fit into the time, at least `least`.
  Result<BenchTimes> Time(double seconds, int least = 3);
  // Adds the time of each record of one run, in milliseconds, to `by_record`.
  Status TimeRecords(std::vector<std::vector<double>>& by_record);

 private:
  // Outputs that are stored in another type than the user's, with room for what becomes of them.
  struct Converted {
    size_t output;
    Tensor tensor;
  };
  Status FillInputs(const Model& model, const std::vector<std::string>& inputs);

  std::unique_ptr<runtime::Session> session_;
  std::vector<Converted> converted_;
  double load_ms_ = 0;
};

[[nodiscard]] double MedianOf(std::vector<double> values);  // 0 for none

// Memory of this process that is in RAM now, in bytes; 0 where the system does not say.
[[nodiscard]] size_t ResidentBytes();

}  // namespace plumb
