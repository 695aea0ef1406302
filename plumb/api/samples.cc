#include "plumb/api/samples.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "plumb/base/npy.h"
#include "plumb/pictures/npz.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/runtime/port_convert.h"
#include "plumb/vision/preprocess.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

bool HasEnding(const std::string& path, std::string_view ending) {
  return path.size() >= ending.size() &&
         path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
}

std::vector<Sample> Spread(std::vector<Sample> all, size_t limit) {
  if (limit == 0 || all.size() <= limit) {
    return all;
  }
  std::vector<Sample> chosen;
  for (size_t i = 0; i < limit; ++i) {
    chosen.push_back(all[i * all.size() / limit]);
  }
  return chosen;
}

Result<std::vector<Sample>> FromFolder(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().string();
    if (entry.is_regular_file() && (pictures::HasPictureName(name) || HasEnding(name, ".npy"))) {
      files.push_back(name);
    }
  }
  if (error) {
    return UsageError("calibration folder '", path, "' cannot be read: ", error.message());
  }
  std::sort(files.begin(), files.end());
  std::vector<Sample> samples;
  for (std::string& file : files) {
    samples.push_back({{std::move(file)}, 0});
  }
  return samples;
}

Result<std::vector<Sample>> FromList(const std::string& path, size_t inputs) {
  std::ifstream file(path);
  if (!file) {
    return UsageError("calibration list '", path, "' cannot be read");
  }
  const fs::path folder = fs::path(path).parent_path();
  std::vector<Sample> samples;
  std::string text;
  for (int line = 1; std::getline(file, text); ++line) {
    std::istringstream words(text);
    Sample sample;
    sample.line = line;
    for (std::string word; words >> word && word[0] != '#';) {
      fs::path one(word);
      one = one.is_absolute() ? one : folder / one;
      std::error_code ignored;
      if (!fs::is_regular_file(one, ignored)) {
        return UsageError("calibration list '", path, "', line ", line, ": there is no file '",
                          word, "'");
      }
      sample.files.push_back(one.string());
    }
    if (sample.files.empty()) {
      continue;
    }
    if (sample.files.size() != inputs) {
      return UsageError("calibration list '", path, "', line ", line, ": ", sample.files.size(),
                        " files; expected ", inputs, ", one for each input of the model");
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::string Where(const SampleList& list, const Sample& sample) {
  return sample.line > 0 ? StrCat("calibration list '", list.source, "', line ", sample.line)
                         : "calibration sample";
}

// A tensor of the input's shape and type, converted from whatever numeric type the file has.
Result<Tensor> AsInput(const Tensor& tensor, const artifact::Program& program, size_t input,
                       const std::string& what) {
  const artifact::TensorInfo& wanted =
      program.tensors[static_cast<size_t>(program.inputs[input].tensor)];
  Shape shape = tensor.shape();
  if (shape != wanted.shape) {
    // A sample without its batch dimension, or with it where the model has none.
    Shape longer = shape;
    longer.insert(longer.begin(), 1);
    if (longer != wanted.shape) {
      return UsageError(what, ": shape ", ShapeToString(shape), "; expected ",
                        ShapeToString(wanted.shape), " for input '", program.inputs[input].name,
                        "'");
    }
    shape = longer;
  }
  if (tensor.dtype() == wanted.dtype) {
    Tensor same = tensor;
    same.Reshape(shape);
    return same;
  }
  Tensor converted(wanted.dtype, shape);
  if (wanted.dtype == DType::kF32 && tensor.dtype() == DType::kU8) {
    std::copy_n(tensor.values<uint8_t>().data(), tensor.size(), converted.values<float>().data());
    return converted;
  }
  if (runtime::CanConvert(wanted, tensor.dtype())) {
    runtime::FromUser(wanted, tensor.dtype(), tensor.raw(), converted.raw());
    return converted;
  }
  return UsageError(what, ": element type ", DTypeName(tensor.dtype()), "; expected ",
                    DTypeName(program.inputs[input].dtype), " for input '",
                    program.inputs[input].name, "'");
}

const artifact::PictureInput* PictureOf(const artifact::IoContract& contract, size_t input) {
  const auto found = std::ranges::find(contract.pictures, static_cast<int32_t>(input),
                                       &artifact::PictureInput::input);
  return found == contract.pictures.end() ? nullptr : &*found;
}

// (x - mean) / std by channel.
void Normalise(Tensor& pixels, const artifact::PictureInput& picture) {
  const auto channels = static_cast<size_t>(picture.channels());
  const std::span<float> values = pixels.values<float>();
  const bool planes = picture.layout == artifact::PictureLayout::kNchw;
  const size_t plane = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t c = planes ? i / plane % channels : i % channels;
    values[i] = (values[i] - picture.mean[c]) / picture.std[c];
  }
}

// An array as an input.
Result<Tensor> ArrayInput(const Tensor& array, const SampleList& list, size_t input,
                          const artifact::Program& program, const artifact::IoContract& contract,
                          const std::string& what) {
  PLUMB_ASSIGN_OR_RETURN(Tensor ready, AsInput(array, program, input, what));
  const artifact::PictureInput* const picture = list.raw ? PictureOf(contract, input) : nullptr;
  if (picture != nullptr && ready.dtype() == DType::kF32) {
    Normalise(ready, *picture);
  }
  return ready;
}

// Entry `index` along the leading axis.
Tensor Slice(const Tensor& all, int64_t index) {
  Shape shape = all.shape();
  shape[0] = 1;
  Tensor one(all.dtype(), shape);
  std::memcpy(one.raw(),
              static_cast<const std::byte*>(all.raw()) + static_cast<size_t>(index) * one.bytes(),
              one.bytes());
  return one;
}

}  // namespace

Result<SampleList> ListSamples(const std::string& path, size_t inputs, size_t limit) {
  SampleList list;
  list.source = path;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    return UsageError("--calib ", path, ": there is no such file or folder");
  }
  if (fs::is_directory(path, ignored)) {
    if (inputs != 1) {
      return UsageError("--calib ", path, ": the model has ", inputs,
                        " inputs; give a text file with one sample a line, the files of its inputs "
                        "separated by blanks");
    }
    PLUMB_ASSIGN_OR_RETURN(list.samples, FromFolder(path));
  } else if (HasEnding(path, ".npz")) {
    list.archive = true;
    PLUMB_ASSIGN_OR_RETURN(const auto arrays, pictures::ReadNpz(path));
    if (arrays.empty() || arrays[0].tensor.shape().empty()) {
      return UsageError("--calib ", path, ": holds no array with samples along its leading axis");
    }
    list.samples.resize(static_cast<size_t>(arrays[0].tensor.shape()[0]));
    for (size_t i = 0; i < list.samples.size(); ++i) {
      list.samples[i].line = static_cast<int>(i);
    }
  } else if (pictures::HasPictureName(path) || HasEnding(path, ".npy")) {
    list.samples = {{{path}, 0}};
  } else {
    PLUMB_ASSIGN_OR_RETURN(list.samples, FromList(path, inputs));
  }
  if (list.samples.empty()) {
    return UsageError("--calib ", path,
                      ": no samples found; expected pictures (.jpg, .png, .bmp) or .npy files");
  }
  list.samples = Spread(std::move(list.samples), limit);
  return list;
}

Result<Tensor> LoadPictureInput(const std::string& path, const artifact::Program& program,
                                size_t input, const artifact::IoContract& contract) {
  if (const artifact::PictureInput* const takes = PictureOf(contract, input)) {
    PLUMB_ASSIGN_OR_RETURN(const Picture picture, pictures::ReadPicture(path));
    PLUMB_ASSIGN_OR_RETURN(const vision::Fitted fitted, vision::Fit(picture, *takes));
    return AsInput(vision::ToFloat(fitted.picture, *takes), program, input, path);
  }
  const artifact::TensorInfo& wanted =
      program.tensors[static_cast<size_t>(program.inputs[input].tensor)];
  return UsageError("'", path, "' is a picture, but input '", program.inputs[input].name, "' (",
                    DTypeName(wanted.dtype), " ", ShapeToString(wanted.shape),
                    ") takes no pictures; give .npy files");
}

Result<std::vector<Tensor>> LoadSample(const SampleList& list, size_t index,
                                       const artifact::Program& program,
                                       const artifact::IoContract& contract) {
  const Sample& sample = list.samples[index];
  std::vector<Tensor> inputs;
  if (list.archive) {
    PLUMB_ASSIGN_OR_RETURN(const auto arrays, pictures::ReadNpz(list.source));
    for (size_t i = 0; i < program.inputs.size(); ++i) {
      const auto found = std::find_if(arrays.begin(), arrays.end(), [&](const auto& a) {
        return a.name == program.inputs[i].name;
      });
      if (found == arrays.end() && program.inputs.size() > 1) {
        return UsageError("--calib ", list.source, ": no array named '", program.inputs[i].name,
                          "'");
      }
      const Tensor& all = found == arrays.end() ? arrays[0].tensor : found->tensor;
      if (all.shape().empty() || sample.line >= all.shape()[0]) {
        return UsageError("--calib ", list.source, ": array '", program.inputs[i].name,
                          "' has no sample ", sample.line);
      }
      PLUMB_ASSIGN_OR_RETURN(Tensor tensor, ArrayInput(Slice(all, sample.line), list, i, program,
                                                       contract, list.source));
      inputs.push_back(std::move(tensor));
    }
    return inputs;
  }
  for (size_t i = 0; i < sample.files.size(); ++i) {
    const std::string& file = sample.files[i];
    if (HasEnding(file, ".npy")) {
      PLUMB_ASSIGN_OR_RETURN(const Tensor tensor, ReadNpy(file));
      PLUMB_ASSIGN_OR_RETURN(Tensor ready,
                             ArrayInput(tensor, list, i, program, contract,
                                        StrCat(Where(list, sample), " (", file, ")")));
      inputs.push_back(std::move(ready));
    } else {
      Result<Tensor> ready = LoadPictureInput(file, program, i, contract);
      if (!ready.ok()) {
        return ready.status().WithContext(Where(list, sample));
      }
      inputs.push_back(std::move(ready).value());
    }
  }
  return inputs;
}

}  // namespace plumb
