#include "plumb/api/layer_table.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "plumb/api/run.h"
#include "plumb/base/npy.h"
#include "plumb/base/number_text.h"
#include "plumb/lower/lower.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kTableFile = "layers.json";

Status Unwritable(const std::string& path, const std::string& why, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return {full ? Code::kResource : Code::kEnvironment,
          StrCat("--dump-layers ", path, ": cannot be written: ", why)};
}

// Without the synchronisation of AtomicFile: the folder it lies in has its name only when all is there.
Status WritePart(const fs::path& path, std::string_view data) {
  std::FILE* const file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) {
    return Unwritable(path.string(), std::strerror(errno), errno);
  }
  const bool written = std::fwrite(data.data(), 1, data.size(), file) == data.size();
  const int write_error = errno;
  if (std::fclose(file) != 0 || !written) {
    const int error = written ? errno : write_error;
    return Unwritable(path.string(), std::strerror(error), error);
  }
  return {};
}

std::string TextOf(std::span<const float> values) {
  std::string text;
  text.reserve(values.size() * 12);
  for (const float value : values) {
    text += NumberText(value);
    text += '\n';
  }
  return text;
}

// Whether there is nothing in the folder but what an earlier run made.
bool IsTableFolder(const fs::path& folder) {
  std::error_code ignored;
  bool has_table = false;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    const bool is_table = name == kTableFile && entry.is_regular_file(ignored);
    if (!is_table && (name.find_first_not_of("0123456789") != std::string::npos ||
                      !entry.is_directory(ignored))) {
      return false;
    }
    has_table = has_table || is_table;
  }
  return has_table;
}

Status CheckReplaceable(const std::string& named, const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(folder, ignored))) {
    return {};
  }
  if (!fs::is_directory(folder, ignored)) {
    return UsageError("--dump-layers ", named, ": is a file; expected a folder to make");
  }
  if (fs::equivalent(folder, ".", ignored)) {
    return UsageError("--dump-layers ", named, ": is the current folder; expected one to make");
  }
  if (!fs::is_empty(folder, ignored) && !IsTableFolder(folder)) {
    return UsageError("--dump-layers ", named,
                      ": holds other files; expected a new folder, an empty one, or one that "
                      "--dump-layers made");
  }
  return {};
}

// The folder under a name beside its own, removed unless it is committed.
class FolderInMaking {
 public:
  explicit FolderInMaking(const std::string& named) : named_(named) {
    std::error_code ignored;
    folder_ = fs::weakly_canonical(fs::absolute(named, ignored) / "", ignored);
    if (!folder_.has_filename()) {
      folder_ = folder_.parent_path();
    }
    temporary_ = StrCat(folder_.string(), ".", ::getpid(), ".tmp");
  }
  FolderInMaking(const FolderInMaking&) = delete;
  FolderInMaking& operator=(const FolderInMaking&) = delete;
  ~FolderInMaking() {
    std::error_code ignored;
    fs::remove_all(temporary_, ignored);
  }

  Status Create() {
    PLUMB_RETURN_IF_ERROR(CheckReplaceable(named_, folder_));
    std::error_code error;
    fs::remove_all(temporary_, error);
    fs::create_directories(temporary_, error);
    return error ? Unwritable(named_, error.message(), error.value()) : Status();
  }
  [[nodiscard]] const fs::path& path() const { return temporary_; }

  Status Commit() {
    PLUMB_RETURN_IF_ERROR(CheckReplaceable(named_, folder_));  // it is a while since Create
    const fs::path before = StrCat(folder_.string(), ".", ::getpid(), ".old");
    std::error_code error, ignored;
    const bool replaces = fs::exists(folder_, ignored);
    if (replaces) {
      fs::rename(folder_, before, error);
    }
    if (!error) {
      fs::rename(temporary_, folder_, error);
    }
    if (error) {
      const Status failed = Unwritable(named_, error.message(), error.value());
      if (replaces) {
        fs::rename(before, folder_, ignored);
      }
      return failed;
    }
    fs::remove_all(before, ignored);
    return {};
  }

 private:
  std::string named_;
  fs::path folder_, temporary_;
};

class Writer {
 public:
  Writer(const fs::path& folder, TensorForm form) : folder_(folder), form_(form) {}

  // Rows of a sample come in the artifact's order; a row seen again belongs to the next sample.
  Status Write(const verify::TensorRow& row, const verify::TensorValues& values,
               const std::string& file) {
    const size_t sample = seen_[row.name]++;
    for (const auto& [part, numbers] :
         {std::pair{"float", values.model}, std::pair{"artifact", values.artifact}}) {
      const fs::path folder = folder_ / std::to_string(sample) / part;
      std::error_code error;
      fs::create_directories(folder, error);
      if (error) {
        return Unwritable(folder.string(), error.message(), error.value());
      }
      PLUMB_RETURN_IF_ERROR(
          WritePart(folder / file, form_ == TensorForm::kText
                                       ? TextOf(numbers)
                                       : FormatNpy({DType::kF32, values.shape, numbers.data()})));
    }
    return {};
  }

 private:
  const fs::path& folder_;
  TensorForm form_;
  std::map<std::string, size_t> seen_;  // samples, by row
};

// The model once more as its file has it: names and layouts before any pass, and the least that can be run.
struct Plain {
  ir::Graph as_imported;
  std::shared_ptr<const artifact::Program> program;
};

Result<Plain> LoadPlain(const std::string& path, const ModelOptions& options) {
  Plain plain;
  ModelOptions least;
  least.input_shapes = options.input_shapes;
  least.other_shapes = options.other_shapes;
  least.cut = options.cut;
  least.passes.level = 0;
  least.passes.observer = [&](const passes::PassReport& report) {
    if (report.name == "convert_layout") {
      plain.as_imported = report.before;
    }
  };
  PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(path, least));
  if (plain.as_imported.inputs.empty() && model.graph) {
    plain.as_imported = *model.graph;  // a stage file: canonical already
  }
  PLUMB_ASSIGN_OR_RETURN(plain.program, lower::Lower(*model.graph));
  return plain;
}

Json DistanceJson(const std::optional<verify::Distance>& distance) {
  const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(); };
  return distance ? Json{{"cosine", number(distance->cosine)},
                         {"euclidean", number(distance->euclidean)}}
                  : Json();
}

// `wanted` as a file name without its ending that nobody has taken.
std::string Untaken(const std::string& wanted, std::set<std::string>& taken) {
  constexpr size_t kLongest = 200;  // of 255 bytes that file systems take
  const std::string cut = wanted.substr(0, kLongest);
  std::string name = cut;
  const auto folded = [](std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  };
  for (int number = 2; !taken.insert(folded(name)).second; ++number) {
    name = StrCat(cut, "-", number);
  }
  return name;
}

}  // namespace

std::vector<std::string> FileNamesOf(std::span<const std::string> names, std::string_view ending) {
  std::vector<std::string> files(names.size());
  std::set<std::string> taken;
  for (const bool changed : {false, true}) {  // names that stay as they are come first
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string file = FileNameOf(names[i]);
      if ((file != names[i]) == changed) {
        files[i] = StrCat(Untaken(file, taken), ending);
      }
    }
  }
  return files;
}

Json LayerTableJson(const LayerTable& table) {
  Json json = {{"samples", table.samples}, {"layers", Json::array()}};
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const verify::TensorRow& row = table.rows[i];
    const bool inside = row.held == DType::kNone;
    json["layers"].push_back({{"kind", verify::TensorRowKindName(row.kind)},
                              {"op", row.op},
                              {"name", row.name},
                              {"tensor", row.tensor},
                              {"held", inside ? Json() : Json(DTypeName(row.held))},
                              {"entire", DistanceJson(row.entire)},
                              {"single", DistanceJson(row.single)}});
    if (!table.files.empty()) {
      json["layers"].back()["file"] = row.entire ? Json(table.files[i]) : Json();
    }
  }
  return json;
}

Status CheckTableFolder(const std::string& folder) { return FolderInMaking(folder).Create(); }

Result<LayerTable> MakeLayerTable(const Model& artifact, const Model& model,
                                  const ModelOptions& imported,
                                  std::span<const std::vector<Tensor>> samples,
                                  const LayerTableOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Plain plain, LoadPlain(model.path, imported));
  PLUMB_ASSIGN_OR_RETURN(const auto canonical, lower::Lower(*model.graph));
  verify::TensorTableInput input;
  input.model = &plain.as_imported;
  input.plain = plain.program;
  input.canonical = canonical;
  input.artifact = artifact.program;
  input.threads = options.threads;
  LayerTable table;
  table.samples = samples.size();
  if (options.folder.empty()) {
    PLUMB_ASSIGN_OR_RETURN(table.rows,
                           verify::CompareTensors(input, samples, nullptr, options.progress));
    return table;
  }
  FolderInMaking folder(options.folder);
  PLUMB_RETURN_IF_ERROR(folder.Create());
  std::vector<std::string> names;
  for (const verify::TensorRow& row : verify::ListTensors(input)) {
    names.push_back(row.name);
  }
  table.files = FileNamesOf(names, options.form == TensorForm::kText ? ".txt" : ".npy");
  std::map<std::string_view, const std::string*> file_of;
  for (size_t i = 0; i < names.size(); ++i) {
    file_of[names[i]] = &table.files[i];
  }
  Writer writer(folder.path(), options.form);
  const verify::ShowTensor show = [&](const verify::TensorRow& row,
                                      const verify::TensorValues& values) {
    return writer.Write(row, values, *file_of.at(row.name));
  };
  PLUMB_ASSIGN_OR_RETURN(table.rows,
                         verify::CompareTensors(input, samples, show, options.progress));
  PLUMB_RETURN_IF_ERROR(
      WritePart(folder.path() / kTableFile, LayerTableJson(table).dump(1) + "\n"));
  PLUMB_RETURN_IF_ERROR(folder.Commit());
  return table;
}

}  // namespace plumb
