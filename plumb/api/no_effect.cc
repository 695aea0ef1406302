#include "plumb/api/no_effect.h"

#include <algorithm>

#include "plumb/api/lock_rebuild.h"
#include "plumb/api/recipe_options.h"
#include "plumb/vision/preprocess.h"

namespace plumb {
namespace {

bool SamePrograms(const artifact::Program& a, const artifact::Program& b) {
  artifact::Artifact x, y;
  x.program = a;
  y.program = b;
  return FirstDifference(x, y).empty();
}

// A wide and a tall picture, with something in every place.
Picture Pattern(int width, int height) {
  Picture picture(width, height, 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        picture.At(x, y)[c] = static_cast<uint8_t>((7 * x + 13 * y + 80 * c) % 256);
      }
    }
  }
  return picture;
}

bool SameInputs(const artifact::PictureInput& a, const artifact::PictureInput& b) {
  for (const auto& [width, height] : {std::pair(301, 173), std::pair(151, 307)}) {
    const Picture picture = Pattern(width, height);
    const auto x = vision::Fit(picture, a);
    const auto y = vision::Fit(picture, b);
    if (!x.ok() || !y.ok()) {
      return false;
    }
    const Tensor s = vision::ToFloat(x->picture, a);
    const Tensor t = vision::ToFloat(y->picture, b);
    if (s.shape() != t.shape() || !std::ranges::equal(s.values<float>(), t.values<float>())) {
      return false;
    }
  }
  return true;
}

// The same but for who said so.
bool SameFacts(artifact::PictureInput a, const artifact::PictureInput& b) {
  a.color_source = b.color_source;
  a.mean_source = b.mean_source;
  a.std_source = b.std_source;
  a.resize_source = b.resize_source;
  a.pad_source = b.pad_source;
  return a == b;
}

// As it stands on the command line: --percentile 99.9, --no-bias-correction.
std::string Spelled(const OptionText& option) {
  return option.second == "yes"  ? "--" + option.first
         : option.second == "no" ? "--no-" + option.first
                                 : StrCat("--", option.first, " ", option.second);
}

class Trials {
 public:
  explicit Trials(const MadeWith& made) : made_(made) {}

  bool IsWithoutEffect(const OptionTrial& trial) {
    if (made_.options.precision == Precision::kFloat && trial.stage == OptionStage::kQuantize) {
      return trial.option.first != "fuse";
    }
    switch (trial.stage) {
      case OptionStage::kSamples:
        return SamplesAreSame(trial.without);
      case OptionStage::kGraph:
        return GraphIsSame(trial.without);
      case OptionStage::kPicture:
        return PictureIsSame(trial.without);
      case OptionStage::kContract:
        return false;
      case OptionStage::kQuantize:
        return QuantizedIsSame(trial.without);
    }
    return false;
  }

 private:
  bool SamplesAreSame(const ConvertOptions& without) const {
    const auto checked = [](size_t limit, size_t count) {
      return limit == 0 ? count : std::min(limit, count);
    };
    const auto list =
        ListSamples(without.calib, made_.model.program->inputs.size(), without.calib_limit);
    return list.ok() && list->samples.size() == made_.samples.samples.size() &&
           checked(without.check_limit, list->samples.size()) ==
               checked(made_.options.check_limit, list->samples.size());
  }

  bool GraphIsSame(const ConvertOptions& without) const {
    const Result<Model> model = LoadModel(without.model, without.model_options);
    return model.ok() && SamePrograms(*model->program, *made_.model.program);
  }

  bool PictureIsSame(const ConvertOptions& without) const {
    const auto contracts = contract::Recognize(*made_.model.graph, without.model_options.contract);
    if (!contracts.ok() || contracts->io.pictures.size() != made_.model.io.pictures.size()) {
      return false;
    }
    bool same = false;
    for (size_t i = 0; i < contracts->io.pictures.size(); ++i) {
      const artifact::PictureInput& a = contracts->io.pictures[i];
      const artifact::PictureInput& b = made_.model.io.pictures[i];
      if (!SameFacts(a, b)) {
        if (!SameInputs(a, b)) {
          return false;
        }
        same = true;
      }
    }
    return same;
  }

  bool QuantizedIsSame(const ConvertOptions& without) {
    if (stats_.empty()) {
      stats_ = compile::AllStatsOf(made_.compiled);
    }
    compile::CompileOptions options = made_.compile_options;
    options.quantize = without.quantize;
    options.quantize.grids.stated = made_.compile_options.quantize.grids.stated;
    options.fuse = without.model_options.fuse;
    const auto compiled = compile::CompileObserved(*made_.model.graph, stats_, options);
    return compiled.ok() && SamePrograms(*compiled->program, *made_.compiled.program);
  }

  const MadeWith& made_;
  compile::NamedStats stats_;
};

}  // namespace

std::vector<std::string> OptionsWithoutEffect(const MadeWith& made) {
  std::vector<std::string> lines;
  Trials trials(made);
  for (const OptionTrial& trial : OptionTrials(made.options)) {
    if (trials.IsWithoutEffect(trial)) {
      lines.push_back(StrCat(
          Spelled(trial.option), ": ",
          made.options.precision == Precision::kFloat && trial.stage == OptionStage::kQuantize
              ? "the network computes in float, nothing is quantized"
          : trial.hint.empty() ? "the result is the same without it"
                               : trial.hint));
    }
  }
  return lines;
}

}  // namespace plumb
