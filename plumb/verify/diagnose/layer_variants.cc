#include "plumb/verify/diagnose/layer_variants.h"

#include <algorithm>
#include <cmath>

#include "plumb/base/number_text.h"
#include "plumb/verify/diagnose/record_numbers.h"

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;

// A trial counts that takes this share of the deviation away: the same as an explanation of the whole difference must.
constexpr double kEnough = 0.8;

double Deviation(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double d = static_cast<double>(a[i]) - b[i];
    sum += std::isfinite(d) ? d * d : 0;
  }
  return sum;
}

bool SameBytes(ConstTensorView a, ConstTensorView b) {
  return a.dtype == b.dtype && a.size() == b.size() && std::memcmp(a.raw, b.raw, a.bytes()) == 0;
}

LayerFault NumberFault(size_t input, size_t differing, size_t count) {
  const std::string of = StrCat(differing, " of ", count);
  switch (input) {
    case 1:
      return {"other-weights", "its weights are not the model's; with the model's it is right",
              false};
    case 2:
      return {"wrong-bias", StrCat(of, " of its biases are not the model's"), true};
    case 3:
      return {"wrong-scale", StrCat(of, " of its multipliers are not what its scales ask for"),
              true};
    default:
      return {"other-function", StrCat(of, " entries of its table are not the function's"), false};
  }
}

}  // namespace

std::optional<LayerFault> FaultyNumber(const PartialRuns& runs, const Program& subject,
                                       const Block& block, const Donor& donor) {
  const size_t at = block.records.back();
  const Record& record = subject.records[at];
  const Record& other = donor.program->records[donor.block.records.back()];
  if (record.op != other.op || record.inputs.size() != other.inputs.size()) {
    return std::nullopt;
  }
  std::vector<float> made, right;
  const auto error = runs.Alone(subject, block, &made);
  const auto expected = runs.Alone(*donor.program, donor.block, &right);
  if (!error.ok() || !expected.ok() || *error <= *expected) {
    return std::nullopt;
  }
  std::optional<LayerFault> best;
  double least = (1 - kEnough) * (*error - *expected);
  for (size_t i = 1; i < record.inputs.size(); ++i) {
    if (!IsConstant(subject, record.inputs[i]) || !IsConstant(*donor.program, other.inputs[i])) {
      continue;
    }
    const ConstTensorView mine = ConstantOf(subject, record.inputs[i]);
    const ConstTensorView theirs = ConstantOf(*donor.program, other.inputs[i]);
    if (SameBytes(mine, theirs) || mine.dtype != theirs.dtype || mine.size() != theirs.size()) {
      continue;
    }
    auto mended = std::make_shared<Program>(subject);
    artifact::TensorInfo info = InfoOf(*donor.program, other.inputs[i]);
    mended->constants.push_back(donor.program->constants[static_cast<size_t>(info.constant)]);
    info.constant = static_cast<int32_t>(mended->constants.size() - 1);
    mended->records[at].inputs[i] = mended->AddTensor(std::move(info));
    const auto left = runs.Alone(*mended, block, &made);
    if (left.ok() && *left - *expected <= least) {
      least = *left - *expected;
      const size_t each = DTypeSize(mine.dtype);
      size_t differing = 0;
      for (size_t k = 0; k < static_cast<size_t>(mine.size()); ++k) {
        differing += std::memcmp(static_cast<const std::byte*>(mine.raw) + k * each,
                                 static_cast<const std::byte*>(theirs.raw) + k * each, each) != 0;
      }
      best = NumberFault(i, differing, static_cast<size_t>(mine.size()));
    }
  }
  return best;
}

std::optional<LayerFault> FaultyOperator(const PartialRuns& runs, const Program& subject,
                                         const Block& block, const ir::Graph& part) {
  const auto donor = DonorOf(part, subject, block);
  std::vector<float> mine, right, made;
  if (!donor.ok() || !runs.Alone(subject, block, &mine).ok() ||
      !runs.Alone(*donor->program, donor->block, &right).ok()) {
    return std::nullopt;
  }
  std::optional<LayerFault> best;
  double least = (1 - kEnough) * Deviation(mine, right);
  for (const PartVariant& variant : VariantsOf(part)) {
    const auto tried = DonorOf(variant.part, subject, block);
    if (tried.ok() && runs.Alone(*tried->program, tried->block, &made).ok() &&
        Deviation(mine, made) < least) {
      least = Deviation(mine, made);
      best = LayerFault{variant.cause, variant.what, false};
    }
  }
  return best;
}

}  // namespace plumb::verify
