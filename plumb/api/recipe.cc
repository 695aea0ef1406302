#include "plumb/api/recipe.h"

#include <filesystem>

#include "plumb/api/recipe_options.h"
#include "plumb/api/version.h"
#include "plumb/base/npy.h"
#include "plumb/base/sha256.h"

namespace plumb {
namespace {

Result<artifact::FileDigest> DigestOf(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadFileBytes(path));
  return artifact::FileDigest{std::filesystem::path(path).filename().string(),
                              ToHex(Sha256::Of(bytes))};
}

}  // namespace

Result<artifact::Provenance> MakeProvenance(const ConvertOptions& options, const Model& model,
                                            const SampleList& samples,
                                            const std::vector<std::string>& passes) {
  artifact::Provenance p;
  p.tool = "plumb";
  p.version = Release();
  p.commit = Commit();
  PLUMB_ASSIGN_OR_RETURN(p.model, DigestOf(options.model));
  for (const std::string& file : model.data_files) {
    const std::filesystem::path path = std::filesystem::path(options.model).parent_path() / file;
    PLUMB_ASSIGN_OR_RETURN(const artifact::FileDigest digest, DigestOf(path.string()));
    p.notes[StrCat(kModelData, file)] = digest.sha256;
  }
  for (const plumb::Sample& sample : samples.samples) {
    for (const std::string& file : sample.files) {
      PLUMB_ASSIGN_OR_RETURN(artifact::FileDigest digest, DigestOf(file));
      p.calibration.push_back(std::move(digest));
    }
  }
  if (samples.archive) {
    PLUMB_ASSIGN_OR_RETURN(artifact::FileDigest digest, DigestOf(samples.source));
    p.calibration.push_back(std::move(digest));
  }
  p.options = OptionsOf(options);
  p.passes = passes;
  return p;
}

}  // namespace plumb
