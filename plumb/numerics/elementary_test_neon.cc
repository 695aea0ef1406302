#include "plumb/numerics/simd_neon.h"
// After the vector type.
#include "plumb/numerics/elementary_test_lanes.h"

namespace plumb::numerics {

const ElementaryRow* NeonRows() { return ElementaryLanes<neon::F32>::kRows; }

}  // namespace plumb::numerics
