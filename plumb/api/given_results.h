// Results that something else made of pictures: outputs in an .npz, boxes in a .json.
#pragma once

#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/status.h"
#include "plumb/runtime/session.h"
#include "plumb/vision/detection.h"

namespace plumb {

// By picture, as many as the arrays' leading axis has; an array with as many dimensions as the output itself holds one picture
// per entry of that axis. Numbers of any type become f32. Names are those of the model, or as 'plumb run --save' writes them.
[[nodiscard]] Result<std::vector<std::vector<runtime::NamedTensor>>> ReadGivenOutputs(
    const std::string& path, const std::vector<std::string>& known_names);

// By picture, in the order of `pictures` (paths; matched by file name, or by the number in it for COCO's image_id).
[[nodiscard]] Result<std::vector<std::vector<vision::Detection>>> ReadGivenBoxes(
    const std::string& path, const std::vector<std::string>& pictures,
    const artifact::DecodeContract& decode);

}  // namespace plumb
