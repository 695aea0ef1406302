#include "plumb/api/diff_measure.h"

#include <algorithm>
#include <random>

#include "plumb/api/samples.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/verify/closeness.h"
#include "plumb/verify/detections.h"
#include "plumb/vision/classify.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"
#include "plumb/vision/preprocess.h"

namespace plumb {
namespace {

constexpr float kSameBox = 0.5f;  // intersection over union of a box and its partner

// Rectangles and ellipses of plain colours on a gradient with noise: edges, areas and texture.
Picture Drawn() {
  constexpr int kWidth = 640, kHeight = 480;
  Picture picture(kWidth, kHeight, 3);
  std::mt19937 random(1);
  struct Shape {
    int x, y, rx, ry;
    bool round;
    std::array<int, 3> color;
  };
  std::vector<Shape> shapes;
  for (int i = 0; i < 24; ++i) {
    const auto draw = [&](unsigned n) { return static_cast<int>(random() % n); };
    Shape shape{};
    shape.x = draw(kWidth);
    shape.y = draw(kHeight);
    shape.rx = 8 + draw(70);
    shape.ry = 8 + draw(70);
    shape.round = i % 2 == 0;
    shape.color = {draw(256), draw(256), draw(256)};
    shapes.push_back(shape);
  }
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      std::array<int, 3> color = {x * 255 / kWidth, y * 255 / kHeight, 128};
      for (const Shape& shape : shapes) {
        const int dx = x - shape.x, dy = y - shape.y;
        const bool inside = shape.round
                                ? dx * dx * shape.ry * shape.ry + dy * dy * shape.rx * shape.rx <=
                                      shape.rx * shape.rx * shape.ry * shape.ry
                                : std::abs(dx) <= shape.rx && std::abs(dy) <= shape.ry;
        color = inside ? shape.color : color;
      }
      const int noise = static_cast<int>(random() % 13) - 6;
      for (size_t c = 0; c < 3; ++c) {
        picture.At(x, y)[c] = static_cast<uint8_t>(std::clamp(color[c] + noise, 0, 255));
      }
    }
  }
  return picture;
}

// Values of -1 to 1, zeros for integers.
std::vector<Tensor> Noise(const artifact::Program& program) {
  std::mt19937 random(1);
  std::vector<Tensor> tensors;
  for (const artifact::Port& port : program.inputs) {
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(port.tensor)];
    Tensor& tensor = tensors.emplace_back(info.dtype, info.shape);
    if (info.dtype == DType::kF32) {
      for (float& value : tensor.values<float>()) {
        value = static_cast<float>(random() % 2001) / 1000.0f - 1.0f;
      }
    }
  }
  return tensors;
}

bool TakesOnePicture(const Model& model) {
  return model.program->inputs.size() == 1 && model.io.pictures.size() == 1;
}

Status Read(const Reading& reading, Answer& answer) {
  std::vector<ConstTensorView> views;
  for (const runtime::NamedTensor& output : answer.outputs) {
    views.push_back(output.tensor.view());
  }
  answer.boxes.clear();
  answer.first_class = -1;
  if (vision::IsDetector(reading.decode.family) && !reading.io.pictures.empty()) {
    const artifact::PictureInput& input = reading.io.pictures[0];
    PLUMB_ASSIGN_OR_RETURN(answer.boxes,
                           vision::Boxes(reading.decode, views, input.width, input.height, {}));
    if (answer.placement.picture_width > 0) {
      answer.boxes = vision::ToPicture(std::move(answer.boxes), answer.placement);
    }
  } else if (reading.decode.family == artifact::Family::kClassifier) {
    PLUMB_ASSIGN_OR_RETURN(const auto classes, vision::TopClasses(reading.decode, views[0], 1));
    answer.first_class = classes.empty() ? -1 : classes[0].label;
  }
  return {};
}

}  // namespace

Result<DiffSamples> LoadDiffSamples(const std::string& data, size_t limit, const Model& model) {
  DiffSamples result;
  if (data.empty()) {
    DiffSample& sample = result.samples.emplace_back();
    if (TakesOnePicture(model)) {
      sample.picture = Drawn();
      result.source = "a drawn picture (--data names real ones)";
    } else {
      sample.tensors = Noise(*model.program);
      result.source = "seeded noise (--data names real samples)";
    }
    return result;
  }
  const Result<SampleList> listed = ListSamples(data, model.program->inputs.size(), limit);
  if (!listed.ok()) {
    constexpr std::string_view kTheirs = "--calib ";
    const std::string text = listed.status().message();
    return Status(listed.status().code(),
                  text.starts_with(kTheirs) ? "--data " + text.substr(kTheirs.size()) : text);
  }
  const SampleList& list = *listed;
  for (size_t i = 0; i < list.samples.size(); ++i) {
    DiffSample& sample = result.samples.emplace_back();
    if (TakesOnePicture(model) && !list.archive && !list.samples[i].files[0].ends_with(".npy")) {
      PLUMB_ASSIGN_OR_RETURN(sample.picture, pictures::ReadPicture(list.samples[i].files[0]));
    } else {
      PLUMB_ASSIGN_OR_RETURN(sample.tensors, LoadSample(list, i, *model.program, model.io));
    }
  }
  result.source = StrCat(list.samples.size(), list.samples.size() == 1 ? " sample" : " samples",
                         " of '", data, "'");
  return result;
}

Result<std::vector<Answer>> AnswersOf(std::shared_ptr<const artifact::Program> program,
                                      const Reading& reading,
                                      const std::vector<DiffSample>& samples, int threads) {
  runtime::SessionOptions options;
  options.threads = threads;
  PLUMB_ASSIGN_OR_RETURN(const auto session, runtime::Session::Create(program, options));
  std::vector<Answer> answers;
  for (const DiffSample& sample : samples) {
    Answer& answer = answers.emplace_back();
    std::vector<runtime::NamedTensor> inputs;
    if (sample.picture) {
      if (reading.io.pictures.empty()) {
        return UsageError("the I/O contract takes no pictures");
      }
      PLUMB_ASSIGN_OR_RETURN(const vision::Fitted fitted,
                             vision::Fit(*sample.picture, reading.io.pictures[0]));
      answer.placement = fitted.placement;
      inputs.push_back(
          {program->inputs[0].name, vision::ToFloat(fitted.picture, reading.io.pictures[0])});
    }
    for (size_t i = 0; i < sample.tensors.size(); ++i) {
      inputs.push_back({program->inputs[i].name, sample.tensors[i]});
    }
    PLUMB_ASSIGN_OR_RETURN(answer.outputs, runtime::RunNamed(*session, inputs));
    PLUMB_RETURN_IF_ERROR(Read(reading, answer));
  }
  return answers;
}

Status ReadAnew(const Reading& reading, std::vector<Answer>& answers) {
  for (Answer& answer : answers) {
    PLUMB_RETURN_IF_ERROR(Read(reading, answer));
  }
  return {};
}

Effect EffectOf(const std::vector<Answer>& a, const std::vector<Answer>& b,
                const artifact::DecodeContract& decode) {
  Effect effect;
  std::vector<verify::Closeness> outputs(a[0].outputs.size());
  bool comparable = true;
  verify::Gate gate;
  gate.float_score = gate.integer_score = 0;  // Boxes has kept to the contract's threshold
  gate.match_iou = kSameBox;
  verify::MatchCount matches;
  for (size_t i = 0; i < a.size(); ++i) {
    comparable = comparable && a[i].outputs.size() == b[i].outputs.size();
    for (size_t k = 0; comparable && k < outputs.size(); ++k) {
      const Tensor& x = a[i].outputs[k].tensor;
      const Tensor& y = b[i].outputs[k].tensor;
      comparable = x.size() == y.size() && x.dtype() == y.dtype();
      if (comparable && x.dtype() == DType::kF32) {
        outputs[k].Add(x.values<float>(), y.values<float>());
      }
    }
    verify::CountMatches(a[i].boxes, b[i].boxes, gate, matches);
    effect.boxes_a += static_cast<int>(a[i].boxes.size());
    effect.boxes_b += static_cast<int>(b[i].boxes.size());
    effect.classes_changed += a[i].first_class != b[i].first_class;
  }
  effect.comparable = comparable;
  effect.sqnr = comparable ? 200 : 0;
  for (const verify::Closeness& output : outputs) {
    effect.sqnr = std::min(effect.sqnr, output.count > 0 ? output.Sqnr() : 200.0);
  }
  effect.boxes_changed = effect.boxes_a + effect.boxes_b - 2 * matches.matched;
  effect.has_boxes = vision::IsDetector(decode.family);
  effect.has_classes = decode.family == artifact::Family::kClassifier;
  return effect;
}

}  // namespace plumb
