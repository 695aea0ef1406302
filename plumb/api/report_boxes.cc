#include "plumb/api/report_boxes.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "plumb/api/detect.h"
#include "plumb/api/report_pictures.h"
#include "plumb/base/number_text.h"
#include "plumb/pictures/draw.h"
#include "plumb/verify/box_match.h"
#include "plumb/vision/nms.h"
#include "plumb/vision/preprocess.h"

namespace plumb {
namespace {

constexpr int kDrawnSide = 512;   // a smaller picture is enlarged before boxes are drawn on it
constexpr float kSameBox = 0.5F;  // overlap from which two boxes are of one object
constexpr pictures::Rgb kLost = {214, 40, 40}, kAdded = {255, 150, 20}, kBoth = {40, 175, 70};

pictures::Mark MarkOf(const vision::Detection& d, std::string text,
                      std::optional<pictures::Rgb> rgb) {
  return {d.x1, d.y1, d.x2, d.y2, d.label, std::move(text), d.keypoints, rgb};
}

std::string LabelText(const BoxSide& side, const vision::Detection& d) {
  return StrCat(LabelOf(*side.decode, d.label), " ", FixedText(d.score, 2));
}

std::string BoxCount(size_t count) { return StrCat(count, count == 1 ? " box" : " boxes"); }

// The strongest on top.
std::vector<pictures::Mark> MarksOf(const BoxSide& side, std::span<const vision::Detection> boxes) {
  std::vector<pictures::Mark> marks;
  for (auto d = boxes.rbegin(); d != boxes.rend(); ++d) {
    marks.push_back(MarkOf(*d, LabelText(side, *d), {}));
  }
  return marks;
}

// Pictures side by side, of one picture with other marks each.
class Drawing {
 public:
  Drawing(const Picture& picture, std::string title) {
    const int side = std::max(picture.width, picture.height);
    larger_ = (kDrawnSide + side - 1) / side;
    ground_ = vision::Resize(picture, picture.width * larger_, picture.height * larger_);
    row_.title = std::move(title);
  }

  Status Add(std::vector<pictures::Mark> marks, std::string title, std::string note) {
    const auto factor = static_cast<float>(larger_);
    for (pictures::Mark& mark : marks) {
      for (float* x : {&mark.x1, &mark.y1, &mark.x2, &mark.y2}) {
        *x *= factor;
      }
      for (float& x : mark.points) {
        x *= factor;
      }
    }
    Picture picture = ground_;
    PLUMB_RETURN_IF_ERROR(pictures::DrawMarks(picture, marks));
    PLUMB_ASSIGN_OR_RETURN(report::Image image,
                           ImageOf(picture, std::move(title), std::move(note)));
    row_.images.push_back(std::move(image));
    return {};
  }

  report::Images Take() { return std::move(row_); }

 private:
  int larger_ = 1;
  Picture ground_;
  report::Images row_;
};

}  // namespace

BoxDifference::BoxDifference(std::vector<vision::Detection> wanted,
                             std::vector<vision::Detection> found)
    : wanted_(std::move(wanted)), found_(std::move(found)), partner_(wanted_.size(), -1) {
  verify::BoxMatcher matcher(found_, kSameBox);
  for (size_t i = 0; i < wanted_.size(); ++i) {
    if (const auto match = matcher.Take(wanted_[i])) {
      partner_[i] = static_cast<int>(match->index);
      size_ += std::fabs(wanted_[i].score - found_[match->index].score) + (1 - match->iou);
    } else {
      size_ += wanted_[i].score;
    }
  }
  taken_ = matcher.taken();
  for (size_t k = 0; k < found_.size(); ++k) {
    size_ += taken_[k] ? 0 : found_[k].score;
  }
}

Result<report::Images> BoxDifference::Draw(const Picture& picture, std::string title,
                                           const BoxSide& wanted, const BoxSide& found) const {
  Drawing drawing(picture, std::move(title));
  PLUMB_RETURN_IF_ERROR(
      drawing.Add(MarksOf(wanted, wanted_), wanted.title, BoxCount(wanted_.size())));
  PLUMB_RETURN_IF_ERROR(drawing.Add(MarksOf(found, found_), found.title, BoxCount(found_.size())));
  std::vector<pictures::Mark> marks, lost;
  int added = 0, both = 0;
  double shift = 0, overlap = 0;
  for (size_t i = 0; i < wanted_.size(); ++i) {
    if (partner_[i] < 0) {
      lost.push_back(MarkOf(wanted_[i], "lost: " + LabelText(wanted, wanted_[i]), kLost));
      continue;
    }
    const vision::Detection& other = found_[static_cast<size_t>(partner_[i])];
    marks.push_back(MarkOf(other, "", kBoth));
    shift += other.score - wanted_[i].score;
    overlap += vision::Iou(other, wanted_[i]);
    ++both;
  }
  for (size_t k = 0; k < found_.size(); ++k) {
    if (!taken_[k]) {
      ++added;
      marks.push_back(MarkOf(found_[k], "new: " + LabelText(found, found_[k]), kAdded));
    }
  }
  marks.insert(marks.end(), lost.begin(), lost.end());
  std::string note = StrCat(both, " found by both");
  if (both > 0) {
    note += StrCat(" (mean overlap ", FixedText(overlap / both, 3), ", mean score shift ",
                   FixedText(shift / both, 3), ")");
  }
  note += StrCat(", ", lost.size(), " lost, ", added, " new");
  PLUMB_RETURN_IF_ERROR(drawing.Add(std::move(marks), "Difference", note));
  return drawing.Take();
}

}  // namespace plumb
