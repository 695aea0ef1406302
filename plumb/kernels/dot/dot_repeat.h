// Loops that are written out from the start: compilers keep an array in registers only where every
// index is a constant before they look at loops. Included by kernel files only.
#pragma once

#include <type_traits>
#include <utility>

namespace plumb::kernels {
namespace {

// f(0), f(1), ... f(count - 1), each a constant.
template <int count, typename F>
[[gnu::always_inline]] inline void Repeat(F&& f) {
  [&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, i>{}), ...);
  }
  (std::make_integer_sequence<int, count>{});
}

}  // namespace
}  // namespace plumb::kernels
