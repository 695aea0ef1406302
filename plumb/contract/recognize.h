// Recognises, from a graph and what the user says, how pictures go in (I/O contract) and what comes
// out (decode contract). Call it on the graph in canonical form, with every type inferred: then
// shapes are known and shape arithmetic does not look like box arithmetic.
#pragma once

#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/artifact/io_contract.h"
#include "plumb/contract/options.h"
#include "plumb/ir/graph.h"

namespace plumb::contract {

struct Contracts {
  artifact::IoContract io;          // empty when no input takes pictures
  artifact::DecodeContract decode;  // family kNone when nothing was recognised
  std::string why;                  // what in the graph led to the family, or why none was found
};

// Picture input: the only input of rank 4 with 1 or 3 channels, first (NCHW) or last (NHWC), sides
// known. What the user does not give is the family's published default, marked assumed:
// YOLOv5/v8/11 RGB, /255, letterbox 114; YOLOX BGR, 0..255, letterbox-corner 114; YOLO-FastestV2
// BGR, /255, stretch; YuNet BGR, 0..255, letterbox-corner 0; SSD RGB, (x - 127) / 128, stretch;
// classifiers RGB, /255, crop (sides of 128 and more) or stretch; unknown RGB, /255, stretch. One
// channel: gray. A u8 input: 0..255. Labels: given; else COCO's for 80 classes, "face" for SSD and
// YuNet with one class, "class_0"... Usage errors: options that cannot be read or do not fit the
// graph.
[[nodiscard]] Result<Contracts> Recognize(const ir::Graph& graph, const Options& options);

// One fact of the contracts, for printing: "color", "rgb", assumed.
struct Fact {
  std::string what, value;
  artifact::Source source = artifact::Source::kUnknown;
  std::string note;  // one line; may be empty
};
[[nodiscard]] std::vector<Fact> Facts(const artifact::IoContract& io,
                                      const artifact::DecodeContract& decode);
[[nodiscard]] std::string_view SourceName(
    artifact::Source source);  // "assumed", "recognised", "given", "unknown"
[[nodiscard]] std::string_view ColorName(artifact::Color color);
[[nodiscard]] std::string ResizeName(artifact::ResizeRule rule);

}  // namespace plumb::contract
