// Any bytes as a lock. What is read is written again, which must be a fixed point: the text that
// Plumb writes reads back as the same text.
#include "plumb/api/lock.h"
#include "plumb/base/check.h"
#include "tests/fuzz/fuzz_target.h"

std::vector<std::string> FuzzSeeds() {
  plumb::Lock lock;
  lock.provenance.tool = "plumb";
  lock.provenance.model = {"a.onnx", std::string(64, 'a')};
  lock.provenance.calibration = {{"x.jpg", std::string(64, '0')}};
  lock.provenance.options = {{"observer", "min-max"}, {"label", "a: \"b\""}};
  lock.provenance.passes = {"infer_types"};
  lock.provenance.notes = {{"input-grid/x", "samples"}};
  lock.artifact_sha256 = std::string(64, '1');
  lock.sections = {{"program", 100, std::string(64, '2')}};
  plumb::quant::ValueStats& stats = lock.ranges["x"];
  stats.min = -1.5f;
  stats.max = 2.25f;
  stats.channel_min = {-1.5f, 0};
  stats.channel_max = {2.25f, 1e-30f};
  stats.channel_mean = {0.1, 0.2};
  stats.histogram.assign(plumb::quant::kHistogramBins, 0);
  stats.histogram[7] = 300;
  lock.quality.rules = {{"S1", plumb::artifact::Outcome::kPass, "fine"}};
  return {plumb::LockText(lock)};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto lock = plumb::ParseLock({reinterpret_cast<const char*>(data), size});
  if (!lock.ok()) {
    return -1;
  }
  const std::string text = plumb::LockText(*lock);
  const auto again = plumb::ParseLock(text);
  PLUMB_CHECK(again.ok()) << again.status().message();
  PLUMB_CHECK(again->edited.empty());
  PLUMB_CHECK(plumb::LockText(*again) == text);
  return 0;
}
