// Results of a program on samples, and how far two such results are apart.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plumb/api/diff.h"
#include "plumb/base/picture.h"
#include "plumb/runtime/session.h"
#include "plumb/vision/detection.h"

namespace plumb {

// A picture, or tensors in port order.
struct DiffSample {
  std::optional<Picture> picture;
  std::vector<Tensor> tensors;
};
struct DiffSamples {
  std::string source;  // "4 pictures of 'val'", "a drawn picture"
  std::vector<DiffSample> samples;
};
// `data` empty: a drawn picture for a network that takes one, else seeded noise.
[[nodiscard]] Result<DiffSamples> LoadDiffSamples(const std::string& data, size_t limit,
                                                  const Model& model);

// How a program's inputs are made and its outputs read.
struct Reading {
  const artifact::IoContract& io;
  const artifact::DecodeContract& decode;
};

struct Answer {
  std::vector<runtime::NamedTensor> outputs;  // f32
  vision::Placement placement;
  std::vector<vision::Detection> boxes;  // in pixels of the picture
  int first_class = -1;
};

[[nodiscard]] Result<std::vector<Answer>> AnswersOf(
    std::shared_ptr<const artifact::Program> program, const Reading& reading,
    const std::vector<DiffSample>& samples, int threads);
// The same outputs read by another decode contract.
Status ReadAnew(const Reading& reading, std::vector<Answer>& answers);

[[nodiscard]] Effect EffectOf(const std::vector<Answer>& a, const std::vector<Answer>& b,
                              const artifact::DecodeContract& decode);

}  // namespace plumb
