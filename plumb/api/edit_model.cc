#include "plumb/api/edit_model.h"

#include <filesystem>

#include "plumb/api/samples.h"
#include "plumb/base/npy.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

// What is to be written for the samples.
struct EditedSamples {
  std::string list;
  std::vector<std::pair<std::string, Tensor>> arrays;  // by path
};

Result<EditedSamples> EditSamples(const EditModelOptions& options, const onnx::EditedModel& model) {
  PLUMB_ASSIGN_OR_RETURN(const SampleList samples,
                         ListSamples(options.dataset, model.input_names.size(), 0));
  const fs::path folder = fs::path(options.output).parent_path();
  const std::string base = fs::path(options.output).stem().string();
  EditedSamples edited;
  for (size_t s = 0; s < samples.samples.size(); ++s) {
    const std::vector<std::string>& files = samples.samples[s].files;
    for (size_t i = 0; i < files.size(); ++i) {
      const auto steps = model.inputs.find(model.input_names[i]);
      std::string file = fs::absolute(files[i]).string();
      if (steps != model.inputs.end()) {
        if (fs::path(file).extension() != ".npy") {
          return UsageError("'", file, "': input '", model.input_names[i],
                            "' gets another shape, in which pictures do not come; expected .npy");
        }
        PLUMB_ASSIGN_OR_RETURN(Tensor array, ReadNpy(file));
        if (array.shape() != steps->second.tensor) {
          return UsageError("'", file, "': shape ", ShapeToString(array.shape()), "; expected ",
                            ShapeToString(steps->second.tensor), " for input '",
                            model.input_names[i], "'");
        }
        const std::string name = StrCat(base, "_", s, "_", i, ".npy");
        edited.arrays.emplace_back((folder / name).string(), onnx::Applied(steps->second, array));
        file = "./" + name;
      }
      edited.list += (i > 0 ? " " : "") + file;
    }
    edited.list += "\n";
  }
  return edited;
}

}  // namespace

Result<EditModelResult> EditModel(const EditModelOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadFileBytes(options.model));
  auto edited =
      onnx::EditPorts({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, options.edits);
  if (!edited.ok()) {
    return edited.status().WithContext(options.model);
  }
  std::error_code ignored;
  const fs::path from = fs::absolute(options.model).parent_path();
  const fs::path to = fs::absolute(options.output).parent_path();
  if (edited->has_external_data && !fs::equivalent(from, to, ignored)) {
    return UsageError("'", options.model,
                      "' has weights in files beside it; expected an output in '", from.string(),
                      "', too, where they are found");
  }
  EditModelResult result;
  if (!options.dataset.empty()) {
    PLUMB_ASSIGN_OR_RETURN(const EditedSamples samples, EditSamples(options, *edited));
    for (const auto& [path, array] : samples.arrays) {
      PLUMB_RETURN_IF_ERROR(WriteNpy(path, array.view()));
    }
    result.arrays = samples.arrays.size();
    result.dataset = (fs::path(options.output).parent_path() /
                      StrCat("dataset_for_", fs::path(options.output).stem().string(), ".txt"))
                         .string();
    PLUMB_RETURN_IF_ERROR(WriteFileAtomically(result.dataset, samples.list));
  }
  PLUMB_RETURN_IF_ERROR(WriteFileAtomically(options.output, edited->bytes));
  return result;
}

}  // namespace plumb
