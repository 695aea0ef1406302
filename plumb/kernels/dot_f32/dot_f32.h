// Dense products in binary32: convolution, fully connected layer, matrix product.
//
// Definition (dot_f32_reference.h): every output is one chain of fused multiply-adds over k =
// 0..K-1, starting from +0,
//   acc = fma(a[row][k], b[column][k], acc),
// then acc + bias[column] if there is a bias, then a function of one number if there is one. For a
// convolution k runs over (kernel row, kernel column, channel), and padding is an a of +0. Vector
// lanes lie across columns, threads and tiles split rows and columns, never a chain: so the bits
// are those of the definition, whatever computes them.
//
// How it is computed: rows of a are copied into blocks of kDotF32Chunk elements of k, or read where
// they are (conv_f32.h); columns of b are packed once into panels of `panel` columns, [k][panel]; a
// kernel multiplies one tile of rows by one panel. Between chunks the accumulators wait in the
// output.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/tensor.h"
#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

inline constexpr int64_t kDotF32Chunk = 384;  // elements of k in a block
inline constexpr int64_t kDotF32Stride =
    kDotF32Chunk + 16;  // from row to row of a block: no cache-set collisions
inline constexpr int64_t kDotF32BlockRows =
    192;  // rows of a block: it stays in the second-level cache

// Elements of a row of a that follow one another in memory.
struct DotF32Segment {
  int64_t offset;  // from the row's start
  int64_t length;
};

// What one call of a kernel computes: `rows` times `columns` outputs over the segments' steps of
// their chains.
struct DotF32Tile {
  const float* a;  // row r starts at a + r * a_stride
  int64_t a_stride;
  std::span<const DotF32Segment> segments;  // may be none
  const float* b;  // [k][width], width = panel, or panel / 2 when columns <= panel / 2
  float* c;        // [rows][c_stride], `columns` of each row are touched
  int64_t c_stride;
  int rows;           // 1..max_rows
  int columns;        // 1..panel
  bool first;         // chains start from +0, else from c
  const float* bias;  // [columns] added at the end of the chains; null: not the end, or no bias
};

struct DotF32Kernel {
  const char* name;
  Isa isa;
  int max_rows;
  int panel;  // columns of a full panel, even
  void (*run)(const DotF32Tile& tile);
};

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const DotF32Kernel*> DotF32Kernels();
[[nodiscard]] const DotF32Kernel& SelectDotF32(Isa isa);

// b, packed: panels one after the other. The last one is half as wide when at most half a panel of
// columns is left; missing columns are +0.
class DotF32Panels {
 public:
  DotF32Panels(const DotF32Kernel& kernel, int64_t k, int64_t columns);
  [[nodiscard]] int64_t k() const { return k_; }
  [[nodiscard]] int64_t columns() const { return columns_; }
  [[nodiscard]] int64_t count() const { return (columns_ + panel_ - 1) / panel_; }
  [[nodiscard]] int64_t width(int64_t index) const;  // of panel `index`
  [[nodiscard]] int64_t elements() const;            // floats of all panels
  [[nodiscard]] int64_t offset(int64_t index) const { return index * panel_ * k_; }
  // b is [columns][k], rows one after the other (a layer's weights).
  void PackColumns(const float* b, float* packed) const;
  // b is [k][columns] (the right side of a matrix product); panels [begin, end).
  void PackRows(const float* b, int64_t begin, int64_t end, float* packed) const;

 private:
  int64_t panel_, k_, columns_;
};

// Where the rows of a come from: copies elements [k_begin, k_end) of rows [row, row + rows) to out,
// kDotF32Stride apart.
class DotF32Rows {
 public:
  virtual ~DotF32Rows() = default;
  virtual void Copy(int64_t row, int64_t rows, int64_t k_begin, int64_t k_end,
                    float* out) const = 0;
};

// Rows of a matrix, `stride` elements apart.
class DotF32Matrix final : public DotF32Rows {
 public:
  DotF32Matrix(const float* a, int64_t stride) : a_(a), stride_(stride) {}
  void Copy(int64_t row, int64_t rows, int64_t k_begin, int64_t k_end, float* out) const override;

 private:
  const float* a_;
  int64_t stride_;
};

// A function of one number applied to finished outputs, in place: y[i] = f(y[i]).
struct DotF32Function {
  void (*apply)(const float* in, float* out, int64_t n,
                const float* parameters) = nullptr;  // null: none
  const float* parameters = nullptr;
};

struct DotF32Job {
  const DotF32Kernel* kernel = nullptr;
  const DotF32Rows* rows = nullptr;
  int64_t row_count = 0;
  const DotF32Panels* panels = nullptr;
  const float* packed = nullptr;
  const float* bias = nullptr;  // [columns] or null
  float* c = nullptr;           // [row_count][c_stride], panels->columns() of each row are written
  int64_t c_stride = 0;
  DotF32Function function;
};

[[nodiscard]] size_t DotF32ScratchBytes(
    int threads);                                // 64-byte aligned memory that RunDotF32 works in
[[nodiscard]] size_t DotF32ScratchBytesOfOne();  // the same for RunDotF32Part

void RunDotF32(const DotF32Job& job, ThreadPool& pool, std::span<std::byte> scratch);
// Rows [row_begin, row_end) and panels [panel_begin, panel_end) on the calling thread.
void RunDotF32Part(const DotF32Job& job, int64_t row_begin, int64_t row_end, int64_t panel_begin,
                   int64_t panel_end, float* scratch);

}  // namespace plumb::kernels
