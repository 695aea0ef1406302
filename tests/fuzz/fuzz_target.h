// What a fuzz target defines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Must return for any bytes; a crash is the finding. 0: the bytes were taken as valid; -1: refused.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// Valid inputs to start from, beside the files given; may be none.
std::vector<std::string> FuzzSeeds();
