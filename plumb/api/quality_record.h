// What of a verdict travels in the artifact.
#pragma once

#include <span>

#include "plumb/artifact/quality.h"
#include "plumb/quant/quantize.h"
#include "plumb/verify/verdict.h"

namespace plumb {

// Nothing that an installed judge said, nor any timing: those depend on the host.
[[nodiscard]] artifact::Quality MakeQuality(const verify::Verdict& verdict,
                                            std::span<const quant::LayerNote> notes);

}  // namespace plumb
