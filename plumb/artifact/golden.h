// Golden vectors: inputs that travel with the artifact, and what the program makes of them, so that any machine can tell
// whether it computes the same bits (plumb selftest). format.md states the forms.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/artifact/io_contract.h"
#include "plumb/artifact/program.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"

namespace plumb::artifact {

inline constexpr size_t kMaxGoldenVectors = 4;

// Values are stored: never renumber.
enum class GoldenSource : uint8_t {
  kNoise = 0,    // numbers from a seed
  kPicture = 1,  // a coded picture, enlarged, through the I/O contract's mean and std
};

// One input of the program, in the element type of its tensor.
struct GoldenInput {
  GoldenSource source = GoldenSource::kNoise;
  // Noise: integers of [low, high], or real numbers within; 0 and 1 for bool.
  uint64_t seed = 0;
  double low = 0, high = 0;
  // A picture of the contract's channels (R, G, B), as EncodePicture makes it.
  int32_t width = 0, height = 0;
  std::vector<uint8_t> picture;
  uint64_t hash = 0;  // of the tensor that comes of it
  bool operator==(const GoldenInput&) const = default;
};

enum class GoldenResult : uint8_t { kNone = 0, kBoxes = 1, kClasses = 2 };

// A box or a class, floats as their bits: x1, y1, x2, y2 in pixels of the network's input, score, keypoints; or the score
// alone.
struct GoldenObject {
  int32_t label = 0;
  std::vector<uint32_t> numbers;
  bool operator==(const GoldenObject&) const = default;
};

struct GoldenVector {
  std::vector<GoldenInput> inputs;  // in port order
  std::vector<uint64_t> hashes;     // of every record's outputs (runtime/record_hash.h)
  GoldenResult result = GoldenResult::kNone;
  std::vector<GoldenObject> objects;  // in the order in which the decoder gives them
  bool operator==(const GoldenVector&) const = default;
};

struct Golden {
  std::vector<GoldenVector>
      vectors;  // none: the artifact cannot be tested against what it should give
  // What the vectors were made with: a hash of every record with its parameters, and one of both contracts.
  std::vector<uint64_t> definitions;
  uint64_t contracts = 0;

  [[nodiscard]] bool empty() const { return vectors.empty(); }
  bool operator==(const Golden&) const = default;
};

// The hash of record i: its operator, version and attributes, the types, shapes and grids of its tensors, the contents of
// its constants. Names do not enter. The record's tensors must be valid.
[[nodiscard]] uint64_t DefinitionHash(const Program& program, size_t record);
[[nodiscard]] uint64_t ContractsHash(const IoContract& io, const DecodeContract& decode);

// Fills a tensor with the noise of `input`, whose limits its element type must hold (ValidateGolden).
void FillNoise(const GoldenInput& input, TensorView tensor);

// The largest picture that may be coded.
inline constexpr int32_t kMaxGoldenSide = 4096;

// Without loss, the same bytes on every machine. Sides 1..kMaxGoldenSide, 1 or 3 channels.
[[nodiscard]] std::vector<uint8_t> EncodePicture(const Picture& picture);
// From any bytes; an invalid-model error where they are no such picture: too few, too many, or values outside 0..255.
[[nodiscard]] Result<Picture> DecodePicture(std::span<const uint8_t> code, int32_t width,
                                            int32_t height, int32_t channels);

}  // namespace plumb::artifact
