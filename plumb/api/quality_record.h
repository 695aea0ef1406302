// What of a verdict travels in the artifact.
#pragma once

#include <span>
#include <string_view>

#include "plumb/artifact/quality.h"
#include "plumb/quant/quantize.h"
#include "plumb/verify/verdict.h"

namespace plumb {

// Whether a rung says something of this machine or installation, not of the network.
[[nodiscard]] bool DependsOnHost(std::string_view code);

// Nothing that an installed judge said, nor any timing: those depend on the host.
[[nodiscard]] artifact::Quality MakeQuality(const verify::Verdict& verdict,
                                            std::span<const quant::LayerNote> notes);

}  // namespace plumb
