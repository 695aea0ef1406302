// Milliseconds of each stage between a decoded frame and boxes, one thread.
//
// Floor: a 1080p frame at 640x640 reads 360 to 720 rows of 1920 pixels and writes 1.2 MB; decoding
// reads one objectness (or one maximum of the classes) a cell.
#include <benchmark/benchmark.h>

#include <random>

#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"
#include "plumb/vision/preprocess.h"

namespace plumb::vision {
namespace {

artifact::PictureInput Yolo640() {
  artifact::PictureInput input;
  input.width = input.height = 640;
  input.mean = {0, 0, 0};
  input.std = {255, 255, 255};
  return input;
}

Picture Frame(int width, int height) {
  std::mt19937 random(1);
  Picture frame(width, height, 3);
  for (uint8_t& p : frame.pixels) {
    p = static_cast<uint8_t>(random());
  }
  return frame;
}

void BM_Fit(benchmark::State& state, int width, int height) {
  const artifact::PictureInput input = Yolo640();
  const Picture frame = Frame(width, height);
  for (auto _ : state) {
    benchmark::DoNotOptimize(Fit(frame, input));
  }
}
BENCHMARK_CAPTURE(BM_Fit, 1920x1080, 1920, 1080)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Fit, 1280x720, 1280, 720)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Fit, 1366x768, 1366, 768)->Unit(benchmark::kMillisecond);

void BM_ToFloat(benchmark::State& state) {
  const artifact::PictureInput input = Yolo640();
  const Picture frame = Frame(640, 640);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ToFloat(frame, input));
  }
}
BENCHMARK(BM_ToFloat)->Unit(benchmark::kMillisecond);

// A head of 25200 or 8400 boxes of which about 60, around 20 objects, pass the threshold.
struct Head {
  artifact::DecodeContract contract;
  Tensor values;
};

Head MakeHead(artifact::Family family, bool decoded) {
  using namespace artifact;
  Head head;
  DecodeContract& c = head.contract;
  c.family = family;
  c.classes = 80;
  c.strides = {8, 16, 32};
  c.boxes_decoded = c.scores_activated = decoded;
  const bool v5 = family == Family::kYolov5;
  const int64_t boxes = v5 ? 25200 : 8400, channels = v5 ? 85 : 84;
  c.outputs = {{0,
                OutputRole::kAll,
                v5 ? OutputLayout::kChannelsLast : OutputLayout::kChannelsFirst,
                0,
                {}}};
  head.values = Tensor(DType::kF32, v5 ? Shape{1, boxes, channels} : Shape{1, channels, boxes});
  std::mt19937 random(2);
  std::uniform_real_distribution<float> low(0.0F, 0.02F), size(20, 200), place(0, 640);
  const auto at = [&](int64_t box, int64_t k) -> float& {
    return head.values
        .values<float>()[static_cast<size_t>(v5 ? box * channels + k : k * boxes + box)];
  };
  for (int64_t i = 0; i < boxes; ++i) {
    for (int64_t k = 0; k < channels; ++k) {
      at(i, k) = k < 2 ? place(random) : k < 4 ? size(random) : low(random);
    }
  }
  for (int64_t i = 0; i < 60; ++i) {
    const int64_t box = (i * 397) % boxes;
    at(box, 0) = static_cast<float>(30 * (i % 20));
    at(box, 1) = static_cast<float>(25 * (i % 20));
    at(box, 2) = at(box, 3) = static_cast<float>(80 + i);
    if (v5) {
      at(box, 4) = 0.9F;
    }
    at(box, (v5 ? 5 : 4) + i % 20) = 0.8F;
  }
  return head;
}

void BM_DecodeNms(benchmark::State& state, artifact::Family family) {
  const Head head = MakeHead(family, true);
  const std::vector<ConstTensorView> views = {head.values.view()};
  size_t found = 0;
  for (auto _ : state) {
    auto candidates = Decode(head.contract, views, 640, 640, {});
    found = Nms(std::move(*candidates), {}).size();
    benchmark::DoNotOptimize(found);
  }
  state.counters["boxes"] = static_cast<double>(found);
}
BENCHMARK_CAPTURE(BM_DecodeNms, yolov5_25200x85, artifact::Family::kYolov5)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_DecodeNms, yolov8_84x8400, artifact::Family::kYolov8)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace plumb::vision
