#include "plumb/api/golden_vectors.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plumb/base/hash.h"
#include "plumb/runtime/port_convert.h"
#include "plumb/runtime/record_hash.h"
#include "plumb/vision/golden_input.h"

namespace plumb {
namespace {

using artifact::GoldenInput;
using artifact::TensorInfo;

const artifact::PictureInput* PictureOf(const artifact::Artifact& artifact, size_t input) {
  for (const artifact::PictureInput& picture : artifact.io.pictures) {
    if (picture.input == static_cast<int32_t>(input)) {
      return &picture;
    }
  }
  return nullptr;
}

// Whether what was observed is pixel values, by the contract's mean and std.
bool HoldsPixels(const artifact::PictureInput& picture, const TensorInfo& info,
                 const quant::ValueStats& stats) {
  const int64_t values = int64_t{picture.width} * picture.height * picture.channels();
  if (info.dtype != DType::kF32 || NumElements(info.shape) != values || !stats.seen) {
    return false;
  }
  for (size_t c = 0; c < picture.std.size(); ++c) {
    if (stats.min * picture.std[c] + picture.mean[c] >= -0.5F &&
        stats.max * picture.std[c] + picture.mean[c] <= 255.5F) {
      return true;  // in one channel at least: others have other means
    }
  }
  return false;
}

template <typename T>
void Range(const Tensor& tensor, GoldenInput& input) {
  const std::span<const T> values = tensor.values<T>();
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  constexpr double kExact = 0x1p53;
  input.low = values.empty() ? 0 : std::clamp(static_cast<double>(*low), -kExact, kExact);
  input.high = values.empty() ? 0 : std::clamp(static_cast<double>(*high), -kExact, kExact);
}

// Noise within what was seen of this input.
GoldenInput NoiseFor(const TensorInfo& info, const quant::ValueStats& stats, const Tensor& sample) {
  GoldenInput input;
  switch (info.dtype) {
    case DType::kBool:
      input.high = 1;
      break;
    case DType::kS8:
      Range<int8_t>(sample, input);
      break;
    case DType::kU8:
      Range<uint8_t>(sample, input);
      break;
    case DType::kS16:
      Range<int16_t>(sample, input);
      break;
    case DType::kU16:
      Range<uint16_t>(sample, input);
      break;
    case DType::kS32:
      Range<int32_t>(sample, input);
      break;
    case DType::kU32:
      Range<uint32_t>(sample, input);
      break;
    case DType::kS64:
      Range<int64_t>(sample, input);
      break;
    case DType::kU64:
      Range<uint64_t>(sample, input);
      break;
    default: {
      constexpr double kMost = 1e30;
      input.low = stats.seen ? std::clamp<double>(stats.min, -kMost, kMost) : -1;
      input.high = stats.seen ? std::clamp<double>(stats.max, -kMost, kMost) : 1;
    }
  }
  return input;
}

size_t BytesOf(const artifact::GoldenVector& vector) {
  size_t bytes = vector.hashes.size() * sizeof(uint64_t);
  for (const GoldenInput& input : vector.inputs) {
    bytes += input.picture.size() + 64;
  }
  for (const artifact::GoldenObject& object : vector.objects) {
    bytes += object.numbers.size() * sizeof(uint32_t) + 24;
  }
  return bytes;
}

}  // namespace

std::vector<size_t> SamplesByCoverage(const std::vector<quant::ValueStats>& stats, size_t samples) {
  std::vector<double> share(samples, 0.0);
  for (const quant::ValueStats& value : stats) {
    const auto ends = static_cast<double>(2 * value.channel_min_sample.size());
    for (const std::vector<int32_t>* owners :
         {&value.channel_min_sample, &value.channel_max_sample}) {
      for (int32_t owner : *owners) {
        if (owner >= 0 && static_cast<size_t>(owner) < samples) {
          share[static_cast<size_t>(owner)] += 1.0 / ends;
        }
      }
    }
  }
  std::vector<size_t> order(samples);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return share[a] > share[b]; });
  return order;
}

Result<GoldenInputs> ChooseGoldenInputs(const GoldenRequest& request) {
  const artifact::Program& program = request.artifact->program;
  GoldenInputs chosen;
  for (size_t sample : request.samples) {
    if (chosen.size() >= request.count) {
      break;
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> tensors, request.load(sample));
    std::vector<GoldenInput> inputs;
    bool pictures = false;
    for (size_t i = 0; i < program.inputs.size(); ++i) {
      const TensorInfo& info = program.tensors[static_cast<size_t>(program.inputs[i].tensor)];
      const artifact::PictureInput* picture = PictureOf(*request.artifact, i);
      if (picture != nullptr && HoldsPixels(*picture, info, request.input_stats[i])) {
        pictures = true;
        inputs.push_back(vision::CodeGoldenPicture(vision::PixelsOf(tensors[i], *picture)));
      } else {
        inputs.push_back(NoiseFor(info, request.input_stats[i], tensors[i]));
        inputs.back().seed = 1 + chosen.size() * program.inputs.size() + i;
      }
    }
    chosen.push_back(std::move(inputs));
    if (!pictures) {
      break;
    }
  }
  return chosen;
}

std::vector<ConstTensorView> OutputsAsF32(const artifact::Program& program,
                                          std::span<const ConstTensorView> outputs,
                                          std::vector<Tensor>& storage) {
  std::vector<ConstTensorView> views(outputs.begin(), outputs.end());
  storage.resize(views.size());
  for (size_t i = 0; i < views.size(); ++i) {
    const TensorInfo& info = program.tensors[static_cast<size_t>(program.outputs[i].tensor)];
    if (info.dtype != DType::kF32 && runtime::CanConvert(info, DType::kF32)) {
      storage[i] = Tensor(DType::kF32, info.shape);
      runtime::ToUser(info, DType::kF32, views[i].raw, storage[i].raw());
      views[i] = std::as_const(storage[i]).view();
    }
  }
  return views;
}

Result<artifact::Golden> MakeGolden(const artifact::Artifact& artifact, const GoldenInputs& inputs,
                                    int threads, std::optional<size_t> budget) {
  artifact::Golden golden;
  if (inputs.empty()) {
    return golden;
  }
  const auto program = std::make_shared<const artifact::Program>(artifact.program);
  runtime::SessionOptions options;
  options.threads = threads;
  PLUMB_ASSIGN_OR_RETURN(const auto session, runtime::Session::Create(program, options));
  for (size_t r = 0; r < program->records.size(); ++r) {
    golden.definitions.push_back(artifact::DefinitionHash(*program, r));
  }
  golden.contracts = artifact::ContractsHash(artifact.io, artifact.decode);
  size_t bytes = golden.definitions.size() * sizeof(uint64_t);
  for (const std::vector<GoldenInput>& given : inputs) {
    artifact::GoldenVector vector;
    vector.inputs = given;
    for (size_t i = 0; i < given.size(); ++i) {
      const TensorView to = session->input(i);
      PLUMB_RETURN_IF_ERROR(vision::FillGoldenInput(artifact, given[i], i, to));
      vector.inputs[i].hash = HashTensor(to);
    }
    PLUMB_RETURN_IF_ERROR(
        session->Run([&](size_t, const artifact::Record&, std::span<const TensorView> outputs) {
          vector.hashes.push_back(runtime::HashOutputs(outputs));
        }));
    std::vector<ConstTensorView> outputs;
    for (size_t i = 0; i < program->outputs.size(); ++i) {
      outputs.push_back(session->output(i));
    }
    std::vector<Tensor> storage;
    PLUMB_ASSIGN_OR_RETURN(
        vision::GoldenDecoded decoded,
        vision::DecodeGolden(artifact, OutputsAsF32(*program, outputs, storage)));
    vector.result = decoded.result;
    vector.objects = std::move(decoded.objects);
    bytes += BytesOf(vector);
    if (budget && bytes > *budget && !golden.vectors.empty()) {
      break;
    }
    golden.vectors.push_back(std::move(vector));
  }
  return golden;
}

}  // namespace plumb
