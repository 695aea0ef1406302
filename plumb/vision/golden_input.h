// Golden vectors on the pictures' side: from a coded picture to the network's input and back, and from outputs to the decoded
// result in the form that an artifact holds.
//
// A picture travels small: of a fitted picture of W x H it holds means of d x d pixels, d a power of two. mean = floor((sum +
// floor(n / 2)) / n) over the n pixels of the square that lie within. The golden input is that small picture, enlarged to
// W x H by Resize (preprocess.h), then as every picture: (pixel - mean[c]) / std[c].
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "plumb/artifact/artifact.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::vision {

// d is the smallest power of two with which no more pixels are left: 160 x 160, a quarter of the side of 640 x 640.
inline constexpr int kGoldenPixels = 160 * 160;

// `fitted` has the size of a network's input, R, G, B or one channel.
[[nodiscard]] artifact::GoldenInput CodeGoldenPicture(const Picture& fitted);
// The pixels that give this tensor, f32 in the input's layout, to the nearest pixel values.
[[nodiscard]] Picture PixelsOf(const Tensor& tensor, const artifact::PictureInput& input);

// Fills input `index` of the program. Invalid-model error where the coded picture is damaged. The artifact is valid
// (ValidateGolden).
Status FillGoldenInput(const artifact::Artifact& artifact, const artifact::GoldenInput& golden,
                       size_t index, TensorView tensor);

// What the decode contract makes of the outputs (port order, f32): at most kGoldenObjects boxes, or the best classes; kNone
// for a network that is neither detector nor classifier.
inline constexpr int kGoldenObjects = 100;
inline constexpr int kGoldenClasses = 5;
struct GoldenDecoded {
  artifact::GoldenResult result = artifact::GoldenResult::kNone;
  std::vector<artifact::GoldenObject> objects;
};
[[nodiscard]] Result<GoldenDecoded> DecodeGolden(const artifact::Artifact& artifact,
                                                 std::span<const ConstTensorView> outputs);

}  // namespace plumb::vision
