#include "plumb/verify/diagnose/partial_runs.h"

#include <algorithm>
#include <cmath>

#include "plumb/verify/grid_values.h"

namespace plumb::verify {

using artifact::Program;

namespace {

constexpr double kEnough = 0.8;

double NoiseShare(std::span<const float> reference, std::span<const float> other) {
  double sum = 0, squares = 0, noise = 0, lost = 0;
  for (size_t i = 0; i < std::min(reference.size(), other.size()); ++i) {
    const double x = reference[i], d = static_cast<double>(other[i]) - x;
    sum += x;
    squares += x * x;
    noise += std::isfinite(d) ? d * d : 0;
    lost += std::isfinite(d) ? 0 : 1;  // as wrong as if the value said nothing
  }
  const auto n = static_cast<double>(std::max<size_t>(1, reference.size()));
  const double variance = squares / n - (sum / n) * (sum / n);
  return variance <= 0 ? (noise + lost > 0 ? 1.0 : 0.0) : noise / n / variance + lost / n;
}

}  // namespace

bool PartialRuns::Known(const Program& program, int32_t t) const {
  const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(t)];
  if (info.constant >= 0 ||
      (info.dtype != DType::kF32 && info.dtype != DType::kS8 && info.dtype != DType::kS16)) {
    return false;
  }
  if (info.dtype != DType::kF32 && info.quantization.empty()) {
    return false;
  }
  // The same number of elements in another shape may be another order of them.
  const std::string name = ValueNameOf(info.name);
  const auto value = c_.graph().FindValue(name);
  return value && values_->contains(name) && c_.graph().value(*value).type.shape() == info.shape;
}

Tensor PartialRuns::ValueOf(const Program& program, int32_t t) const {
  const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(t)];
  return OnGrid(values_->at(ValueNameOf(info.name)), info);
}

bool PartialRuns::CanCut(size_t cut) const {
  const std::vector<int32_t> live = LiveAt(subject_, cut);
  return std::all_of(live.begin(), live.end(), [this](int32_t t) { return Known(subject_, t); });
}

Result<double> PartialRuns::DifferenceFrom(size_t cut) {
  const std::vector<int32_t> live = LiveAt(subject_, cut);
  std::vector<int32_t> outputs;
  for (const artifact::Port& port : subject_.outputs) {
    outputs.push_back(port.tensor);
  }
  PLUMB_ASSIGN_OR_RETURN(auto part, ExtractPart(subject_, live, outputs));
  std::vector<Tensor> inputs;
  for (const int32_t t : live) {
    inputs.push_back(ValueOf(subject_, t));
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> made, RunPart(part, inputs, c_.input().threads));
  ++runs_;
  SideResults reference, other;
  reference.outputs = {c_.reference().outputs[c_.probe()]};
  other.outputs.resize(1);
  for (size_t i = 0; i < made.size(); ++i) {
    const artifact::TensorInfo& info = subject_.tensors[static_cast<size_t>(outputs[i])];
    Tensor real(DType::kF32, info.shape);
    const std::vector<float> x = RealValues(made[i].view(), info.quantization);
    std::copy(x.begin(), x.end(), real.values<float>().begin());
    other.outputs[0].push_back({subject_.outputs[i].name, std::move(real)});
  }
  return Compare(reference, other).value();
}

Result<std::pair<size_t, size_t>> PartialRuns::Segment() {
  std::vector<size_t> cuts;
  for (size_t cut = 0; cut <= subject_.records.size(); ++cut) {
    if (CanCut(cut)) {
      cuts.push_back(cut);
    }
  }
  if (cuts.size() < 3) {
    return std::pair<size_t, size_t>{0, subject_.records.size()};
  }
  for (const artifact::Port& port : subject_.outputs) {  // integers of outputs are compared as such
    if (subject_.tensors[static_cast<size_t>(port.tensor)].dtype == DType::kS64) {
      return std::pair<size_t, size_t>{0, subject_.records.size()};
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const double whole, DifferenceFrom(cuts.front()));
  PLUMB_ASSIGN_OR_RETURN(const double none, DifferenceFrom(cuts.back()));
  const auto bisect = [&](double share) -> Result<size_t> {  // first cut that leaves less
    size_t low = 0, high = cuts.size() - 1;
    while (high - low > 1) {
      const size_t middle = (low + high) / 2;
      PLUMB_ASSIGN_OR_RETURN(const double d, DifferenceFrom(cuts[middle]));
      (d - none > share * (whole - none) ? low : high) = middle;
    }
    return high;
  };
  PLUMB_ASSIGN_OR_RETURN(const size_t first, bisect(kEnough));
  PLUMB_ASSIGN_OR_RETURN(const size_t last, bisect(1 - kEnough));
  return std::pair<size_t, size_t>{cuts[first - 1], cuts[std::max(first, last)]};
}

Result<double> PartialRuns::Alone(const Program& program, const Block& block,
                                  std::vector<float>* made) const {
  std::vector<Tensor> inputs;
  for (const int32_t t : block.inputs) {
    inputs.push_back(ValueOf(program, t));
  }
  const int32_t output[] = {block.output};
  PLUMB_ASSIGN_OR_RETURN(auto part, ExtractPart(program, block.inputs, output));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> out, RunPart(part, inputs, c_.input().threads));
  const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(block.output)];
  *made = RealValues(out[0].view(), info.quantization);
  return NoiseShare(values_->at(ValueNameOf(info.name)), *made);
}

}  // namespace plumb::verify
