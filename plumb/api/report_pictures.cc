#include "plumb/api/report_pictures.h"

#include <algorithm>
#include <cmath>

#include "plumb/api/detect.h"
#include "plumb/api/report_boxes.h"
#include "plumb/api/report_text.h"
#include "plumb/numerics/requantize.h"
#include "plumb/pictures/write_picture.h"
#include "plumb/runtime/session.h"
#include "plumb/vision/classify.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/preprocess.h"

namespace plumb {
namespace {

constexpr int kJpegQuality = 82;
constexpr int kPngSide = 128;  // a picture up to here is kept pixel by pixel
constexpr size_t kShownPictures = 3;

std::string ColorText(artifact::Color color) {
  return color == artifact::Color::kRgb   ? "red, green, blue"
         : color == artifact::Color::kBgr ? "blue, green, red"
                                          : "grey";
}

// Which tensor the first layer that multiplies reads, and the integers or floats in it as real values.
struct FirstInput {
  std::string name;
  DType dtype = DType::kNone;
  Shape shape;
  std::vector<float> values;
};

Result<FirstInput> FirstLayerInput(std::shared_ptr<const artifact::Program> program,
                                   const ReportSample& sample, size_t input) {
  int32_t tensor = program->inputs[input].tensor;
  const Shape& port_shape = program->tensors[static_cast<size_t>(tensor)].shape;
  // Follow the input while it is only quantized or brought into another order.
  for (const artifact::Record& record : program->records) {
    if (!record.inputs.empty() && record.inputs[0] == tensor && record.outputs.size() == 1 &&
        record.outputs[0] >= 0 &&
        (record.op == "quantize" || record.op == "transpose" || record.op == "pad_channels")) {
      const Shape& shape = program->tensors[static_cast<size_t>(record.outputs[0])].shape;
      if (NumElements(shape) == NumElements(port_shape)) {
        tensor = record.outputs[0];
      }
    }
  }
  runtime::SessionOptions options;
  options.keep_all = true;
  PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(program, options));
  std::vector<runtime::NamedTensor> named;
  for (size_t i = 0; i < sample.inputs.size(); ++i) {
    named.push_back({program->inputs[i].name, sample.inputs[i]});
  }
  PLUMB_RETURN_IF_ERROR(runtime::RunNamed(*session, named).status());
  const artifact::TensorInfo& info = program->tensors[static_cast<size_t>(tensor)];
  const ConstTensorView view = session->tensor(static_cast<size_t>(tensor));
  FirstInput first{info.name, info.dtype, info.shape, {}};
  const Quantization& grid = info.quantization;
  const size_t inner = grid.per_channel()
                           ? static_cast<size_t>(NumElements(
                                 std::span(info.shape).subspan(static_cast<size_t>(grid.axis) + 1)))
                           : 1;
  for (size_t i = 0; i < static_cast<size_t>(view.size()); ++i) {
    if (info.dtype == DType::kF32) {
      first.values.push_back(view.data<float>()[i]);
    } else if (info.dtype == DType::kS8 || info.dtype == DType::kS16) {
      const size_t c = grid.per_channel() ? i / inner % grid.scale.size() : 0;
      const int32_t q =
          info.dtype == DType::kS16 ? view.data<int16_t>()[i] : view.data<int8_t>()[i];
      first.values.push_back(numerics::Dequantize(q, grid.scale[c], grid.zero_point[c]));
    }
  }
  return first;
}

// Pixels from values, by the contract's mean and std; channel c of the tensor becomes channel c of the picture.
struct Unpacked {
  Picture picture;
  std::vector<double> least, greatest, mean;  // of the values, by channel
};

bool Unpack(const FirstInput& first, const artifact::PictureInput& input, Unpacked& out) {
  const auto channels = static_cast<size_t>(input.channels());
  const auto width = static_cast<size_t>(input.width), height = static_cast<size_t>(input.height);
  const auto matches = [&](const Shape& shape) { return first.shape == shape; };
  const auto c64 = static_cast<int64_t>(channels), w64 = static_cast<int64_t>(width),
             h64 = static_cast<int64_t>(height);
  const bool last = matches({1, h64, w64, c64});
  if ((!last && !matches({1, c64, h64, w64})) || first.values.size() != channels * width * height) {
    return false;
  }
  out.picture = Picture(input.width, input.height, 3);
  out.least.assign(channels, std::numeric_limits<double>::infinity());
  out.greatest.assign(channels, -std::numeric_limits<double>::infinity());
  out.mean.assign(channels, 0);
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      for (size_t c = 0; c < 3; ++c) {
        const size_t from = std::min(c, channels - 1);
        const float v =
            first
                .values[last ? (y * width + x) * channels + from : (from * height + y) * width + x];
        if (c < channels) {
          out.least[c] = std::min<double>(out.least[c], v);
          out.greatest[c] = std::max<double>(out.greatest[c], v);
          out.mean[c] += v / static_cast<double>(width * height);
        }
        const float pixel = v * input.std[from] + input.mean[from];
        out.picture.At(static_cast<int>(x), static_cast<int>(y))[c] =
            static_cast<uint8_t>(std::clamp(std::floor(pixel + 0.5F), 0.0F, 255.0F));
      }
    }
  }
  return true;
}

Picture Swapped(Picture picture) {
  for (size_t i = 0; i + 2 < picture.pixels.size(); i += 3) {
    std::swap(picture.pixels[i], picture.pixels[i + 2]);
  }
  return picture;
}

// The sample's input as a picture in its true colours, to draw on.
Result<Picture> DrawingGround(const Model& model, const ReportSample& sample) {
  const artifact::PictureInput& input = model.io.pictures[0];
  const auto at = static_cast<size_t>(input.input);
  const Tensor& tensor = sample.inputs[at];
  FirstInput first{"", tensor.dtype(), tensor.shape(), {}};
  if (tensor.dtype() == DType::kF32) {
    const auto values = tensor.values<float>();
    first.values.assign(values.begin(), values.end());
  }
  Unpacked unpacked;
  if (!Unpack(first, input, unpacked)) {
    return InvalidModel("input ", ShapeToString(tensor.shape()), " is not the contract's picture ",
                        input.width, "x", input.height);
  }
  return input.color == artifact::Color::kBgr ? Swapped(std::move(unpacked.picture))
                                              : std::move(unpacked.picture);
}

class Networks {
 public:
  static Result<Networks> Create(const Model& model,
                                 std::shared_ptr<const artifact::Program> program, int threads) {
    Networks networks;
    runtime::SessionOptions options;
    options.threads = threads;
    PLUMB_ASSIGN_OR_RETURN(networks.reference_, runtime::Session::Create(model.program, options));
    PLUMB_ASSIGN_OR_RETURN(networks.integer_,
                           runtime::Session::Create(std::move(program), options));
    return networks;
  }
  using Outputs = std::vector<runtime::NamedTensor>;
  Result<std::pair<Outputs, Outputs>> Run(const ReportSample& sample) {
    PLUMB_ASSIGN_OR_RETURN(Outputs a, RunOne(*reference_, sample));
    PLUMB_ASSIGN_OR_RETURN(Outputs b, RunOne(*integer_, sample));
    return std::pair{std::move(a), std::move(b)};
  }

 private:
  static Result<Outputs> RunOne(runtime::Session& session, const ReportSample& sample) {
    std::vector<runtime::NamedTensor> named;
    for (size_t i = 0; i < sample.inputs.size(); ++i) {
      named.push_back({session.program().inputs[i].name, sample.inputs[i]});
    }
    return runtime::RunNamed(session, named);
  }
  std::unique_ptr<runtime::Session> reference_, integer_;
};

std::vector<ConstTensorView> ViewsOf(const Networks::Outputs& outputs) {
  std::vector<ConstTensorView> views;
  for (const runtime::NamedTensor& output : outputs) {
    views.push_back(output.tensor.view());
  }
  return views;
}

Result<std::vector<report::Block>> DetectionBlocks(const Model& model, Networks& networks,
                                                   std::span<const ReportSample> samples,
                                                   std::string_view type) {
  const int width = model.io.pictures[0].width, height = model.io.pictures[0].height;
  std::vector<std::pair<size_t, BoxDifference>> differences;
  for (size_t s = 0; s < samples.size(); ++s) {
    PLUMB_ASSIGN_OR_RETURN(const auto outputs, networks.Run(samples[s]));
    PLUMB_ASSIGN_OR_RETURN(std::vector<vision::Detection> wanted,
                           vision::Boxes(model.decode, ViewsOf(outputs.first), width, height, {}));
    PLUMB_ASSIGN_OR_RETURN(std::vector<vision::Detection> found,
                           vision::Boxes(model.decode, ViewsOf(outputs.second), width, height, {}));
    differences.emplace_back(s, BoxDifference(std::move(wanted), std::move(found)));
  }
  std::stable_sort(differences.begin(), differences.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  std::vector<report::Block> blocks;
  for (size_t i = 0; i < std::min(kShownPictures, differences.size()); ++i) {
    const ReportSample& sample = samples[differences[i].first];
    PLUMB_ASSIGN_OR_RETURN(const Picture ground, DrawingGround(model, sample));
    PLUMB_ASSIGN_OR_RETURN(
        report::Images row,
        differences[i].second.Draw(ground, sample.name, {"Float network", &model.decode},
                                   {StrCat("Integer network (", type, ")"), &model.decode}));
    blocks.emplace_back(std::move(row));
  }
  return blocks;
}

Result<std::vector<report::Block>> ClassBlocks(const Model& model, Networks& networks,
                                               std::span<const ReportSample> samples,
                                               std::string_view type) {
  report::Table table;
  table.columns = {{"sample"},
                   {"float network: first three"},
                   {StrCat("integer network (", type, ")")},
                   {"first class", "the same or not"},
                   {"score shift", "of the float network's first class", true}};
  const auto text = [&](const std::vector<vision::ClassScore>& best) {
    std::string line;
    for (size_t i = 0; i < std::min<size_t>(3, best.size()); ++i) {
      line += StrCat(i > 0 ? ", " : "", LabelOf(model.decode, best[i].label), " ",
                     FixedText(best[i].score, 3));
    }
    return line;
  };
  for (const ReportSample& sample : samples) {
    PLUMB_ASSIGN_OR_RETURN(const auto outputs, networks.Run(sample));
    constexpr int kEnough = 1000;
    PLUMB_ASSIGN_OR_RETURN(
        const auto a, vision::TopClasses(model.decode, outputs.first[0].tensor.view(), kEnough));
    PLUMB_ASSIGN_OR_RETURN(
        const auto b, vision::TopClasses(model.decode, outputs.second[0].tensor.view(), kEnough));
    if (a.empty() || b.empty()) {
      continue;
    }
    const auto same =
        std::find_if(b.begin(), b.end(), [&](const auto& c) { return c.label == a[0].label; });
    const double shift =
        same == b.end() ? report::kNoNumber : static_cast<double>(same->score) - a[0].score;
    const bool agree = a[0].label == b[0].label;
    table.rows.push_back({"",
                          {{sample.name},
                           {text(a)},
                           {text(b)},
                           {agree ? "same" : "differs", report::kNoNumber,
                            agree ? report::Level::kPass : report::Level::kWarning},
                           {FixedText(shift, 3), shift}},
                          {}});
  }
  std::vector<report::Block> blocks;
  blocks.emplace_back(std::move(table));
  return blocks;
}

}  // namespace

Result<report::Image> ImageOf(const Picture& picture, std::string title, std::string note,
                              int most) {
  const int side = std::max(picture.width, picture.height);
  const Picture* shown = &picture;
  Picture smaller;
  if (side > most) {
    smaller = vision::Resize(picture, std::max(1, picture.width * most / side),
                             std::max(1, picture.height * most / side));
    shown = &smaller;
  }
  report::Image image{std::move(title), std::move(note), "", "", shown->width, shown->height};
  if (side <= kPngSide) {
    image.media_type = "image/png";
    PLUMB_ASSIGN_OR_RETURN(image.bytes, pictures::EncodePng(*shown));
  } else {
    image.media_type = "image/jpeg";
    PLUMB_ASSIGN_OR_RETURN(image.bytes, pictures::EncodeJpeg(*shown, kJpegQuality));
  }
  return image;
}

Result<std::vector<report::Block>> InputBlocks(const Model& model,
                                               std::shared_ptr<const artifact::Program> program,
                                               const ReportSample& sample) {
  std::vector<report::Block> blocks;
  if (model.io.pictures.empty()) {
    return blocks;
  }
  const artifact::PictureInput& input = model.io.pictures[0];
  PLUMB_ASSIGN_OR_RETURN(const FirstInput first, FirstLayerInput(std::move(program), sample,
                                                                 static_cast<size_t>(input.input)));
  Unpacked unpacked;
  if (!Unpack(first, input, unpacked)) {
    return blocks;
  }
  report::Images row;
  row.title = sample.name;
  const bool bgr = input.color == artifact::Color::kBgr, gray = input.channels() == 1;
  PLUMB_ASSIGN_OR_RETURN(
      report::Image as_is,
      ImageOf(unpacked.picture,
              gray ? "The one channel, as grey" : "Channels 0, 1, 2 shown as red, green, blue",
              bgr ? "The contract says BGR, so the colours look swapped here. A network that was "
                    "trained on RGB pictures would see exactly this wrong picture."
              : gray
                  ? ""
                  : "Natural colours: the network gets RGB. One that was trained on BGR pictures "
                    "(OpenCV's order) would need --color bgr."));
  row.images.push_back(std::move(as_is));
  if (bgr) {
    PLUMB_ASSIGN_OR_RETURN(
        report::Image declared,
        ImageOf(Swapped(unpacked.picture), "Read as the contract says",
                "Channel 0 is blue: this is what a network trained on BGR recognises."));
    row.images.push_back(std::move(declared));
  }
  blocks.emplace_back(std::move(row));
  report::Facts facts;
  facts.facts = {
      {"tensor", StrCat(first.name, ", ", TypeText(first.dtype), " ", ShapeToString(first.shape))},
      {"channels", ColorText(input.color)}};
  for (size_t c = 0; c < unpacked.least.size(); ++c) {
    facts.facts.push_back(
        {StrCat("values of channel ", c),
         StrCat(SignificantText(unpacked.least[c]), " to ", SignificantText(unpacked.greatest[c]),
                ", mean ", SignificantText(unpacked.mean[c]), "; value = (pixel - ",
                SignificantText(input.mean[c]), ") / ", SignificantText(input.std[c]))});
  }
  blocks.emplace_back(std::move(facts));
  return blocks;
}

Result<std::vector<report::Block>> ResultBlocks(const Model& model,
                                                std::shared_ptr<const artifact::Program> program,
                                                std::span<const ReportSample> samples,
                                                int threads) {
  const bool detector = vision::IsDetector(model.decode.family) && !model.io.pictures.empty();
  if (!detector && model.decode.family != artifact::Family::kClassifier) {
    return std::vector<report::Block>{};
  }
  const bool sixteen = std::any_of(
      program->tensors.begin(), program->tensors.end(),
      [](const auto& tensor) { return tensor.dtype == DType::kS16 && tensor.constant < 0; });
  PLUMB_ASSIGN_OR_RETURN(Networks networks, Networks::Create(model, std::move(program), threads));
  const std::string type = sixteen ? "int16" : "int8";
  return detector ? DetectionBlocks(model, networks, samples, type)
                  : ClassBlocks(model, networks, samples, type);
}

}  // namespace plumb
