#include "plumb/api/stages.h"

#include <filesystem>
#include <fstream>

#include "plumb/api/version.h"
#include "plumb/artifact/artifact.h"
#include "plumb/base/npy.h"
#include "plumb/ir/text.h"
#include "plumb/ir/verify.h"

namespace plumb {
namespace {

constexpr std::string_view kStamp = "# plumb stage ";

std::string StampOf(const std::string& stage) {
  return StrCat(kStamp, stage, ", release ", Release(), ", numerics ", artifact::kNumericsVersion);
}

}  // namespace

Status SaveStage(const std::string& folder, const std::string& stage, const ir::Graph& graph) {
  if (folder.empty()) {
    return {};
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return EnvironmentError("--save-stage ", folder,
                            ": the folder cannot be made: ", error.message());
  }
  const std::string path = (std::filesystem::path(folder) / (stage + ".txt")).string();
  return WriteFileAtomically(path, StampOf(stage) + "\n" + ir::Print(graph, {-1}));
}

bool IsStageFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string begin(kStamp.size(), '\0');
  return file.read(begin.data(), static_cast<std::streamsize>(begin.size())) && begin == kStamp;
}

Result<StageFile> LoadStage(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string stamp;
  if (!file || !std::getline(file, stamp) || !stamp.starts_with(kStamp)) {
    return UsageError("'", path, "' is no stage file, or cannot be read");
  }
  StageFile stage;
  const size_t comma = stamp.find(',');
  stage.stage =
      stamp.substr(kStamp.size(), comma == std::string::npos ? comma : comma - kStamp.size());
  if (stamp != StampOf(stage.stage)) {
    return Incompatible("stage file '", path, "': expected '", StampOf(stage.stage), "', found '",
                        stamp.substr(0, 100), "'. Make it anew with --save-stage");
  }
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  Result<ir::Graph> graph = ir::Parse(text);
  if (!graph.ok()) {
    return graph.status().WithContext(path);
  }
  if (const Status status = ir::Verify(*graph); !status.ok()) {
    return status.WithContext(path);
  }
  stage.graph = std::move(graph).value();
  return stage;
}

}  // namespace plumb
