#include "plumb/kernels/dot_f32/conv_transpose_f32.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

namespace plumb::kernels {
namespace {

using Class = ConvTransposeF32::Class;

std::vector<Class> MakeClasses(int64_t kernel, int64_t stride, int64_t dilation) {
  std::vector<Class> classes;
  for (int64_t tap = 0; tap < kernel; ++tap) {
    const int64_t residue = tap * dilation % stride;
    const auto found = std::find_if(classes.begin(), classes.end(),
                                    [&](const Class& c) { return c.residue == residue; });
    if (found != classes.end()) {
      found->taps.push_back(tap);
    } else {
      classes.push_back({residue, {tap}});
    }
  }
  return classes;
}

// The class of a position, null when it sees no tap.
const Class* ClassOf(const std::vector<Class>& classes, int64_t position, int64_t pad,
                     int64_t stride) {
  const int64_t residue = (position + pad) % stride;
  const auto found = std::find_if(classes.begin(), classes.end(),
                                  [&](const Class& c) { return c.residue == residue; });
  return found == classes.end() ? nullptr : &*found;
}

// The rows of a class's product: the pixels first_x, first_x + stride_w, ... of one output row.
class TransposedPixels final : public DotF32Rows {
 public:
  TransposedPixels(const ConvTransposeF32Shape& s, const Class& rows, const Class& columns,
                   const float* x, int64_t image, int64_t oy, int64_t first_x)
      : s_(s), rows_(rows), columns_(columns), x_(x), image_(image), oy_(oy), first_x_(first_x) {}

  void Copy(int64_t row, int64_t rows, int64_t k_begin, int64_t k_end, float* out) const override {
    const int64_t depth = s_.in_channels / s_.groups;
    const auto taps_x = static_cast<int64_t>(columns_.taps.size());
    for (int64_t r = row; r < row + rows; ++r, out += kDotF32Stride) {
      const int64_t ox = first_x_ + r * s_.stride_w;
      float* to = out;
      for (int64_t k = k_begin; k < k_end;) {
        const int64_t tap = k / depth, c = k % depth;
        const int64_t n = std::min(k_end - k, depth - c);
        // Exact divisions, negative above and left of the picture.
        const int64_t kh = rows_.taps[static_cast<size_t>(tap / taps_x)];
        const int64_t kw = columns_.taps[static_cast<size_t>(tap % taps_x)];
        const int64_t iy = (oy_ + s_.pad_top - kh * s_.dilation_h) / s_.stride_h;
        const int64_t ix = (ox + s_.pad_left - kw * s_.dilation_w) / s_.stride_w;
        if (iy >= 0 && iy < s_.in_h && ix >= 0 && ix < s_.in_w) {
          const int64_t pixel = (image_ * s_.in_h + iy) * s_.in_w + ix;
          std::memcpy(to, x_ + pixel * s_.in_channels + c, static_cast<size_t>(n) * sizeof(float));
        } else {
          std::memset(to, 0, static_cast<size_t>(n) * sizeof(float));
        }
        to += n;
        k += n;
      }
    }
  }

 private:
  const ConvTransposeF32Shape& s_;
  const Class& rows_;
  const Class& columns_;
  const float* x_;  // at the group's first channel
  int64_t image_, oy_, first_x_;
};

}  // namespace

ConvTransposeF32::ConvTransposeF32(const ConvTransposeF32Shape& shape, const DotF32Kernel& kernel,
                                   const float* weights)
    : s_(shape),
      kernel_(kernel),
      rows_(MakeClasses(shape.kernel_h, shape.stride_h, shape.dilation_h)),
      columns_(MakeClasses(shape.kernel_w, shape.stride_w, shape.dilation_w)) {
  const int64_t depth = s_.in_channels / s_.groups, width = s_.out_channels / s_.groups;
  int64_t total = 0;
  for (const Class& r : rows_) {
    for (const Class& c : columns_) {
      const DotF32Panels panels(kernel, static_cast<int64_t>(r.taps.size() * c.taps.size()) * depth,
                                width);
      products_.push_back({panels, total});
      total += s_.groups * panels.elements();
    }
  }
  packed_ = Tensor(DType::kF32, {total});
  std::vector<float> gathered(
      static_cast<size_t>(s_.kernel_h * s_.kernel_w * depth * width));  // [k][width] of a class
  for (size_t i = 0; i < products_.size(); ++i) {
    const Class& r = rows_[i / columns_.size()];
    const Class& c = columns_[i % columns_.size()];
    const DotF32Panels& panels = products_[i].panels;
    for (int64_t g = 0; g < s_.groups; ++g) {
      float* to = gathered.data();
      for (int64_t kh : r.taps) {
        for (int64_t kw : c.taps) {
          for (int64_t channel = g * depth; channel < (g + 1) * depth; ++channel, to += width) {
            std::copy_n(weights + ((channel * s_.kernel_h + kh) * s_.kernel_w + kw) * width, width,
                        to);
          }
        }
      }
      panels.PackRows(gathered.data(), 0, panels.count(),
                      packed_.values<float>().data() + products_[i].offset + g * panels.elements());
    }
  }
}

void ConvTransposeF32::RunRow(const float* x, const float* bias, float* y, int64_t row,
                              float* scratch) const {
  const int64_t image = row / s_.out_h, oy = row % s_.out_h;
  float* out = y + row * s_.out_w * s_.out_channels;
  const Class* row_class = ClassOf(rows_, oy, s_.pad_top, s_.stride_h);
  if (row_class == nullptr ||
      static_cast<int64_t>(columns_.size()) < s_.stride_w) {  // empty chains
    for (int64_t ox = 0; ox < s_.out_w; ++ox) {
      if (row_class == nullptr || ClassOf(columns_, ox, s_.pad_left, s_.stride_w) == nullptr) {
        for (int64_t o = 0; o < s_.out_channels; ++o) {
          out[ox * s_.out_channels + o] = bias != nullptr ? 0.0f + bias[o] : 0.0f;
        }
      }
    }
  }
  if (row_class == nullptr) {
    return;
  }
  const int64_t depth = s_.in_channels / s_.groups, width = s_.out_channels / s_.groups;
  for (size_t c = 0; c < columns_.size(); ++c) {
    const Class& column_class = columns_[c];
    // The least ox >= 0 with (ox + pad) mod stride = residue.
    const int64_t first =
        ((column_class.residue - s_.pad_left) % s_.stride_w + s_.stride_w) % s_.stride_w;
    if (first >= s_.out_w) {
      continue;
    }
    const Product& product =
        products_[static_cast<size_t>(row_class - rows_.data()) * columns_.size() + c];
    for (int64_t g = 0; g < s_.groups; ++g) {
      const TransposedPixels pixels(s_, *row_class, column_class, x + g * depth, image, oy, first);
      DotF32Job job;
      job.kernel = &kernel_;
      job.rows = &pixels;
      job.row_count = (s_.out_w - 1 - first) / s_.stride_w + 1;
      job.panels = &product.panels;
      job.packed = packed_.values<float>().data() + product.offset + g * product.panels.elements();
      job.bias = bias != nullptr ? bias + g * width : nullptr;
      job.c = out + first * s_.out_channels + g * width;
      job.c_stride = s_.stride_w * s_.out_channels;
      RunDotF32Part(job, 0, job.row_count, 0, product.panels.count(), scratch);
    }
  }
}

void ConvTransposeF32::Run(const float* x, const float* bias, float* y, ThreadPool& pool,
                           std::span<std::byte> scratch) const {
  PLUMB_CHECK(scratch.size() >= scratch_bytes(pool.threads())) << "scratch of " << scratch.size();
  const auto work = [&](int64_t begin, int64_t end, int part) {
    auto* block = reinterpret_cast<float*>(scratch.data() +
                                           static_cast<size_t>(part) * DotF32ScratchBytesOfOne());
    for (int64_t row = begin; row < end; ++row) {
      RunRow(x, bias, y, row, block);
    }
  };
  pool.ParallelFor(s_.batch * s_.out_h, 1, std::ref(work));
}

void ConvTransposeF32Reference(const ConvTransposeF32Shape& s, const float* x, const float* w,
                               const float* bias, float* y) {
  const int64_t depth = s.in_channels / s.groups, width = s.out_channels / s.groups;
  for (int64_t i = 0; i < s.batch * s.out_h * s.out_w * s.out_channels; ++i) {
    const int64_t o = i % s.out_channels, ox = i / s.out_channels % s.out_w;
    const int64_t oy = i / s.out_channels / s.out_w % s.out_h,
                  n = i / s.out_channels / s.out_w / s.out_h;
    float acc = 0.0f;
    for (int64_t kh = 0; kh < s.kernel_h; ++kh) {
      for (int64_t kw = 0; kw < s.kernel_w; ++kw) {
        const int64_t ty = oy + s.pad_top - kh * s.dilation_h,
                      tx = ox + s.pad_left - kw * s.dilation_w;
        if (ty % s.stride_h != 0 || tx % s.stride_w != 0) {
          continue;
        }
        const int64_t iy = ty / s.stride_h, ix = tx / s.stride_w;
        const bool inside = iy >= 0 && iy < s.in_h && ix >= 0 && ix < s.in_w;
        for (int64_t c = o / width * depth; c < (o / width + 1) * depth; ++c) {
          const float value =
              inside ? x[((n * s.in_h + iy) * s.in_w + ix) * s.in_channels + c] : 0.0f;
          acc = std::fma(value, w[((c * s.kernel_h + kh) * s.kernel_w + kw) * width + o % width],
                         acc);
        }
      }
    }
    y[i] = bias != nullptr ? acc + bias[o] : acc;
  }
}

}  // namespace plumb::kernels
