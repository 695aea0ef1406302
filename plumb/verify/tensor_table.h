// Every tensor of a model in an artifact made of it: how far the artifact's is from the model's, when both run from the inputs
// on and when each layer is alone. In the model's own layout, under the model's own names.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/ir/graph.h"

namespace plumb::verify {

// Over all elements. What is not finite makes a number of these that is not finite either.
struct Distance {
  double cosine = 1;     // of two tensors of zeros: 1; of one: 0
  double euclidean = 0;  // the square root of the sum of squared differences
};

struct TensorRow {
  enum class Kind {
    kInput,
    kLayer,
    kConversion,  // the same numbers in another form: quantized, on another grid, dequantized
  };
  Kind kind = Kind::kLayer;
  std::string
      name;  // `tensor`; where the artifact has it in several forms, the later ones end in the form's name
  std::string tensor;  // of the model
  std::string op;      // as the model file names it: "Conv"; of a conversion: the artifact's record
  DType held =
      DType::kNone;  // in the artifact; kNone: it is inside another layer, and no number is known
  std::optional<Distance> entire;  // both from the inputs on
  std::optional<Distance>
      single;  // the layer alone, on the model's own tensors, rounded onto their grids
};
[[nodiscard]] std::string_view TensorRowKindName(TensorRow::Kind kind);  // "input", ...

struct TensorTableInput {
  const ir::Graph* model = nullptr;  // as imported: types known, layouts and names the model's own
  // That graph with layouts converted and nothing else done, and the canonical graph; neither fused.
  std::shared_ptr<const artifact::Program> plain, canonical;
  std::shared_ptr<const artifact::Program> artifact;
  int threads = 1;
};

// The values of a row's tensor on one sample: of the model and of the artifact, in the model's layout.
struct TensorValues {
  std::span<const int64_t> shape;
  std::span<const float> model, artifact;
};
// "compare layers", 2, 4: two of four steps of the stage are done.
using TableProgress = std::function<void(std::string_view stage, size_t done, size_t total)>;
using ShowTensor = std::function<Status(const TensorRow& row, const TensorValues& values)>;

// The rows, without numbers. They come in the order of the model's execution, inputs first, conversions behind the tensor that
// they convert. Tensors of the model that its constants alone decide have no row, nor has what an operator of the model file
// is made of here.
[[nodiscard]] std::vector<TensorRow> ListTensors(const TensorTableInput& input);

// The distances are those of the samples' tensors laid one behind another. `show`, if any, is called for each row with a tensor on
// each sample. `show` and `progress` may throw.
[[nodiscard]] Result<std::vector<TensorRow>> CompareTensors(
    const TensorTableInput& input, std::span<const std::vector<Tensor>> samples,
    const ShowTensor& show, const TableProgress& progress);

}  // namespace plumb::verify
