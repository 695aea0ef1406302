// A stream of pictures through a detector, its stages overlapped: while the network computes one
// frame, the next is read, decoded and fitted, and the one before is reported.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plumb/api/detect.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"

namespace plumb {

struct Frame {
  std::string name;  // the file's, or "frame 17"
  Picture picture;
};

// Frames one after another; empty at the end.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  [[nodiscard]] virtual Result<std::optional<Frame>> Next() = 0;
};

// Files in the order given.
[[nodiscard]] std::unique_ptr<FrameSource> FramesOfFiles(std::vector<std::string> files);
// Pictures one behind another, each JPEG, PNG or BMP as its first bytes say (ffmpeg: -f image2pipe).
[[nodiscard]] std::unique_ptr<FrameSource> FramesOfStream(std::istream& stream);
// Raw R, G, B bytes, width * height * 3 a frame (ffmpeg: -f rawvideo -pix_fmt rgb24).
[[nodiscard]] std::unique_ptr<FrameSource> FramesOfRawStream(std::istream& stream, int width,
                                                             int height);

struct FrameResult {
  int64_t index = 0;
  Frame frame;
  std::vector<vision::Detection> found;
};
struct FramesSummary {
  StageTimes times;
  double seconds = 0;  // from the first frame's reading to the last report
};
// `report` is called in order, on a thread of its own; its error ends the stream. At most two
// frames wait between stages.
[[nodiscard]] Result<FramesSummary> DetectFrames(
    PictureModel& detector, FrameSource& source, const vision::BoxOptions& options,
    const std::function<Status(const FrameResult&)>& report);

}  // namespace plumb
