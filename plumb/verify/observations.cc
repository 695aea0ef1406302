#include "plumb/verify/observations.h"

#include <algorithm>
#include <cmath>

#include "plumb/base/hash.h"
#include "plumb/verify/nms_check.h"
#include "plumb/vision/classify.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"

namespace plumb::verify {
namespace {

using vision::Detection;

double CountNotFinite(ConstTensorView tensor) {
  if (tensor.dtype != DType::kF32) {
    return 0;
  }
  const float* x = tensor.data<float>();
  return static_cast<double>(
      std::count_if(x, x + tensor.size(), [](float v) { return !std::isfinite(v); }));
}

uint64_t HashAll(std::span<const ConstTensorView> tensors) {
  uint64_t all = 0;
  for (const ConstTensorView& tensor : tensors) {
    all = all * 0x9E3779B97F4A7C15u + HashTensor(tensor);
  }
  return all;
}

std::map<int32_t, const Detection*> OnlyOfTheirClass(const std::vector<Detection>& boxes) {
  std::map<int32_t, const Detection*> only;
  std::map<int32_t, int> count;
  for (const Detection& d : boxes) {
    only[d.label] = &d;
    ++count[d.label];
  }
  std::erase_if(only, [&](const auto& entry) { return count[entry.first] != 1; });
  return only;
}

// Probabilities of one row of a classifier, as TopClasses gives them.
struct Row {
  int first = -1;
  double entropy = 0, sum = 0, outside = 0;
};
Result<Row> RowOf(const artifact::DecodeContract& contract, ConstTensorView output) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<vision::ClassScore> scores,
                         vision::TopClasses(contract, output, contract.classes));
  Row row;
  row.first = scores.empty() ? -1 : scores[0].label;
  for (const vision::ClassScore& one : scores) {
    const double p = one.score;
    row.sum += p;
    row.outside += !(p >= -1e-4 && p <= 1 + 1e-4);
    row.entropy -= p > 0 ? p * std::log(p) : 0;
  }
  return row;
}

void AddRow(const Row& row, ClassObservation& seen) {
  seen.first.push_back(row.first);
  seen.entropies.push_back(row.entropy);
  seen.outside_unit += row.outside;
  if (std::abs(row.sum - 1) > std::abs(seen.worst_sum - 1)) {
    seen.worst_sum = row.sum;
  }
}

// What each pixel of a map of classes says: the map's own labels, or the greatest of each pixel's
// scores. Only for maps of a picture: elsewhere a dimension of a few need not be classes.
std::optional<std::vector<int64_t>> LabelsOfMap(ConstTensorView output) {
  constexpr int64_t kMostClasses = 1024;
  const size_t rank = output.shape.size();
  std::vector<int64_t> labels;
  if ((output.dtype == DType::kS64 || output.dtype == DType::kS32) && rank >= 3) {
    for (int64_t i = 0; i < output.size(); ++i) {
      labels.push_back(output.dtype == DType::kS64 ? output.data<int64_t>()[i]
                                                   : output.data<int32_t>()[i]);
    }
    return labels;
  }
  if (output.dtype != DType::kF32 || rank != 4 || output.shape[0] != 1) {
    return std::nullopt;
  }
  // Classes are fewer than the rows and columns of pixels; channels come first or last.
  const auto fits = [&](size_t axis) {
    const int64_t classes = output.shape[axis];
    return classes >= 2 && classes <= kMostClasses && classes < output.shape[2] &&
           classes < output.shape[axis == 1 ? 3 : 1];
  };
  const bool first = fits(1);
  if (!first && !fits(3)) {
    return std::nullopt;
  }
  const auto classes = static_cast<size_t>(output.shape[first ? 1 : 3]);
  const size_t points = static_cast<size_t>(output.size()) / classes;
  const float* x = output.data<float>();
  labels.assign(points, 0);
  for (size_t p = 0; p < points; ++p) {
    size_t best = 0;
    const auto at = [&](size_t k) { return x[first ? k * points + p : p * classes + k]; };
    for (size_t k = 1; k < classes; ++k) {
      best = at(k) > at(best) ? k : best;
    }
    labels[p] = static_cast<int64_t>(best);
  }
  return labels;
}

}  // namespace

std::optional<ContentRect> ContentOf(ConstTensorView input, const artifact::PictureInput& picture) {
  const bool pads = picture.resize == artifact::ResizeRule::kLetterbox ||
                    picture.resize == artifact::ResizeRule::kLetterboxCorner;
  const auto w = static_cast<size_t>(picture.width), h = static_cast<size_t>(picture.height);
  const auto channels = static_cast<size_t>(picture.channels());
  if (!pads || input.dtype != DType::kF32 ||
      static_cast<size_t>(input.size()) != w * h * channels) {
    return std::nullopt;
  }
  const bool nchw = picture.layout == artifact::PictureLayout::kNchw;
  const float* x = input.data<float>();
  const auto is_pad = [&](size_t row, size_t column) {
    for (size_t c = 0; c < channels; ++c) {
      const float pad = (static_cast<float>(picture.pad) - picture.mean[c]) / picture.std[c];
      if (x[nchw ? (c * h + row) * w + column : (row * w + column) * channels + c] != pad) {
        return false;
      }
    }
    return true;
  };
  size_t top = h, bottom = 0, left = w, right = 0;
  for (size_t row = 0; row < h; ++row) {
    for (size_t column = 0; column < w; ++column) {
      if (!is_pad(row, column)) {
        top = std::min(top, row);
        bottom = row + 1;
        left = std::min(left, column);
        right = std::max(right, column + 1);
      }
    }
  }
  if (bottom == 0) {
    return std::nullopt;
  }
  return ContentRect{static_cast<float>(left), static_cast<float>(top), static_cast<float>(right),
                     static_cast<float>(bottom)};
}

Observer::Observer(artifact::DecodeContract decode, artifact::IoContract io,
                   std::vector<std::string> names, const Gate& gate)
    : decode_(std::move(decode)), io_(std::move(io)), gate_(gate) {
  for (std::string& name : names) {
    seen_.outputs.emplace_back().name = std::move(name);
  }
}

Status Observer::Add(const SampleOutputs& sample) {
  ++seen_.samples;
  seen_.references += !sample.reference.empty();
  if (sample.input_hash.has_value()) {
    seen_.input_hashes.push_back(*sample.input_hash);
  } else if (!sample.inputs.empty()) {
    seen_.input_hashes.push_back(HashAll(sample.inputs));
  }
  AddOutputs(sample);
  if (vision::IsDetector(decode_.family) && !io_.pictures.empty()) {
    return AddDetections(sample);
  }
  if (decode_.family == artifact::Family::kClassifier) {
    return AddClasses(sample);
  }
  AddPoints(sample);
  return {};
}

void Observer::AddOutputs(const SampleOutputs& sample) {
  for (size_t i = 0; i < std::min(seen_.outputs.size(), sample.outputs.size()); ++i) {
    OutputObservation& output = seen_.outputs[i];
    output.elements += static_cast<double>(sample.outputs[i].size());
    output.not_finite += CountNotFinite(sample.outputs[i]);
    output.hashes.push_back(HashTensor(sample.outputs[i]));
    if (i < sample.reference.size()) {
      output.reference_not_finite += CountNotFinite(sample.reference[i]);
      output.reference_hashes.push_back(HashTensor(sample.reference[i]));
    }
    if (i < sample.repeated.size() && seen_.unrepeatable.empty() &&
        HashTensor(sample.repeated[i]) != output.hashes.back()) {
      seen_.unrepeatable = output.name;
    }
  }
  seen_.repeats += !sample.repeated.empty();
}

Status Observer::AddDetections(const SampleOutputs& sample) {
  const artifact::PictureInput& picture = io_.pictures[0];
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Detection> cells,
                         EveryCell(decode_, sample.outputs, picture.width, picture.height));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<RoleValues> values,
                         ValuesByRole(decode_, sample.outputs, picture.width, picture.height));
  AddScores(decode_, cells, values, seen_.scores);
  seen_.roles.Add(values);

  const NmsVariant rule = VariantOf(decode_);
  const auto boxes_of = [&](const std::vector<Detection>& all) {
    std::vector<Detection> passing;
    std::copy_if(all.begin(), all.end(), std::back_inserter(passing),
                 [&](const Detection& d) { return d.score >= rule.score; });
    return vision::Nms(std::move(passing),
                       {.iou_threshold = decode_.iou_threshold,
                        .scope = decode_.class_agnostic_nms ? vision::NmsScope::kClassAgnostic
                                                            : vision::NmsScope::kClassAware,
                        .max_detections = decode_.max_detections});
  };
  const std::vector<Detection> boxes = sample.boxes.has_value() ? *sample.boxes : boxes_of(cells);
  AddBoxes(cells, sample, boxes);
  if (sample.reference.empty()) {
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Detection> wanted,
                         EveryCell(decode_, sample.reference, picture.width, picture.height));
  AddScores(decode_, wanted, {}, seen_.reference_scores);
  if (wanted.size() == cells.size()) {  // else some box is not finite, which S12 tells of
    for (size_t i = 0; i < cells.size(); ++i) {
      if (wanted[i].score >= gate_.float_score && wanted[i].label == cells[i].label) {
        seen_.cells.push_back({cells[i].score - wanted[i].score, vision::Iou(cells[i], wanted[i])});
      }
    }
  }
  // Of several objects of a class either network may be surest of another one: only classes of which
  // both have one box tell where it lies.
  const std::map<int32_t, const Detection*> ours = OnlyOfTheirClass(boxes);
  const std::vector<Detection> float_boxes = boxes_of(wanted);
  for (const auto& [label, theirs] : OnlyOfTheirClass(float_boxes)) {
    const auto found = ours.find(label);
    if (theirs->score >= gate_.float_score && found != ours.end()) {
      const Detection& d = *found->second;
      seen_.centres.push_back({(d.x1 + d.x2) / 2, (d.y1 + d.y2) / 2, (theirs->x1 + theirs->x2) / 2,
                               (theirs->y1 + theirs->y2) / 2});
    }
  }
  return {};
}

void Observer::AddBoxes(const std::vector<Detection>& candidates, const SampleOutputs& sample,
                        const std::vector<Detection>& boxes) {
  seen_.boxes += static_cast<int>(boxes.size());
  seen_.most_boxes = std::max(seen_.most_boxes, static_cast<int>(boxes.size()));
  seen_.capped += static_cast<int>(boxes.size()) >= decode_.max_detections;
  for (size_t i = 0; i < boxes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      seen_.overlapping += (boxes[i].label == boxes[j].label || decode_.class_agnostic_nms) &&
                           vision::Iou(boxes[i], boxes[j]) > decode_.iou_threshold;
    }
  }
  // Against the plain suppression: the same boxes in the same order, compared as a multiset.
  std::vector<Detection> expected;
  for (const size_t i : Suppress(candidates, VariantOf(decode_))) {
    expected.push_back(candidates[i]);
  }
  std::vector<bool> used(expected.size(), false);
  int same = 0;
  for (const Detection& box : boxes) {
    for (size_t i = 0; i < expected.size(); ++i) {
      if (!used[i] && expected[i] == box) {
        used[i] = true;
        ++same;
        break;
      }
    }
  }
  seen_.unlike_reference_nms += static_cast<int>(boxes.size() + expected.size()) - 2 * same;

  const artifact::PictureInput& picture = io_.pictures[0];
  std::optional<ContentRect> content = sample.content;
  if (!content.has_value() && static_cast<size_t>(picture.input) < sample.inputs.size()) {
    content = ContentOf(sample.inputs[static_cast<size_t>(picture.input)], picture);
  }
  if (content.has_value()) {
    ++seen_.pictures_with_padding;
    for (const Detection& d : boxes) {
      const float x = (d.x1 + d.x2) / 2, y = (d.y1 + d.y2) / 2;
      seen_.padded_boxes +=
          x < content->x1 || x > content->x2 || y < content->y1 || y > content->y2;
    }
  }
}

Status Observer::AddClasses(const SampleOutputs& sample) {
  PLUMB_ASSIGN_OR_RETURN(const Row row, RowOf(decode_, sample.outputs[0]));
  AddRow(row, seen_.classes);
  if (!sample.reference.empty()) {
    PLUMB_ASSIGN_OR_RETURN(const Row wanted, RowOf(decode_, sample.reference[0]));
    AddRow(wanted, seen_.reference_classes);
  }
  return {};
}

void Observer::AddPoints(const SampleOutputs& sample) {
  if (io_.pictures.empty()) {
    return;
  }
  for (size_t i = 0; i < std::min(sample.outputs.size(), sample.reference.size()); ++i) {
    const auto found = LabelsOfMap(sample.outputs[i]), wanted = LabelsOfMap(sample.reference[i]);
    if (!found.has_value() || !wanted.has_value() || found->size() != wanted->size()) {
      continue;
    }
    for (size_t p = 0; p < found->size(); ++p) {
      seen_.points_agree += (*found)[p] == (*wanted)[p];
      ++seen_.areas[(*found)[p]];
      ++seen_.reference_areas[(*wanted)[p]];
    }
    seen_.points += static_cast<double>(found->size());
  }
}

}  // namespace plumb::verify
