#include "plumb/verify/diagnose/diagnosis_case.h"

#include <algorithm>
#include <set>

#include "plumb/compile/fuse/fuse.h"
#include "plumb/ir/verify.h"
#include "plumb/lower/graph_runner.h"
#include "plumb/lower/lower.h"
#include "plumb/quant/picture_grid.h"
#include "plumb/verify/diagnose/program_part.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"
#include "plumb/vision/preprocess.h"

namespace plumb::verify {
namespace {

std::vector<ConstTensorView> ViewsOf(const std::vector<runtime::NamedTensor>& outputs) {
  std::vector<ConstTensorView> views;
  for (const runtime::NamedTensor& output : outputs) {
    views.push_back(output.tensor.view());
  }
  return views;
}

}  // namespace

size_t Case::count() const {
  return input_.pictures.empty() ? input_.samples.size() : input_.pictures.size();
}

Result<std::unique_ptr<Case>> Case::Create(const CaseInput& input) {
  std::unique_ptr<Case> made(new Case(input));
  made->detector_ =
      vision::IsDetector(input.reference.decode.family) && !input.reference.io.pictures.empty();
  if (input.graph != nullptr) {
    made->stated_ = quant::CollapseStatedGrids(*input.graph);
  }
  PLUMB_ASSIGN_OR_RETURN(made->reference_, made->Run(input.reference));
  if (input.subject) {
    PLUMB_ASSIGN_OR_RETURN(made->subject_, made->Run(*input.subject));
  } else {
    made->subject_ = input.given;
    if (!made->subject_.outputs.empty() && made->detector_ && made->subject_.boxes.empty()) {
      // What the reference's decoder makes of the given tensors; none when they do not fit it.
      if (auto boxes = made->Boxes(input.reference.io, input.reference.decode, made->subject_);
          boxes.ok()) {
        made->subject_.boxes = std::move(*boxes);
      }
    }
  }
  made->difference_ = verify::Compare(made->reference_, made->subject_);
  size_t most = 0;
  for (size_t s = 0; s < made->reference_.boxes.size(); ++s) {
    if (made->reference_.boxes[s].size() > most) {
      most = made->reference_.boxes[s].size();
      made->probe_ = s;
    }
  }
  return made;
}

Result<std::vector<Tensor>> Case::Inputs(const Side& side, size_t index) const {
  if (input_.pictures.empty()) {
    return input_.samples[index];
  }
  const artifact::PictureInput& picture = side.io.pictures[0];
  PLUMB_ASSIGN_OR_RETURN(const vision::Fitted fitted, vision::Fit(input_.pictures[index], picture));
  std::vector<Tensor> inputs;
  const auto tensor = static_cast<size_t>(side.program->inputs[0].tensor);
  inputs.push_back(side.program->tensors[tensor].dtype == DType::kU8
                       ? vision::ToBytes(fitted.picture, picture)
                       : vision::ToFloat(fitted.picture, picture));
  return inputs;
}

Result<SideResults> Case::Run(const Side& side, const InputChange& change) const {
  runtime::SessionOptions options;
  options.threads = input_.threads;
  PLUMB_ASSIGN_OR_RETURN(const auto session, runtime::Session::Create(side.program, options));
  SideResults results;
  for (size_t s = 0; s < count(); ++s) {
    PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> inputs, Inputs(side, s));
    std::vector<runtime::NamedTensor> named;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (change) {
        change(inputs[i]);
      }
      named.push_back({side.program->inputs[i].name, std::move(inputs[i])});
    }
    PLUMB_ASSIGN_OR_RETURN(auto outputs, runtime::RunNamed(*session, named));
    results.outputs.push_back(std::move(outputs));
  }
  if (detector_ && vision::IsDetector(side.decode.family)) {
    auto boxes = Boxes(side.io, side.decode, results);
    if (boxes.ok()) {
      results.boxes = std::move(*boxes);
    } else if (side.program == input_.reference.program) {
      return boxes.status();
    } else {
      results.boxes.resize(count());  // a contract that does not fit the outputs gives none
    }
  } else if (detector_) {
    results.boxes.resize(count());
  }
  return results;
}

Result<std::vector<std::vector<vision::Detection>>> Case::Boxes(
    const artifact::IoContract& io, const artifact::DecodeContract& decode,
    const SideResults& results) const {
  std::vector<std::vector<vision::Detection>> boxes;
  for (size_t s = 0; s < results.outputs.size(); ++s) {
    const artifact::PictureInput& picture = io.pictures[0];
    const std::vector<ConstTensorView> views = ViewsOf(results.outputs[s]);
    PLUMB_ASSIGN_OR_RETURN(std::vector<vision::Detection> found,
                           vision::Boxes(decode, views, picture.width, picture.height, {}));
    const vision::Placement placement =
        vision::PlacementOf(picture, input_.pictures[s].width, input_.pictures[s].height);
    boxes.push_back(vision::ToPicture(std::move(found), placement));
  }
  return boxes;
}

// Options of the subject's own conversion, except those that are suspects themselves.
quant::QuantizeOptions Case::RecipeOptions() const {
  quant::QuantizeOptions options;
  for (const auto& [key, value] : input_.recipe) {
    if (key == "observer") {
      if (const auto observer = quant::ObserverFromName(value); observer.ok()) {
        options.grids.range.observer = *observer;
      }
    } else if (key == "percentile") {
      options.grids.range.percentile = std::strtod(value.c_str(), nullptr);
    } else if (key == "function-form") {
      if (const auto form = quant::FunctionFormFromName(value); form.ok()) {
        options.form = *form;
      }
    } else if (key == "activations" || key == "weights") {
      if (const auto type = quant::IntegerTypeFromName(value); type.ok()) {
        (key == "weights" ? options.weights : options.grids.activations) = *type;
      }
    } else if (key == "dense-channel-ratio") {
      options.grids.dense_channel_ratio = std::strtof(value.c_str(), nullptr);
    } else if (key == "bias-correction") {
      options.correct_bias = value != "no";
    } else if (key == "keep-float") {
      options.keep_float.insert(value);
    }
  }
  return options;
}

Result<std::vector<quant::ValueStats>> Case::StatsOf(size_t first, size_t count) const {
  const quant::SampleSource source{
      count, [this, first](size_t i) { return Inputs(input_.reference, first + i); }};
  return quant::Observe(stated_.graph, source, input_.threads, nullptr);
}

Result<std::shared_ptr<const artifact::Program>> Case::ConvertWith(
    const std::vector<quant::ValueStats>& stats,
    const std::map<std::string, Quantization>& grids) const {
  quant::QuantizeOptions options = RecipeOptions();
  options.model_states_grids = !stated_.grid.empty();
  for (const artifact::PictureInput& picture : input_.reference.io.pictures) {
    const ir::ValueId value = stated_.graph.inputs[static_cast<size_t>(picture.input)].value;
    options.grids.stated.insert_or_assign(stated_.graph.value(value).name,
                                          quant::PictureGrid(picture));
  }
  if (options.grids.activations == DType::kS8) {
    for (const auto& [name, grid] : stated_.grid) {
      options.grids.stated.insert_or_assign(name, grid);
    }
    options.grids.rounded = stated_.rounded;
  }
  for (const auto& [name, grid] : grids) {
    options.grids.stated.insert_or_assign(name, grid);
  }
  // Names that the recipe keeps in float may have gone with another release's passes.
  std::erase_if(options.keep_float, [&](const std::string& name) {
    if (stated_.graph.FindValue(name)) {
      return false;
    }
    const std::vector<ir::NodeId> order = stated_.graph.Order();
    return std::none_of(order.begin(), order.end(),
                        [&](ir::NodeId id) { return stated_.graph.node(id).name == name; });
  });
  PLUMB_ASSIGN_OR_RETURN(quant::Quantized quantized,
                         quant::Quantize(stated_.graph, stats, options));
  compile::Fuse(quantized.graph);
  if (const Status status = ir::Verify(quantized.graph); !status.ok()) {
    return status;
  }
  return lower::Lower(quantized.graph);
}

Status Case::NeedStats() {
  if (stats_.empty()) {
    PLUMB_ASSIGN_OR_RETURN(stats_, StatsOf(0, count()));
  }
  return {};
}

Result<std::shared_ptr<const artifact::Program>> Case::Convert(
    const std::map<std::string, Quantization>& grids) {
  PLUMB_RETURN_IF_ERROR(NeedStats());
  return ConvertWith(stats_, grids);
}

Result<SideResults> Case::RunWithReferenceContracts(
    std::shared_ptr<const artifact::Program> program) const {
  return Run({std::move(program), input_.reference.io, input_.reference.decode});
}

Result<double> Case::Floor() {
  if (!floor_ && CanConvert()) {
    PLUMB_ASSIGN_OR_RETURN(fresh_, Convert({}));
    PLUMB_ASSIGN_OR_RETURN(const SideResults fresh, RunWithReferenceContracts(fresh_));
    floor_ = verify::Compare(reference_, fresh).value();
  }
  return floor_.value_or(0);
}

Result<double> Case::Expected() {
  if (!expected_) {
    PLUMB_ASSIGN_OR_RETURN(double most, Floor());
    const size_t left_out = std::max<size_t>(1, count() / 4);
    for (size_t part = 0; CanConvert() && count() > 1 && part < 2; ++part) {
      PLUMB_ASSIGN_OR_RETURN(const auto stats, StatsOf(part * left_out, count() - left_out));
      PLUMB_ASSIGN_OR_RETURN(auto program, ConvertWith(stats, {}));
      PLUMB_ASSIGN_OR_RETURN(const SideResults results, RunWithReferenceContracts(program));
      most = std::max(most, verify::Compare(reference_, results).value());
    }
    expected_ = most;
  }
  return *expected_;
}

Result<bool> Case::Material() {
  const auto above = [this](double sound) {
    return difference_.value() > kSoundFactor * sound + kSoundSlack;
  };
  PLUMB_ASSIGN_OR_RETURN(const double floor, Floor());
  if (!above(floor)) {
    return false;
  }
  PLUMB_ASSIGN_OR_RETURN(const double expected, Expected());
  return above(expected);
}

std::map<std::string, Quantization> Case::GridsOf(const artifact::Program& program) const {
  std::map<std::string, Quantization> grids;
  for (const artifact::TensorInfo& tensor : program.tensors) {
    if (tensor.constant >= 0 || tensor.quantization.empty() ||
        (tensor.dtype != DType::kS8 && tensor.dtype != DType::kS16)) {
      continue;
    }
    const std::string name = ValueNameOf(tensor.name);
    const auto value = stated_.graph.FindValue(name);
    // The form that the value has first is its own; a rescaled one belongs to a reader.
    if (!value || tensor.name.ends_with(".rescaled") ||
        NumElements(tensor.shape) != NumElements(stated_.graph.value(*value).type.shape())) {
      continue;
    }
    Quantization grid = tensor.quantization;
    if (tensor.dtype == DType::kS16) {  // the quantizer refines stated grids of 8 bits by 128
      for (float& scale : grid.scale) {
        scale *= 128.0f;
      }
    }
    grids.emplace(name, std::move(grid));
  }
  return grids;
}

const std::map<std::string, Quantization>& Case::SubjectGrids() {
  if (!subject_grids_) {
    subject_grids_ = GridsOf(*input_.subject->program);
  }
  return *subject_grids_;
}

Result<std::map<std::string, Quantization>> Case::TwinGrids() {
  PLUMB_RETURN_IF_ERROR(Floor().status());
  std::set<std::string> held;
  for (const artifact::TensorInfo& tensor : fresh_->tensors) {
    if (tensor.constant < 0) {
      held.insert(ValueNameOf(tensor.name));
    }
  }
  std::map<std::string, Quantization> grids = SubjectGrids();
  std::erase_if(grids, [&](const auto& grid) { return !held.contains(grid.first); });
  return grids;
}

Result<std::shared_ptr<const artifact::Program>> Case::Twin() {
  if (twin_ == nullptr) {
    if (!input_.subject_is_integer) {
      twin_ = input_.reference.program;
    } else {
      PLUMB_ASSIGN_OR_RETURN(const auto grids, TwinGrids());
      PLUMB_ASSIGN_OR_RETURN(twin_, Convert(grids));
    }
  }
  return twin_;
}

Result<double> Case::TwinDifference() {
  if (!twin_difference_) {
    PLUMB_ASSIGN_OR_RETURN(auto twin, Twin());
    PLUMB_ASSIGN_OR_RETURN(const SideResults results, RunWithReferenceContracts(twin));
    twin_difference_ = verify::Compare(reference_, results).value();
  }
  return *twin_difference_;
}

Result<const std::map<std::string, std::vector<float>>*> Case::Values() {
  if (values_.empty() && input_.graph != nullptr) {
    PLUMB_ASSIGN_OR_RETURN(auto runner, lower::GraphRunner::Create(stated_.graph, input_.threads));
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs, Inputs(input_.reference, probe_));
    PLUMB_RETURN_IF_ERROR(runner
                              .Run(inputs,
                                   [&](ir::ValueId value, ConstTensorView tensor) {
                                     if (tensor.dtype == DType::kF32) {
                                       const float* x = tensor.data<float>();
                                       values_[stated_.graph.value(value).name].assign(
                                           x, x + tensor.size());
                                     }
                                   })
                              .status());
  }
  return &values_;
}

Result<double> Case::Explained(double remaining) {
  double floor = 0;
  if (input_.subject) {
    PLUMB_ASSIGN_OR_RETURN(floor, Floor());
  }
  const double whole = difference_.value() - floor;
  if (whole <= 0) {
    return 0.0;
  }
  return std::clamp((difference_.value() - remaining) / whole, 0.0, 1.0);
}

}  // namespace plumb::verify
