// The pipeline on trained networks: what is left of transposes, and the same numbers with and
// without the optional passes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "plumb/import/onnx/import.h"
#include "plumb/passes/pass_test_support.h"

namespace plumb::passes {
namespace {

struct Network {
  std::string file;  // below models/
  std::map<std::string, Shape> input_shapes;
  int transposes;  // that stay: at the input, and where a head needs the order
  int reshapes;
  double tolerance;  // relative to the largest output: folded weights round anew, a hundred layers
                     // deep
};

std::filesystem::path Shared() {
  const char* given = std::getenv("PLUMB_SHARED");
  return given != nullptr ? std::filesystem::path(given)
                          : std::filesystem::path(PLUMB_SOURCE_DIR) / "../shared";
}

class PassesOnNetwork : public testing::TestWithParam<Network> {};

TEST_P(PassesOnNetwork, ReachesTheCanonicalFormAndComputesTheSame) {
  const Network& network = GetParam();
  const std::filesystem::path path = Shared() / "models" / network.file;
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "no " << path.string() << "; set PLUMB_SHARED to the folder that holds models/";
  }
  onnx::ImportOptions options;
  options.input_shapes = network.input_shapes;
  const Result<onnx::ImportedModel> model = onnx::ImportOnnx(path.string(), options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  ir::Graph plain = model->graph;
  ir::Graph best = model->graph;
  PipelineOptions least;
  least.level = 0;
  const Status a = RunPipeline(plain, least);
  ASSERT_TRUE(a.ok()) << a.message();
  const Status b = RunPipeline(best);
  ASSERT_TRUE(b.ok()) << b.message();
  EXPECT_EQ(CountOp(best, "transpose"), network.transposes);
  EXPECT_EQ(CountOp(best, "reshape"), network.reshapes);
  ExpectSameNumbers(plain, best, network.tolerance);
}

// A QDQ network is not here: a rounding that falls the other way travels through all that follows.
INSTANTIATE_TEST_SUITE_P(
    Networks, PassesOnNetwork,
    testing::Values(
        Network{"dtln-lstm/model_1.onnx", {}, 0, 8, 1e-5},
        Network{"mnist-cntk/mnist.onnx", {}, 1, 2, 1e-5},
        Network{
            "mobilenetv2-224-w8/mobilenetv2_w8.onnx", {{"input", {1, 3, 224, 224}}}, 1, 1, 1e-5},
        Network{
            "ppocr-cls/ch_ppocr_mobile_v2.0_cls_infer.onnx", {{"x", {1, 3, 48, 192}}}, 1, 1, 1e-4},
        Network{"ppocrv3-det/ch_PP-OCRv3_det_infer.onnx", {{"x", {1, 3, 160, 224}}}, 1, 1, 5e-4},
        Network{"superres-x3/pytorch_super_resolution.onnx", {}, 0, 2, 1e-5},
        Network{"ultraface-rfb-320/version-RFB-320.onnx", {}, 1, 8, 1e-4},
        Network{"yolo-fastestv2-352/yolo-fastestv2.onnx", {}, 1, 0, 1e-4},
        Network{"yolov5n-640-fp16w/yolov5n.onnx", {}, 4, 6, 1e-4},
        Network{"yolov5n-zoo-heads/yolov5n_zoo.onnx", {}, 4, 0, 1e-4},
        Network{"yolov8n-640-w8/yolov8n_w8.onnx", {}, 4, 8, 1e-4},
        Network{"yolox-nano-416/yolox_nano.onnx", {}, 1, 3, 1e-4},
        Network{"yunet-n-320/yunet_n_320_320.onnx", {}, 1, 12, 1e-4}),
    [](const auto& info) {
      std::string name = info.param.file.substr(0, info.param.file.find('/'));
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace plumb::passes
