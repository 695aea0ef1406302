#include "plumb/numerics/simd_avx2.h"
// After the vector type.
#include "plumb/numerics/elementary_test_lanes.h"

namespace plumb::numerics {

const ElementaryRow* Avx2Rows() { return ElementaryLanes<avx2::F32>::kRows; }

}  // namespace plumb::numerics
