#include "plumb/api/run.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>

#include "plumb/api/samples.h"
#include "plumb/artifact/variants.h"
#include "plumb/base/npy.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/runtime/record_hash.h"
#include "plumb/vision/preprocess.h"

namespace plumb {
namespace {

std::string DescribeInputs(const artifact::Program& program) {
  std::string text;
  for (const artifact::Port& port : program.inputs) {
    text += StrCat(text.empty() ? "" : ", ", "'", port.name, "' (", DTypeName(port.dtype), " ",
                   ShapeToString(program.tensors[static_cast<size_t>(port.tensor)].shape), ")");
  }
  return text;
}

// u8 [H, W, 3] or [H, W] as a picture.
Result<Picture> AsPicture(const Tensor& tensor, const std::string& path) {
  const Shape& shape = tensor.shape();
  const bool gray = shape.size() == 2;
  if (tensor.dtype() != DType::kU8 ||
      !(gray || (shape.size() == 3 && (shape[2] == 3 || shape[2] == 1))) || tensor.size() == 0 ||
      shape[0] > pictures::kMaxSide || shape[1] > pictures::kMaxSide) {
    return UsageError("--as-picture ", path, ": ", DTypeName(tensor.dtype()), " ",
                      ShapeToString(shape), "; expected u8 height x width x 3, or height x width");
  }
  Picture picture(static_cast<int>(shape[1]), static_cast<int>(shape[0]),
                  gray ? 1 : static_cast<int>(shape[2]));
  std::memcpy(picture.pixels.data(), tensor.raw(), tensor.bytes());
  return picture;
}

Result<Tensor> PictureTensor(const std::string& path, const Model& model, size_t input) {
  if (!path.ends_with(".npy")) {
    return LoadPictureInput(path, *model.program, input, model.io);
  }
  PLUMB_ASSIGN_OR_RETURN(const Tensor bytes, ReadNpy(path));
  PLUMB_ASSIGN_OR_RETURN(const Picture picture, AsPicture(bytes, path));
  for (const artifact::PictureInput& one : model.io.pictures) {
    if (one.input == static_cast<int32_t>(input)) {
      PLUMB_ASSIGN_OR_RETURN(const vision::Fitted fitted, vision::Fit(picture, one));
      return vision::ToFloat(fitted.picture, one);
    }
  }
  return UsageError("--as-picture: input '", model.program->inputs[input].name,
                    "' takes no pictures");
}

}  // namespace

Result<std::vector<runtime::NamedTensor>> LoadInputs(const Model& model,
                                                     const RunOptions& options) {
  const artifact::Program& program = *model.program;
  std::vector<runtime::NamedTensor> tensors;
  for (const std::string& text : options.inputs) {
    // A name may hold '=' itself: take the input whose name the text starts with.
    auto port =
        std::find_if(program.inputs.begin(), program.inputs.end(),
                     [&](const artifact::Port& p) { return text.starts_with(p.name + "="); });
    std::string path = port == program.inputs.end() ? text : text.substr(port->name.size() + 1);
    if (port == program.inputs.end()) {
      std::error_code ignored;
      if (program.inputs.size() != 1 ||
          (text.find('=') != std::string::npos && !std::filesystem::exists(text, ignored))) {
        return UsageError("--input ", text, ": expected name=file.npy; the model's inputs are ",
                          DescribeInputs(program));
      }
      port = program.inputs.begin();
    }
    const auto index = static_cast<size_t>(port - program.inputs.begin());
    if (options.as_picture) {
      PLUMB_ASSIGN_OR_RETURN(Tensor tensor, PictureTensor(path, model, index));
      tensors.push_back({port->name, std::move(tensor)});
    } else if (pictures::HasPictureName(path)) {
      return UsageError("--input ", text,
                        ": is a picture; add --as-picture to have it fitted and normalised");
    } else {
      PLUMB_ASSIGN_OR_RETURN(Tensor tensor, ReadNpy(path));
      if (tensor.dtype() == DType::kU8 && port->dtype == DType::kF32) {
        return UsageError(
            "--input ", text, ": u8 for input '", port->name,
            "', which is f32; add --as-picture to have it fitted and normalised as a picture");
      }
      tensors.push_back({port->name, std::move(tensor)});
    }
  }
  if (tensors.size() != program.inputs.size()) {
    return UsageError(
        "the model takes ", program.inputs.size(),
        program.inputs.size() == 1 ? " input: " : " inputs: ", DescribeInputs(program), "; found ",
        tensors.size(), ". Give each as --input name=file.npy");
  }
  return tensors;
}

namespace {

Status MakeFolder(const std::string& path) {
  std::error_code error;
  if (!path.empty()) {
    std::filesystem::create_directories(path, error);
  }
  return error ? EnvironmentError("--save ", path, ": the folder cannot be made: ", error.message())
               : Status();
}

// What the user runs: of an artifact its own batch, and the variant that the inputs have the shapes of.
Result<std::shared_ptr<const artifact::Program>> ProgramFor(
    const Model& model, std::span<const runtime::NamedTensor> inputs) {
  if (model.artifact == nullptr) {
    return model.program;
  }
  if (model.artifact->variants.empty()) {
    return artifact::ProgramOf(model.artifact);
  }
  std::vector<Shape> shapes;
  std::string found;
  for (const artifact::Port& port : model.program->inputs) {
    const auto given = std::ranges::find(inputs, port.name, &runtime::NamedTensor::name);
    shapes.push_back(given == inputs.end() ? Shape() : given->tensor.shape());
    found += StrCat(found.empty() ? "" : ", ", port.name, "=", ShapeToString(shapes.back()));
  }
  auto variant = artifact::FindVariant(model.artifact, shapes);
  if (variant == nullptr) {
    return UsageError("the inputs are ", found, "; the artifact takes these sets of shapes: ",
                      artifact::VariantsText(*model.artifact));
  }
  return artifact::ProgramOf(std::move(variant));
}

}  // namespace

std::string FileNameOf(const std::string& output) {
  std::string name = output;
  for (char& c : name) {
    if (!(std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-')) {
      c = '_';
    }
  }
  return name;
}

Result<RunResult> Run(const Model& model, const RunOptions& options) {
  if (options.keep_tensors && options.save.empty()) {
    return UsageError("--keep-tensors: give the folder for them with --save");
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<runtime::NamedTensor> inputs,
                         LoadInputs(model, options));
  runtime::SessionOptions session_options;
  session_options.threads = options.threads;
  PLUMB_ASSIGN_OR_RETURN(const std::shared_ptr<const artifact::Program> program,
                         ProgramFor(model, inputs));
  PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(program, session_options));
  RunResult result;
  if (options.keep_tensors) {
    PLUMB_RETURN_IF_ERROR(MakeFolder(options.save));
  }
  runtime::RecordObserver observer;
  Status kept;
  if (options.hashes || options.keep_tensors) {
    observer = [&](size_t index, const artifact::Record& record,
                   std::span<const TensorView> outputs) {
      const std::string& name = record.outputs.empty()
                                    ? record.name
                                    : program->tensors[static_cast<size_t>(record.outputs[0])].name;
      if (options.hashes) {
        result.hashes.push_back({index, name, record.op, runtime::HashOutputs(outputs)});
      }
      for (size_t i = 0; options.keep_tensors && i < outputs.size() && kept.ok(); ++i) {
        const std::string file = StrCat("tensor_", record.outputs[i], ".npy");
        kept = WriteNpy((std::filesystem::path(options.save) / file).string(), outputs[i]);
      }
    };
  }
  PLUMB_ASSIGN_OR_RETURN(result.outputs,
                         runtime::RunNamed(*session, inputs, options.raw, observer));
  PLUMB_RETURN_IF_ERROR(kept);
  PLUMB_RETURN_IF_ERROR(MakeFolder(options.save));
  if (!options.save.empty()) {
    for (const runtime::NamedTensor& output : result.outputs) {
      const std::string path =
          (std::filesystem::path(options.save) / (FileNameOf(output.name) + ".npy")).string();
      PLUMB_RETURN_IF_ERROR(WriteNpy(path, output.tensor.view()));
      result.files.push_back(path);
    }
  }
  return result;
}

}  // namespace plumb
