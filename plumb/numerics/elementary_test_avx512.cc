#include "plumb/numerics/simd_avx512.h"
// After the vector type.
#include "plumb/numerics/elementary_test_lanes.h"

namespace plumb::numerics {

const ElementaryRow* Avx512Rows() { return ElementaryLanes<avx512::F32>::kRows; }

}  // namespace plumb::numerics
