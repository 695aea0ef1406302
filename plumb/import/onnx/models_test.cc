// Real networks: every ONNX file of the shared data imports.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "plumb/import/onnx/import.h"
#include "plumb/ir/verify.h"

namespace plumb::onnx {
namespace {

std::filesystem::path Shared() {
  const char* from_environment = std::getenv("PLUMB_SHARED");
  return from_environment != nullptr ? from_environment : PLUMB_SOURCE_DIR "/../shared";
}

TEST(OnnxModels, AllImport) {
  const std::filesystem::path models = Shared() / "models";
  if (!std::filesystem::exists(models)) {
    GTEST_SKIP() << "the shared models are not here: " << models;
  }
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(models)) {
    if (entry.path().extension() != ".onnx") {
      continue;
    }
    ImportOptions options;
    if (entry.path().string().find("ppocr") != std::string::npos) {
      options.input_shapes["x"] = {1, 3, 96, 192};
    }
    const Result<ImportedModel> model = ImportOnnx(entry.path().string(), options);
    EXPECT_TRUE(model.ok()) << model.status().message();
    if (model.ok()) {
      const Status verified = ir::Verify(model->graph);
      EXPECT_TRUE(verified.ok()) << entry.path() << ": " << verified.message();
      EXPECT_FALSE(model->graph.outputs.empty());
    }
    ++count;
  }
  EXPECT_GT(count, 10);
}

}  // namespace
}  // namespace plumb::onnx
