#include "plumb/numerics/simd_scalar.h"
// After the vector type.
#include "plumb/numerics/elementary_test_lanes.h"

namespace plumb::numerics {

const ElementaryRow* ScalarRows() { return ElementaryLanes<scalar::F32>::kRows; }

}  // namespace plumb::numerics
