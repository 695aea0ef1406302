// The small runtime in one include: read an artifact, make a session, run it. examples/runtime_only shows how. Pictures in
// and boxes out: plumb/vision/preprocess.h and plumb/vision/decode.h.
#pragma once

#include "plumb/artifact/reader.h"    // IWYU pragma: export
#include "plumb/artifact/variants.h"  // IWYU pragma: export
#include "plumb/base/status.h"        // IWYU pragma: export
#include "plumb/base/tensor.h"        // IWYU pragma: export
#include "plumb/runtime/session.h"    // IWYU pragma: export
