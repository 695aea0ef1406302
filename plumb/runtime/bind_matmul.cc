// matmul of f32: a [..., M, K] times b [..., K, N], leading axes broadcast as in NumPy; one chain
// over k an output. A constant b is packed once, another b at every run.
#include <algorithm>
#include <functional>

#include "plumb/kernels/dot_f32/dot_f32.h"
#include "plumb/runtime/binding.h"

namespace plumb::runtime {
namespace {

using kernels::DotF32Kernel;
using kernels::DotF32Panels;

struct MatmulShape {
  int64_t m = 0, k = 0, n = 0;
  std::vector<int64_t> a_index, b_index;  // by matrix of the output: which matrix of a, of b
};

class MatmulF32 final : public BoundRecord {
 public:
  MatmulF32(const DotF32Kernel& kernel, MatmulShape shape, ConstTensorView constant_b)
      : kernel_(kernel), shape_(std::move(shape)), panels_(kernel, shape_.k, shape_.n) {
    if (!constant_b.present()) {
      return;
    }
    const int64_t size = shape_.k * shape_.n;
    const int64_t matrices = size == 0 ? 0 : constant_b.size() / size;
    packed_ = Tensor(DType::kF32, {matrices * panels_.elements()});
    constant_ = true;
    for (int64_t i = 0; i < matrices; ++i) {
      panels_.PackRows(constant_b.data<float>() + i * size, 0, panels_.count(),
                       packed_.values<float>().data() + i * panels_.elements());
    }
  }

  // The blocks of the kernel, then b packed: one matrix, or one a thread.
  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return kernels::DotF32ScratchBytes(threads) +
           (constant_ ? 0 : static_cast<size_t>(threads) * PackedStride() * sizeof(float));
  }
  [[nodiscard]] size_t packed_bytes() const override { return constant_ ? packed_.bytes() : 0; }
  [[nodiscard]] RecordCost cost() const override {
    RecordCost cost;
    cost.macs = static_cast<int64_t>(shape_.a_index.size()) * shape_.m * shape_.k * shape_.n;
    cost.products = DType::kF32;
    cost.kernel = kernel_.name;
    cost.isa = kernel_.isa;
    return cost;
  }

  void Run(const RunContext& context) const override {
    const auto matrices = static_cast<int64_t>(shape_.a_index.size());
    if (shape_.m * shape_.n == 0) {
      return;
    }
    const int threads = context.pool.threads();
    auto* blocks = reinterpret_cast<float*>(context.scratch.data());
    float* own =
        reinterpret_cast<float*>(context.scratch.data() + kernels::DotF32ScratchBytes(threads));
    const auto block = static_cast<int64_t>(kernels::DotF32ScratchBytesOfOne() / sizeof(float));
    if (matrices >= 2 * threads || threads == 1) {  // whole matrices to each thread
      const auto work = [&](int64_t begin, int64_t end, int part) {
        for (int64_t i = begin; i < end; ++i) {
          float* packed = own + part * PackedStride();
          if (!constant_) {
            panels_.PackRows(B(context, i), 0, panels_.count(), packed);
          }
          const kernels::DotF32Matrix rows(A(context, i), shape_.k);
          RunDotF32Part(Job(context, i, rows, packed), 0, shape_.m, 0, panels_.count(),
                        blocks + part * block);
        }
      };
      context.pool.ParallelFor(matrices, 1, std::ref(work));
      return;
    }
    for (int64_t i = 0; i < matrices; ++i) {
      if (!constant_) {
        const auto pack = [&](int64_t begin, int64_t end, int) {
          panels_.PackRows(B(context, i), begin, end, own);
        };
        context.pool.ParallelFor(panels_.count(), 1, std::ref(pack));
      }
      const kernels::DotF32Matrix rows(A(context, i), shape_.k);
      RunDotF32(Job(context, i, rows, own), context.pool, context.scratch);
    }
  }

 private:
  [[nodiscard]] int64_t PackedStride() const { return (panels_.elements() + 15) / 16 * 16; }
  [[nodiscard]] const float* A(const RunContext& context, int64_t i) const {
    return context.inputs[0].data<float>() +
           shape_.a_index[static_cast<size_t>(i)] * shape_.m * shape_.k;
  }
  [[nodiscard]] const float* B(const RunContext& context, int64_t i) const {
    return context.inputs[1].data<float>() +
           shape_.b_index[static_cast<size_t>(i)] * shape_.k * shape_.n;
  }
  [[nodiscard]] kernels::DotF32Job Job(const RunContext& context, int64_t i,
                                       const kernels::DotF32Matrix& rows,
                                       const float* packed) const {
    kernels::DotF32Job job;
    job.kernel = &kernel_;
    job.rows = &rows;
    job.row_count = shape_.m;
    job.panels = &panels_;
    job.packed = constant_ ? packed_.values<float>().data() +
                                 shape_.b_index[static_cast<size_t>(i)] * panels_.elements()
                           : packed;
    job.c = context.outputs[0].data<float>() + i * shape_.m * shape_.n;
    job.c_stride = shape_.n;
    return job;
  }

  const DotF32Kernel& kernel_;
  MatmulShape shape_;
  DotF32Panels panels_;
  Tensor packed_;
  bool constant_ = false;
};

// Which matrix of an operand with the leading sizes `from` each matrix of the output `to` reads.
std::vector<int64_t> BroadcastIndex(std::span<const int64_t> from, std::span<const int64_t> to) {
  std::vector<int64_t> index(static_cast<size_t>(NumElements(to)));
  for (size_t i = 0; i < index.size(); ++i) {
    auto rest = static_cast<int64_t>(i);
    int64_t stride = 1, position = 0;
    for (size_t axis = 0; axis < to.size(); ++axis) {  // from the last axis
      const int64_t size = to[to.size() - 1 - axis];
      const int64_t coordinate = rest % size;
      rest /= size;
      if (axis < from.size()) {
        const int64_t own = from[from.size() - 1 - axis];
        position += own == 1 ? 0 : coordinate * stride;
        stride *= own;
      }
    }
    index[i] = position;
  }
  return index;
}

}  // namespace

Result<std::unique_ptr<BoundRecord>> BindMatmul(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(context.RequireCounts(2, 2, 1));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32));
  PLUMB_RETURN_IF_ERROR(context.RequireInput(1, DType::kF32));
  PLUMB_RETURN_IF_ERROR(context.RequireOutput(0, DType::kF32));
  const Shape& a = context.input(0).shape;
  const Shape& b = context.input(1).shape;
  if (a.size() < 2 || b.size() < 2 || a[a.size() - 1] != b[b.size() - 2]) {
    return context.Invalid("a [..., M, K] and b [..., K, N]",
                           StrCat(ShapeToString(a), " and ", ShapeToString(b)));
  }
  const std::span<const int64_t> lead_a(a.data(), a.size() - 2), lead_b(b.data(), b.size() - 2);
  Shape lead(std::max(lead_a.size(), lead_b.size()), 1);
  for (size_t i = 0; i < lead.size(); ++i) {  // from the last axis
    const int64_t da = i < lead_a.size() ? lead_a[lead_a.size() - 1 - i] : 1;
    const int64_t db = i < lead_b.size() ? lead_b[lead_b.size() - 1 - i] : 1;
    if (da != db && da != 1 && db != 1) {
      return context.Invalid("leading axes that broadcast",
                             StrCat(ShapeToString(a), " and ", ShapeToString(b)));
    }
    lead[lead.size() - 1 - i] = da == 1 ? db : da;
  }
  Shape expected = lead;
  expected.push_back(a[a.size() - 2]);
  expected.push_back(b[b.size() - 1]);
  PLUMB_RETURN_IF_ERROR(context.RequireOutputShape(0, expected));
  MatmulShape shape;
  shape.m = a[a.size() - 2], shape.k = a.back(), shape.n = b.back();
  if (shape.m * shape.n >
      0) {  // otherwise the output is empty and the leading sizes are not bounded by its memory
    shape.a_index = BroadcastIndex(lead_a, lead);
    shape.b_index = BroadcastIndex(lead_b, lead);
  }
  return std::unique_ptr<BoundRecord>(std::make_unique<MatmulF32>(
      kernels::SelectDotF32(context.isa()), std::move(shape), context.ConstantInput(1)));
}

}  // namespace plumb::runtime
