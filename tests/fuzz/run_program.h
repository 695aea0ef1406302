// What a fuzz target does with a program that the validator let through.
#pragma once

#include <memory>

#include "plumb/artifact/program.h"

namespace plumb {

// Binds it and runs it once, unless it is so large that this would take long. Nothing may crash.
void TryProgram(std::shared_ptr<const artifact::Program> program);

}  // namespace plumb
