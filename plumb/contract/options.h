// What a user says about pictures and outputs, as text from the command line or a job file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/status.h"

namespace plumb::contract {

// All as given; absent: not stated. Each may hold values for several inputs, with semicolons between: NAME=VALUE for the input
// of this name; one VALUE alone for all others; several by position, an empty one for an input of which nothing is said, and
// inputs behind the last get mean 0 and std 1.
struct PictureOptions {
  std::optional<std::string> color;  // --color   rgb | bgr | gray
  std::optional<std::string>
      mean;  // --mean    a,b,c in pixel units, in the network's channel order; one number: all
  std::optional<std::string> std;  // --std     likewise, positive
  std::optional<std::string>
      resize;  // --resize  letterbox | letterbox-corner | stretch | crop[:short side]
  std::optional<std::string> pad;  // --pad     0..255
};

// --decode family[,key=value]...
struct DecodeOptions {
  artifact::Family family = artifact::Family::kNone;
  std::vector<float>
      anchors;  // anchors=10:13:16:30..., w and h in pixels of the input, finest level first
  std::vector<int32_t> strides;      // strides=8:16:32, ascending
  std::optional<bool> sigmoid;       // sigmoid=in_graph | raw
  std::optional<bool> decoded;       // boxes=in_graph | raw
  std::optional<int32_t> classes;    // classes=80
  std::optional<int32_t> reg_max;    // reg_max=16
  std::optional<float> score, iou;   // score=0.25 iou=0.45
  std::optional<bool> agnostic;      // nms=class | agnostic
  std::optional<int32_t> max_boxes;  // max=300
  bool operator==(const DecodeOptions&) const = default;
};

// Usage errors list the known families and keys.
[[nodiscard]] Result<DecodeOptions> ParseDecode(std::string_view text);
// The text that ParseDecode reads as these options.
[[nodiscard]] std::string DecodeText(const DecodeOptions& options);

struct Options {
  PictureOptions picture;
  std::optional<DecodeOptions> decode;             // absent: recognised from the graph
  std::optional<std::vector<std::string>> labels;  // one per class
};

// "1,2.5,3" with `separator` between: finite numbers. `what` begins the error.
[[nodiscard]] Result<std::vector<float>> ParseNumbers(std::string_view text, char separator,
                                                      std::string_view what);

}  // namespace plumb::contract
