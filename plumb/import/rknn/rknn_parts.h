// The parts of a file of the RKNN stack, each read by one function. Internal to import/rknn.
#pragma once

#include <span>
#include <string_view>

#include "plumb/import/rknn/rknn_file.h"

namespace plumb::rknn {

// Adds what a payload (a FlatBuffer with the identifier RKNN) says. kInvalidModel: its offsets lead outside of it.
[[nodiscard]] Status AddPayload(std::span<const std::byte> payload, Facts& facts);

// Adds what the text behind the payload says and the payload did not. Text that is no JSON becomes a note.
void AddTrailingJson(std::string_view text, Facts& facts);

// Adds to inputs and outputs what the texts in the payload say: `ports`, a Python dict with mean, std and colour order
// (attrs -> name -> ...), and `inputs`, `outputs`, JSON with dtype and layout by name. Texts of another form become notes.
void AddPortTexts(std::string_view ports, std::string_view inputs, std::string_view outputs,
                  Facts& facts);

}  // namespace plumb::rknn
