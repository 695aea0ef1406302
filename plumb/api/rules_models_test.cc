// The sanity rules and the contract checks on real networks: each incident is made again from the
// tensors that a network gives on real pictures, and the healthy network fires nothing.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "plumb/api/detect.h"
#include "plumb/api/model.h"
#include "plumb/base/hash.h"
#include "plumb/contract/options.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/runtime/session.h"
#include "plumb/verify/contract_check.h"
#include "plumb/verify/nms_check.h"
#include "plumb/verify/rules.h"
#include "plumb/vision/preprocess.h"

namespace plumb {
namespace {

using artifact::DecodeContract;
using verify::RuleResult;
using Outputs = std::vector<Tensor>;

std::filesystem::path Shared() {
  const char* given = std::getenv("PLUMB_SHARED");
  return given != nullptr ? std::filesystem::path(given)
                          : std::filesystem::path(PLUMB_SOURCE_DIR) / "../shared";
}

constexpr const char* kZoo = "yolov5n-zoo-heads/yolov5n_zoo.onnx";
constexpr const char* kYolov5n = "yolov5n-640-fp16w/yolov5n.onnx";
constexpr const char* kFastest = "yolo-fastestv2-352/yolo-fastestv2.onnx";
constexpr const char* kMobilenet = "mobilenetv2-224-w8/mobilenetv2_w8.onnx";

// A float network, and what it gave on pictures so far.
class Network {
 public:
  static Network& Of(const std::string& file) {
    static std::map<std::string, std::unique_ptr<Network>> all;
    std::unique_ptr<Network>& one = all[file];
    if (one == nullptr) {
      one = std::make_unique<Network>(file);
    }
    return *one;
  }
  explicit Network(const std::string& file) {
    ModelOptions options;
    auto model = LoadModel((Shared() / "models" / file).string(), options);
    PLUMB_CHECK(model.ok()) << model.status().message();
    model_ = std::move(*model);
    auto session = runtime::Session::Create(model_.program, {});
    PLUMB_CHECK(session.ok()) << session.status().message();
    session_ = std::move(*session);
  }
  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] const DecodeContract& decode() const { return model_.decode; }
  [[nodiscard]] const artifact::PictureInput& input() const { return model_.io.pictures[0]; }

  Outputs Run(const Picture& picture, const artifact::PictureInput& how) {
    const auto fitted = vision::Fit(picture, how);
    PLUMB_CHECK(fitted.ok()) << fitted.status().message();
    const runtime::NamedTensor named{model_.program->inputs[0].name,
                                     vision::ToFloat(fitted->picture, how)};
    auto outputs = runtime::RunNamed(*session_, {&named, 1});
    PLUMB_CHECK(outputs.ok()) << outputs.status().message();
    Outputs tensors;
    for (runtime::NamedTensor& output : *outputs) {
      tensors.push_back(std::move(output.tensor));
    }
    return tensors;
  }
  const Outputs& On(const std::string& picture) {
    Outputs& kept = seen_[picture];
    if (kept.empty()) {
      kept = Run(Read(picture), input());
    }
    return kept;
  }
  static Picture Read(const std::string& picture) {
    auto read = pictures::ReadPicture((Shared() / "images" / picture).string());
    PLUMB_CHECK(read.ok()) << read.status().message();
    return std::move(*read);
  }

 private:
  Model model_;
  std::unique_ptr<runtime::Session> session_;
  std::map<std::string, Outputs> seen_;
};

std::vector<std::string> PicturesOf(const std::string& folder, size_t count) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(Shared() / "images" / folder)) {
    if (entry.path().extension() == ".jpg" || entry.path().extension() == ".png") {
      names.push_back(folder + "/" + entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  names.resize(std::min(names.size(), count));
  return names;
}

std::vector<ConstTensorView> Views(const Outputs& outputs) {
  std::vector<ConstTensorView> views;
  for (const Tensor& tensor : outputs) {
    views.push_back(tensor.view());
  }
  return views;
}

// Every value through `change`.
Outputs Changed(Outputs outputs, const std::function<float(float)>& change) {
  for (Tensor& tensor : outputs) {
    for (float& v : tensor.values<float>()) {
      v = change(v);
    }
  }
  return outputs;
}
// Values of one channel of every `period`, counted along `axis_stride` elements.
Outputs ChangedChannels(Outputs outputs, int period,
                        const std::function<float(int, float)>& change) {
  for (Tensor& tensor : outputs) {
    const bool rows = tensor.shape().size() == 3;  // [1, N, C]; else [1, A * C, H, W]
    const int64_t step = rows ? 1 : tensor.shape()[2] * tensor.shape()[3];
    std::span<float> values = tensor.values<float>();
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = change(static_cast<int>(static_cast<int64_t>(i) / step % period), values[i]);
    }
  }
  return outputs;
}

struct Given {
  Outputs outputs, reference, repeated;
  std::optional<uint64_t> hash;
  std::optional<verify::ContentRect> content;
  std::optional<std::vector<vision::Detection>> boxes;
};

verify::Observations Seen(const Network& network, const DecodeContract& decode,
                          const std::vector<Given>& pictures) {
  std::vector<std::string> names;
  for (const artifact::Port& port : network.model().program->outputs) {
    names.push_back(port.name);
  }
  verify::Observer observer(decode, network.model().io, names, {});
  for (const Given& given : pictures) {
    const auto outputs = Views(given.outputs), reference = Views(given.reference),
               repeated = Views(given.repeated);
    verify::SampleOutputs sample;
    sample.outputs = outputs;
    sample.reference = reference;
    sample.repeated = repeated;
    sample.input_hash = given.hash;
    sample.content = given.content;
    sample.boxes = given.boxes;
    const Status status = observer.Add(sample);
    PLUMB_CHECK(status.ok()) << status.message();
  }
  return observer.observations();
}

using Rule = RuleResult (*)(const verify::RuleInput&);
RuleResult Judge(Rule rule, const DecodeContract& decode, const verify::Observations& seen,
                 const artifact::Program* program = nullptr) {
  verify::RuleInput input;
  input.decode = &decode;
  input.seen = &seen;
  input.program = program;
  return rule(input);
}
// What one rule says of a network's outputs on some pictures.
RuleResult Judge(Rule rule, const Network& network, const DecodeContract& decode,
                 const std::vector<Given>& pictures, const artifact::Program* program = nullptr) {
  return Judge(rule, decode, Seen(network, decode, pictures), program);
}

#define SKIP_WITHOUT_MODELS()                                                                     \
  if (!std::filesystem::exists(Shared() / "models")) {                                            \
    GTEST_SKIP() << "no " << (Shared() / "models").string() << "; set PLUMB_SHARED to the folder" \
                 << " that holds models/ and images/";                                            \
  }

void ExpectFires(const RuleResult& r) {
  EXPECT_TRUE(r.fired) << r.rule << ": " << r.finding;
  EXPECT_FALSE(r.fix.empty()) << r.rule;
  EXPECT_FALSE(r.evidence.empty()) << r.rule;
}
void ExpectFine(const RuleResult& r) {
  EXPECT_TRUE(r.applies) << r.rule << ": " << r.finding;
  EXPECT_FALSE(r.fired) << r.rule << ": " << r.finding;
}

// YOLOv5's sigmoid stands in the graph; the decoder of the release before applies it again.
TEST(RulesOnNetworks, S1S3S4TheSigmoidTwice) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kZoo);
  DecodeContract old = n.decode();
  old.scores_activated = false;
  const std::vector<Given> pictures = {{n.On("bus.jpg"), {}, {}, {}, {}, {}}};
  const verify::Observations twice = Seen(n, old, pictures), once = Seen(n, n.decode(), pictures);
  for (const Rule rule :
       {verify::CheckCrowd, verify::CheckDoubledScores, verify::CheckDoubledBoxes}) {
    ExpectFires(Judge(rule, old, twice));
    ExpectFine(Judge(rule, n.decode(), once));
  }
}

// The other way round: logits read as probabilities.
TEST(RulesOnNetworks, S2TheSigmoidMissing) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kZoo);
  const Outputs logits = Changed(n.On("bus.jpg"), [](float p) {
    const double q = std::clamp(static_cast<double>(p), 1e-9, 1 - 1e-7);
    return static_cast<float>(std::log(q / (1 - q)));
  });
  ExpectFires(Judge(verify::CheckUnitScores, n, n.decode(), {{logits, {}, {}, {}, {}, {}}}));
  ExpectFine(
      Judge(verify::CheckUnitScores, n, n.decode(), {{n.On("bus.jpg"), {}, {}, {}, {}, {}}}));
}

// Boxes to 640 and scores to 1 on one int8 scale: every score becomes zero.
TEST(RulesOnNetworks, S5S6OneScaleForBoxesAndScores) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kYolov5n);
  const Outputs& real = n.On("bus.jpg");
  constexpr float kStep = 640.0f / 127.0f;
  const Outputs coarse = Changed(real, [&](float v) { return std::round(v / kStep) * kStep; });
  ExpectFires(Judge(verify::CheckLevels, n, n.decode(), {{coarse, real, {}, {}, {}, {}}}));
  ExpectFine(Judge(verify::CheckLevels, n, n.decode(), {{real, real, {}, {}, {}, {}}}));

  artifact::Program program;  // its output is held as int8 on one scale
  Quantization grid;
  grid.scale = {kStep};
  grid.zero_point = {0};
  const int32_t t = program.AddTensor({"output", DType::kS8, real[0].shape(), grid});
  program.outputs.push_back({"output", t, DType::kF32});
  ExpectFires(
      Judge(verify::CheckSharedScale, n, n.decode(), {{real, {}, {}, {}, {}, {}}}, &program));
  ExpectFine(Judge(verify::CheckSharedScale, n, n.decode(), {{real, {}, {}, {}, {}, {}}},
                   n.model().program.get()));
  // Heads after a sigmoid share a scale without harm.
  Network& zoo = Network::Of(kZoo);
  artifact::Program heads;
  grid.scale = {1.0f / 255.0f};
  for (const Tensor& head : zoo.On("bus.jpg")) {
    const int32_t h = heads.AddTensor({"head", DType::kS8, head.shape(), grid});
    heads.outputs.push_back({"head", h, DType::kF32});
  }
  ExpectFine(Judge(verify::CheckSharedScale, zoo, zoo.decode(),
                   {{zoo.On("bus.jpg"), {}, {}, {}, {}, {}}}, &heads));
}

// The old C demo's suppression on the same tensors.
TEST(RulesOnNetworks, S7AnotherSuppression) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kFastest);
  DecodeContract decode = n.decode();
  decode.score_threshold = 0.1f;  // a crowd
  std::vector<Given> old_demo, own;
  for (const std::string& picture : PicturesOf("coco20/images", 6)) {
    const Outputs& outputs = n.On(picture);
    const auto views = Views(outputs);
    const auto cells = verify::EveryCell(decode, views, n.input().width, n.input().height);
    ASSERT_TRUE(cells.ok());
    verify::NmsVariant rule = verify::VariantOf(decode);
    rule.suppression = verify::Suppression::kUnsortedClasses;
    std::vector<vision::Detection> boxes;
    for (const size_t i : verify::Suppress(*cells, rule)) {
      boxes.push_back((*cells)[i]);
    }
    old_demo.push_back({outputs, {}, {}, {}, {}, boxes});
    own.push_back({outputs, {}, {}, {}, {}, {}});
  }
  ExpectFires(Judge(verify::CheckSuppression, n, decode, old_demo));
  ExpectFine(Judge(verify::CheckSuppression, n, decode, own));
}

TEST(RulesOnNetworks, S8ACapBelowTheCount) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kZoo);
  DecodeContract capped = n.decode();
  capped.max_detections = 3;
  const std::vector<Given> seen = {{n.On("bus.jpg"), {}, {}, {}, {}, {}}};
  ExpectFires(Judge(verify::CheckCap, n, capped, seen));
  ExpectFine(Judge(verify::CheckCap, n, n.decode(), seen));
}

// A strip of the picture placed in the corner, while the decoder believes it in the middle.
TEST(RulesOnNetworks, S9ThePictureElsewhereThanBelieved) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kZoo);
  DecodeContract decode = n.decode();
  decode.score_threshold = 0.01f;  // boxes enough to judge by
  const Picture bus = Network::Read("bus.jpg");
  Picture strip(bus.width, bus.height / 4, 3);
  std::copy_n(bus.pixels.begin() + static_cast<long>(bus.pixels.size() / 2), strip.pixels.size(),
              strip.pixels.begin());
  artifact::PictureInput corner = n.input();
  corner.resize = artifact::ResizeRule::kLetterboxCorner;
  const auto rect = [&](const artifact::PictureInput& how) {
    const vision::Placement p = vision::PlacementOf(how, strip.width, strip.height);
    return verify::ContentRect{p.offset_x, p.offset_y,
                               p.offset_x + p.scale_x * static_cast<float>(strip.width),
                               p.offset_y + p.scale_y * static_cast<float>(strip.height)};
  };
  const Outputs outputs = n.Run(strip, corner);
  ExpectFires(Judge(verify::CheckPlaces, n, decode, {{outputs, {}, {}, {}, rect(n.input()), {}}}));
  ExpectFine(Judge(verify::CheckPlaces, n, decode, {{outputs, {}, {}, {}, rect(corner), {}}}));
}

// Float saw the picture, the other network its mirror image.
TEST(RulesOnNetworks, S9BoxesElsewhereThanFloats) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kFastest);
  std::vector<Given> mirrored, same;
  for (const std::string& name : PicturesOf("coco20/images", 20)) {
    Picture picture = Network::Read(name);
    const Outputs& seen = n.On(name);
    same.push_back({seen, seen, {}, {}, {}, {}});
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width / 2; ++x) {
        for (int c = 0; c < 3; ++c) {
          std::swap(picture.At(x, y)[c], picture.At(picture.width - 1 - x, y)[c]);
        }
      }
    }
    mirrored.push_back({n.Run(picture, n.input()), seen, {}, {}, {}, {}});
  }
  ExpectFires(Judge(verify::CheckPlaces, n, n.decode(), mirrored));
  ExpectFine(Judge(verify::CheckPlaces, n, n.decode(), same));
}

// Scores a little lower throughout, as a bias of the activations leaves them.
TEST(RulesOnNetworks, S10AllScoresShifted) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kZoo);
  const Outputs& real = n.On("bus.jpg");
  const auto lowered = [&](float factor) {
    return ChangedChannels(real, 85, [&](int c, float v) { return c == 4 ? v * factor : v; });
  };
  ExpectFires(
      Judge(verify::CheckScoreShift, n, n.decode(), {{lowered(0.9f), real, {}, {}, {}, {}}}));
  ExpectFine(
      Judge(verify::CheckScoreShift, n, n.decode(), {{lowered(0.99f), real, {}, {}, {}, {}}}));
}

// The box branch with four bits left, classes and scores untouched.
TEST(RulesOnNetworks, S11BoxesDestroyed) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kZoo);
  const Outputs& real = n.On("bus.jpg");
  const auto coarse = [&](float steps) {
    return ChangedChannels(
        real, 85, [&](int c, float v) { return c < 4 ? std::round(v * steps) / steps : v; });
  };
  ExpectFires(Judge(verify::CheckBoxAgreement, n, n.decode(), {{coarse(8), real, {}, {}, {}, {}}}));
  ExpectFine(
      Judge(verify::CheckBoxAgreement, n, n.decode(), {{coarse(255), real, {}, {}, {}, {}}}));
}

// Values above 65504 become infinite in half precision.
TEST(RulesOnNetworks, S12HalfPrecisionOverflows) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kYolov5n);
  const Outputs& real = n.On("bus.jpg");
  const auto halved = [&](float scale) {
    return Changed(real, [&](float v) {
      return std::abs(v * scale) > 65504.0f ? std::copysign(INFINITY, v) : v;
    });
  };
  ExpectFires(Judge(verify::CheckValues, n, n.decode(), {{halved(256), {}, {}, {}, {}, {}}}));
  ExpectFine(Judge(verify::CheckValues, n, n.decode(), {{halved(1), {}, {}, {}, {}, {}}}));
}

// The second run gives what another thread's picture gave.
TEST(RulesOnNetworks, S13AnotherThreadsResult) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kFastest);
  const auto pictures = PicturesOf("coco20/images", 2);
  const Outputs &a = n.On(pictures[0]), &b = n.On(pictures[1]);
  ExpectFires(Judge(verify::CheckRepeats, n, n.decode(), {{a, {}, b, {}, {}, {}}}));
  ExpectFine(Judge(verify::CheckRepeats, n, n.decode(), {{a, {}, a, {}, {}, {}}}));
}

// The picture does not arrive: whatever is shown, the network sees the same.
TEST(RulesOnNetworks, S14ADeadInput) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kFastest);
  const auto pictures = PicturesOf("coco20/images", 2);
  const Outputs nothing = n.Run(Picture(352, 352, 3), n.input());
  ExpectFires(Judge(verify::CheckConstant, n, n.decode(),
                    {{nothing, {}, {}, 1, {}, {}}, {nothing, {}, {}, 2, {}, {}}}));
  ExpectFine(
      Judge(verify::CheckConstant, n, n.decode(),
            {{n.On(pictures[0]), {}, {}, 1, {}, {}}, {n.On(pictures[1]), {}, {}, 2, {}, {}}}));
}

// A classifier whose softmax is applied twice, and one that gets its pixels divided twice.
TEST(RulesOnNetworks, K1K2AClassifier) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kMobilenet);
  artifact::PictureInput right = n.input();
  right.mean = {123.675f, 116.28f, 103.53f};
  right.std = {58.395f, 57.12f, 57.375f};
  right.crop_short = 256;
  artifact::PictureInput twice = right;
  twice.mean = {0, 0, 0};
  twice.std = {255.0f * 255.0f, 255.0f * 255.0f, 255.0f * 255.0f};
  std::vector<Given> healthy, softmax, black;
  for (const std::string& name : PicturesOf("imagenet", 8)) {
    const Picture picture = Network::Read(name);
    const uint64_t hash = Hash64(std::as_bytes(std::span(picture.pixels)));
    const Outputs real = n.Run(picture, right);
    healthy.push_back({real, {}, {}, hash, {}, {}});
    black.push_back({n.Run(picture, twice), {}, {}, hash, {}, {}});
    const auto top = vision::TopClasses(n.decode(), real[0].view(), n.decode().classes);
    ASSERT_TRUE(top.ok());
    Outputs probabilities = real;
    for (const vision::ClassScore& one : *top) {
      probabilities[0].values<float>()[static_cast<size_t>(one.label)] = one.score;
    }
    softmax.push_back({std::move(probabilities), {}, {}, hash, {}, {}});
  }
  ExpectFires(Judge(verify::CheckEntropy, n, n.decode(), softmax));
  ExpectFine(Judge(verify::CheckEntropy, n, n.decode(), healthy));
  ExpectFires(Judge(verify::CheckFirstClasses, n, n.decode(), black));
  ExpectFine(Judge(verify::CheckFirstClasses, n, n.decode(), healthy));
}

// --- Contracts

std::vector<verify::Contradiction> Held(const Network& n, const DecodeContract& decode,
                                        const std::vector<Outputs>& pictures,
                                        const artifact::Program* program) {
  verify::ContractEvidence evidence;
  for (const Outputs& outputs : pictures) {
    const auto views = Views(outputs);
    const Status status =
        verify::AddEvidence(decode, views, n.input().width, n.input().height, evidence);
    PLUMB_CHECK(status.ok()) << status.message();
  }
  return verify::CheckContract(decode, program, evidence, {});
}
std::vector<verify::Contradiction> Held(const Network& n, const DecodeContract& decode,
                                        const std::vector<Outputs>& pictures) {
  return Held(n, decode, pictures, n.model().program.get());
}

TEST(ContractsOnNetworks, B1AndB2WhereTheSigmoidStands) {
  SKIP_WITHOUT_MODELS();
  for (const char* file : {kZoo, kYolov5n, kFastest}) {
    Network& n = Network::Of(file);
    DecodeContract raw = n.decode();
    raw.scores_activated = false;
    const auto found = Held(n, raw, {n.On("bus.jpg")});
    ASSERT_EQ(found.size(), 1u) << file;
    EXPECT_EQ(found[0].code, "B1");
    EXPECT_TRUE(found[0].certain) << found[0].text;
    EXPECT_EQ(found[0].instead, n.decode()) << file;
  }
  Network& n = Network::Of(kZoo);
  const Outputs logits = Changed(n.On("bus.jpg"), [](float p) {
    return std::log(std::clamp(p, 1e-9f, 0.999999f) / (1 - std::clamp(p, 1e-9f, 0.999999f)));
  });
  EXPECT_TRUE(Held(n, n.decode(), {logits}).empty())
      << "this graph does end in a sigmoid: something else is wrong";
  const auto found = Held(n, n.decode(), {logits}, nullptr);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, "B2");
  EXPECT_TRUE(found[0].certain) << found[0].text;
  EXPECT_FALSE(found[0].instead.scores_activated);
}

TEST(ContractsOnNetworks, B3BoxesInUnits) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kYolov5n);
  const Outputs units =
      ChangedChannels(n.On("bus.jpg"), 85, [](int c, float v) { return c < 4 ? v / 640 : v; });
  const auto found = Held(n, n.decode(), {units});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, "B3");
  EXPECT_EQ(found[0].scale_x, 640);
  Network& faces = Network::Of("ultraface-rfb-320/version-RFB-320.onnx");
  Outputs pixels = faces.On("bus.jpg");
  for (const artifact::DecodeOutput& output : faces.decode().outputs) {
    if (output.role == artifact::OutputRole::kBox) {
      for (float& v : pixels[static_cast<size_t>(output.output)].values<float>()) {
        v *= 320;
      }
    }
  }
  const auto other = Held(faces, faces.decode(), {pixels});
  ASSERT_EQ(other.size(), 1u);
  EXPECT_EQ(other[0].code, "B3");
  EXPECT_EQ(other[0].scale_y, 1.0f / 240);
}

// Anchors of other trainings; what fits is found among the published ones. Sizes that are off by one
// factor throughout cannot be seen: no two boxes disagree.
TEST(ContractsOnNetworks, B4AnchorsOfAnotherModel) {
  SKIP_WITHOUT_MODELS();
  Network& n = Network::Of(kZoo);
  const std::vector<Outputs> seen = {n.On("bus.jpg")};
  DecodeContract reversed = n.decode();
  std::swap(reversed.outputs[0].anchors, reversed.outputs[2].anchors);
  DecodeContract equal = n.decode();
  for (artifact::DecodeOutput& output : equal.outputs) {
    output.anchors.assign(output.anchors.size(), 8.0f * static_cast<float>(output.stride));
  }
  for (const DecodeContract& wrong : {reversed, equal}) {
    const auto found = Held(n, wrong, seen);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].code, "B4");
    EXPECT_TRUE(found[0].certain) << found[0].text;
    EXPECT_EQ(found[0].instead, n.decode()) << found[0].text;
  }
}

TEST(ContractsOnNetworks, HealthyOnesContradictNothing) {
  SKIP_WITHOUT_MODELS();
  for (const char* file :
       {kZoo, kYolov5n, kFastest, kMobilenet, "ultraface-rfb-320/version-RFB-320.onnx",
        "yunet-n-320/yunet_n_320_320.onnx", "yolox-nano-416/yolox_nano.onnx"}) {
    Network& n = Network::Of(file);
    std::vector<Outputs> seen;
    for (const char* picture : {"bus.jpg", "face_test.jpg", "ocr_test.jpg"}) {
      seen.push_back(n.On(picture));
    }
    for (const verify::Contradiction& one : Held(n, n.decode(), seen)) {
      ADD_FAILURE() << file << ": " << one.code << ": " << one.text;
    }
  }
}

// --- What detect makes of it

TEST(DetectHoldsContracts, AdaptsWhatNobodyStatedAndRefusesWhatSomebodyDid) {
  SKIP_WITHOUT_MODELS();
  Model model = Network::Of(kZoo).model();
  const Picture bus = Network::Read("bus.jpg");
  const auto detect = [&](PictureModelOptions options) {
    auto detector = PictureModel::Create(model, std::move(options));
    PLUMB_CHECK(detector.ok()) << detector.status().message();
    return detector->Detect(bus, {});
  };
  const auto right = detect({});
  ASSERT_TRUE(right.ok());
  model.decode.scores_activated = false;  // as if recognised so
  std::vector<std::string> notes;
  PictureModelOptions told;
  told.note = [&](const std::string& text) { notes.push_back(text); };
  const auto adapted = detect(told);
  ASSERT_TRUE(adapted.ok());
  EXPECT_EQ(*adapted, *right);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("applied twice"), std::string::npos) << notes[0];
  EXPECT_FALSE(detect({}).ok()) << "nobody would be told";
  model.decode.scores_source = artifact::Source::kGiven;
  const auto refused = detect(told);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::kUsage);
  EXPECT_NE(refused.status().message().find("applied twice"), std::string::npos);
  PictureModelOptions trusting = told;
  trusting.trust_contract = true;
  const auto trusted = detect(trusting);
  ASSERT_TRUE(trusted.ok());
  EXPECT_EQ(trusted->size(), 300u);
}

}  // namespace
}  // namespace plumb
