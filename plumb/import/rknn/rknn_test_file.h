// A small file as RKNN-Toolkit2 makes them, built here, for tests: two inputs, two convolutions, one output, command words and
// tasks for three core variants.
#pragma once

#include <string>

namespace plumb::rknn {

// The payload alone.
[[nodiscard]] std::string TestPayload();

// A container of `version` around `payload`, `json` behind it.
[[nodiscard]] std::string TestContainer(uint64_t version, const std::string& payload,
                                        const std::string& json);

// TestPayload in a container of version 6, with its description.
[[nodiscard]] std::string TestFile();

}  // namespace plumb::rknn
