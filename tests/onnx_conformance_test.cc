// The official ONNX node cases (onnx/backend/test), in float: import, infer, convert the layout,
// lower, run, compare.
//
// Prints how many pass, how many have an unsupported operator or type, how many fail. None may
// fail, and every case whose name starts with a prefix of kMustPass must pass, so that what is
// supported stays so.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "plumb/base/half.h"
#include "plumb/import/onnx/import.h"
#include "plumb/import/onnx/read_tensor.h"
#include "plumb/lower/lower.h"
#include "plumb/passes/pass.h"
#include "plumb/runtime/session.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

fs::path Shared() {
  const char* from_environment = std::getenv("PLUMB_SHARED");
  return from_environment != nullptr ? from_environment : PLUMB_SOURCE_DIR "/../shared";
}

double ElementAt(const Tensor& t, size_t i) {
  switch (t.dtype()) {
    case DType::kF32:
      return static_cast<double>(t.values<float>()[i]);
    case DType::kF64:
      return t.values<double>()[i];
    case DType::kF16:
      return static_cast<double>(HalfToFloat(static_cast<const uint16_t*>(t.raw())[i]));
    case DType::kBF16:
      return static_cast<double>(BFloat16ToFloat(static_cast<const uint16_t*>(t.raw())[i]));
    default:
      return 0;
  }
}

// ONNX's own tolerances for float32; half and bfloat16 have fewer digits.
std::string Difference(const Tensor& expected, const Tensor& found) {
  if (expected.dtype() != found.dtype() || expected.shape() != found.shape()) {
    return StrCat("expected ", DTypeName(expected.dtype()), " ", ShapeToString(expected.shape()),
                  ", found ", DTypeName(found.dtype()), " ", ShapeToString(found.shape()));
  }
  if (!IsFloat(expected.dtype())) {
    if (expected.bytes() == 0 || std::memcmp(expected.raw(), found.raw(), expected.bytes()) == 0) {
      return "";
    }
    const auto* a = static_cast<const uint8_t*>(expected.raw());
    const auto* b = static_cast<const uint8_t*>(found.raw());
    size_t different = 0;
    int most = 0;
    for (size_t i = 0; i < expected.bytes(); ++i) {
      different += a[i] != b[i];
      most = std::max(most, std::abs(static_cast<int>(a[i]) - static_cast<int>(b[i])));
    }
    return StrCat("integers differ in ", different, " of ", expected.bytes(), " bytes, by at most ",
                  most);
  }
  const double relative = expected.dtype() == DType::kBF16 ? 1e-2 : 1e-3;
  const double absolute = expected.dtype() == DType::kF16    ? 1e-3
                          : expected.dtype() == DType::kBF16 ? 1e-2
                                                             : 1e-6;
  for (size_t i = 0; i < static_cast<size_t>(expected.size()); ++i) {
    const double a = ElementAt(expected, i);
    const double b = ElementAt(found, i);
    if (a == b || (std::isnan(a) && std::isnan(b))) {
      continue;
    }
    if (!(std::abs(a - b) <= absolute + relative * std::abs(a))) {
      return StrCat("element ", i, ": expected ", a, ", found ", b);
    }
  }
  return "";
}

Result<std::vector<runtime::NamedTensor>> ReadTensors(const fs::path& folder,
                                                      const std::string& kind) {
  std::vector<runtime::NamedTensor> tensors;
  for (int i = 0;; ++i) {
    const fs::path file = folder / StrCat(kind, "_", i, ".pb");
    if (!fs::exists(file)) {
      return tensors;
    }
    PLUMB_ASSIGN_OR_RETURN(onnx::NamedTensor tensor, onnx::ReadTensorProto(file.string()));
    tensors.push_back({tensor.name, std::move(tensor.tensor)});
  }
}

// Cases whose expected outputs divide by the size of the output before it is rounded down to whole
// positions. ONNX Runtime divides by the size after, and so does Plumb: on these inputs they give
// the same.
constexpr std::string_view kDisputed[] = {"test_resize_downsample_scales_cubic_align_corners",
                                          "test_resize_downsample_scales_linear_align_corners"};

// Cases whose names start so are supported and stay so.
constexpr std::string_view kMustPass[] = {
#include "tests/onnx_conformance_must_pass.inc"
};

bool MustPass(std::string_view name) {
  return std::any_of(std::begin(kMustPass), std::end(kMustPass),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

enum class Outcome { kPass, kUnsupported, kFail };

struct CaseResult {
  Outcome outcome = Outcome::kPass;
  std::string message;
};

bool SaysUnsupported(const Status& status) {
  const std::string& m = status.message();
  for (std::string_view phrase : {"unsupported operator", "not supported", "exported for inference",
                                  "expected one from 7 to", "one or two spatial"}) {
    if (m.find(phrase) != std::string::npos) {
      return true;
    }
  }
  return false;
}

CaseResult Refused(const Status& status) {
  return {SaysUnsupported(status) ? Outcome::kUnsupported : Outcome::kFail, status.message()};
}

// Inputs from `first_constant` on are taken as constants: many cases feed as inputs what networks
// hold as constants (filters, shapes, axes).
CaseResult RunFrozen(const fs::path& folder, size_t first_constant, int level) {
  Result<onnx::ImportedModel> model =
      onnx::ImportOnnx((folder / "model.onnx").string(), onnx::ImportOptions());
  if (!model.ok()) {
    return Refused(model.status());
  }
  ir::Graph& graph = model->graph;
  const fs::path data = folder / "test_data_set_0";
  auto inputs = ReadTensors(data, "input");
  const auto expected = ReadTensors(data, "output");
  if (!inputs.ok() || !expected.ok()) {
    return Refused(inputs.ok() ? expected.status() : inputs.status());
  }
  // Files may leave names out; they come in the order of the graph's inputs.
  for (size_t i = 0; i < inputs->size() && i < graph.inputs.size(); ++i) {
    (*inputs)[i].name = graph.value(graph.inputs[i].value).name;
  }
  for (size_t i = first_constant; i < inputs->size() && i < graph.inputs.size(); ++i) {
    graph.MakeConstant(graph.inputs[i].value, onnx::Widened((*inputs)[i].tensor));
  }
  if (first_constant < graph.inputs.size()) {
    graph.inputs.resize(first_constant);
    inputs->resize(std::min(inputs->size(), first_constant));
  }
  passes::PipelineOptions options;
  options.level = level;
  if (Status status = passes::RunPipeline(graph, options); !status.ok()) {
    return Refused(status);
  }
  const auto program = lower::Lower(graph);
  if (!program.ok()) {
    return Refused(program.status());
  }
  const auto session = runtime::Session::Create(*program, runtime::SessionOptions());
  if (!session.ok()) {
    return {Outcome::kFail, session.status().message()};
  }
  const auto outputs = runtime::RunNamed(**session, *inputs);
  if (!outputs.ok()) {
    return {Outcome::kFail, outputs.status().message()};
  }
  if (outputs->size() != expected->size()) {
    return {Outcome::kFail, StrCat(outputs->size(), " outputs; expected ", expected->size())};
  }
  for (size_t i = 0; i < expected->size(); ++i) {
    if (std::string difference = Difference((*expected)[i].tensor, (*outputs)[i].tensor);
        !difference.empty()) {
      return {Outcome::kFail, StrCat((*outputs)[i].name, ": ", difference)};
    }
  }
  return {};
}

CaseResult RunCase(const fs::path& folder, int level) {
  CaseResult result;
  for (size_t first_constant : {SIZE_MAX, size_t{1}, size_t{0}}) {
    result = RunFrozen(folder, first_constant, level);
    if (result.message.find("computed at run time") == std::string::npos) {
      break;
    }
  }
  return result;
}

class OnnxConformance : public testing::TestWithParam<int> {};  // by optimization level

TEST_P(OnnxConformance, NodeCases) {
  const fs::path cases = Shared() / "conformance" / "onnx";
  if (!fs::exists(cases)) {
    GTEST_SKIP() << "the shared conformance cases are not here: " << cases;
  }
  std::vector<fs::path> folders;
  for (const char* kind : {"node", "simple", "pytorch-converted", "pytorch-operator"}) {
    for (const auto& entry : fs::directory_iterator(cases / kind)) {
      folders.push_back(entry.path());
    }
  }
  std::sort(folders.begin(), folders.end());
  const char* filter = std::getenv("PLUMB_CONFORMANCE_FILTER");
  const bool verbose = std::getenv("PLUMB_CONFORMANCE_VERBOSE") != nullptr;
  std::map<Outcome, int> counts;
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    if (std::find(std::begin(kDisputed), std::end(kDisputed), name) != std::end(kDisputed)) {
      continue;
    }
    if (filter != nullptr && name.find(filter) == std::string::npos) {
      continue;
    }
    const CaseResult result = RunCase(folder, GetParam());
    ++counts[result.outcome];
    EXPECT_NE(result.outcome, Outcome::kFail) << name << ": " << result.message;
    EXPECT_TRUE(result.outcome == Outcome::kPass || !MustPass(name))
        << name << ": " << result.message;
    if (result.outcome == Outcome::kPass && verbose) {
      std::printf("pass %s\n", name.c_str());
    }
    if (result.outcome == Outcome::kUnsupported && verbose) {
      std::printf("unsupported %s: %s\n", name.c_str(), result.message.c_str());
    }
  }
  std::printf("ONNX conformance: %d pass, %d unsupported, %d fail\n", counts[Outcome::kPass],
              counts[Outcome::kUnsupported], counts[Outcome::kFail]);
}

INSTANTIATE_TEST_SUITE_P(Level, OnnxConformance, testing::Values(0, 3));

}  // namespace
}  // namespace plumb
