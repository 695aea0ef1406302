#include "plumb/vision/classify.h"

#include <algorithm>
#include <numeric>

#include "plumb/vision/decode_level.h"

namespace plumb::vision {

Result<std::vector<ClassScore>> TopClasses(const artifact::DecodeContract& contract,
                                           const ConstTensorView& output, int k) {
  if (output.dtype != DType::kF32 || output.size() != contract.classes || contract.classes < 1) {
    return InvalidModel("classify: f32 scores of ", contract.classes, " classes expected, found ",
                        DTypeName(output.dtype), " ", ShapeToString(output.shape));
  }
  const std::span<const float> v(output.data<float>(), static_cast<size_t>(output.size()));
  std::vector<int32_t> order(v.size());
  std::iota(order.begin(), order.end(), 0);
  auto before = [&](int32_t a, int32_t b) {  // not-a-number last
    const float x = v[static_cast<size_t>(a)], y = v[static_cast<size_t>(b)];
    return x > y || (x == x && y != y);
  };
  std::stable_sort(order.begin(), order.end(), before);
  float sum = 0;
  const float top = v[static_cast<size_t>(order[0])];
  if (!contract.scores_activated) {
    for (const float x : v) {
      sum += Exp(x - top);
    }
  }
  std::vector<ClassScore> out;
  for (size_t i = 0; i < order.size() && static_cast<int64_t>(i) < k; ++i) {
    const float x = v[static_cast<size_t>(order[i])];
    out.push_back({order[i], contract.scores_activated ? x : Exp(x - top) / sum});
  }
  return out;
}

}  // namespace plumb::vision
