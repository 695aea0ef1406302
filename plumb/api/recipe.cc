#include "plumb/api/recipe.h"

#include <filesystem>

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

Result<artifact::Provenance> MakeProvenance(const ConvertOptions& options,
                                            const SampleList& samples,
                                            const std::vector<std::string>& passes) {
  artifact::Provenance p;
  p.tool = "plumb";
  p.version = Release();
  p.commit = Commit();
  PLUMB_ASSIGN_OR_RETURN(p.model, DigestOf(options.model));
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
  const quant::QuantizeOptions& q = options.quantize;
  const auto yes = [](bool value) { return std::string(value ? "yes" : "no"); };
  p.options = {{"observer", std::string(quant::ObserverName(q.grids.range.observer))},
               {"percentile", StrCat(q.grids.range.percentile)},
               {"function-form", std::string(quant::FunctionFormName(q.form))},
               {"activations", std::string(quant::IntegerTypeName(q.grids.activations))},
               {"weights", std::string(quant::IntegerTypeName(q.weights))},
               {"dense-channel-ratio", StrCat(q.grids.dense_channel_ratio)},
               {"bias-correction", yes(q.correct_bias)},
               {"one-scale-for-outputs", yes(q.one_scale_for_outputs)},
               {"optimization-level", StrCat(options.model_options.passes.level)},
               {"calib-limit", StrCat(options.calib_limit)}};
  for (const std::string& name : q.keep_float) {
    p.options.emplace_back("keep-float", name);
  }
  for (const std::string& name : options.model_options.passes.disabled) {
    p.options.emplace_back("disable-pass", name);
  }
  for (const auto& [name, shape] : options.model_options.input_shapes) {
    p.options.emplace_back("input-shape", name + "=" + ShapeToString(shape));
  }
  for (const auto& [name, factor] : q.scale_faults) {
    p.options.emplace_back("scale-fault", StrCat(name, "=", factor));
  }
  p.passes = passes;
  return p;
}

}  // namespace plumb
