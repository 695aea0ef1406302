#include "plumb/kernels/common/layer_end.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "plumb/base/check.h"
#include "plumb/kernels/common/select.h"
#include "plumb/numerics/requantize.h"

namespace plumb::kernels {
namespace {

constexpr const EndKernel* kKernels[] = {
#define PLUMB_LAYER_END(kernel) &kernel,
#include "plumb/kernels/common/layer_end_kernels.inc"
#undef PLUMB_LAYER_END
};

constexpr size_t kPadding = 64;

// Rows of 8-bit numbers of a block; the usual widths without a call.
void CopyRows(const int8_t* from, int64_t from_stride, int8_t* to, int64_t to_stride,
              const EndBlock& block) {
  for (int64_t row = 0; row < block.rows; ++row, from += from_stride, to += to_stride) {
    if (block.channels == 16) {
      std::memcpy(to, from, 16);
    } else if (block.channels == 32) {
      std::memcpy(to, from, 32);
    } else {
      std::memcpy(to, from, static_cast<size_t>(block.channels));
    }
  }
}

bool HasRest(const EndKernel& kernel) { return kernel.cpu_has == nullptr || kernel.cpu_has(); }

}  // namespace

void LayerEndReference(const LayerEndSpec& spec, int32_t acc, int64_t c, void* y, int64_t i,
                       int8_t residual) {
  float real = static_cast<float>(acc) * spec.multiplier[c];
  int8_t* const y8 = static_cast<int8_t*>(y);
  switch (spec.kind) {
    case EndKind::kRequantize:
      y8[i] = static_cast<int8_t>(numerics::Requantize(acc, spec.multiplier[c], spec.clamp_lo,
                                                       spec.clamp_hi, spec.y_zero_point[c]));
      break;
    case EndKind::kTable:
      y8[i] = spec.table[128 + numerics::Requantize(acc, spec.multiplier[c], -128, 127,
                                                    spec.mid_zero_point)];
      break;
    case EndKind::kRealS8:
    case EndKind::kRealF32:
      if (spec.function.apply != nullptr) {
        spec.function.apply(&real, &real, 1, spec.function.parameters);
      }
      if (spec.kind == EndKind::kRealF32) {
        static_cast<float*>(y)[i] = real;
        return;
      }
      y8[i] = static_cast<int8_t>(
          numerics::Quantize(real, spec.y_scale[c], spec.y_zero_point[c], -128, 127));
      break;
  }
  if (!spec.residual) {
    return;
  }
  const EndResidual& sum = *spec.residual;
  const float own = static_cast<float>(y8[i] - sum.own_zero_point) * sum.own_multiplier;
  const float other = static_cast<float>(residual - sum.zero_point) * sum.multiplier;
  const int32_t q = numerics::ClampRound(own + other, sum.lo, sum.hi, sum.y_zero_point);
  y8[i] = sum.table != nullptr ? sum.table[q + 128] : static_cast<int8_t>(q);
}

int64_t AccumulatorBound(const int8_t* w, const int32_t* bias, int64_t channels, int64_t k) {
  int64_t most = 0;
  for (int64_t c = 0; c < channels; ++c) {
    int64_t sum = 0;
    // Runs whose sum fits 32 bits: vectors of those hold more.
    constexpr int64_t kRun = 1 << 20;
    for (int64_t first = 0; first < k; first += kRun) {
      int32_t run = 0;
      for (int64_t i = first; i < std::min(first + kRun, k); ++i) {
        run += std::abs(w[c * k + i]);
      }
      sum += run;
    }
    most = std::max(most, 255 * sum + (bias != nullptr ? std::abs(int64_t{bias[c]}) : 0));
  }
  return most;
}

std::vector<const EndKernel*> EndKernels() {
  std::vector<const EndKernel*> kernels = RunnableKernels<EndKernel>(kKernels);
  std::erase_if(kernels, [](const EndKernel* kernel) { return !HasRest(*kernel); });
  return kernels;
}

const EndKernel& SelectEnd(Isa isa) {
  for (const EndKernel* kernel : kKernels) {
    if (MayRun(isa, kernel->isa) && HasRest(*kernel)) {
      return *kernel;
    }
  }
  PLUMB_CHECK(false) << "no kernel for " << IsaName(isa);
  return *kKernels[0];
}

LayerEnd::LayerEnd(const LayerEndSpec& spec, int64_t channels, const EndKernel& kernel)
    : kind_(spec.kind),
      function_(spec.function),
      look_up_(spec.look_up),
      kernel_(kernel),
      fits_(spec.fits),
      residual_(spec.residual) {
  PLUMB_CHECK(!residual_ || kind_ != EndKind::kRealF32) << "a residual needs an 8-bit output";
  const size_t n = static_cast<size_t>(channels);
  if (kind_ == EndKind::kRequantize) {
    lo_ = static_cast<int8_t>(spec.clamp_lo);
    hi_ = static_cast<int8_t>(spec.clamp_hi);
  }
  multiplier_.assign(spec.multiplier, spec.multiplier + n);
  for (size_t c = 0; c < n; ++c) {
    const bool own_grid = kind_ == EndKind::kRequantize || kind_ == EndKind::kRealS8;
    const int32_t zero = kind_ == EndKind::kTable ? spec.mid_zero_point
                         : own_grid               ? spec.y_zero_point[c]
                                                  : 0;
    zero_.push_back(zero);
    low_.push_back(static_cast<float>(lo_ - zero));
    high_.push_back(static_cast<float>(hi_ - zero));
    scale_.push_back(kind_ == EndKind::kRealS8 ? spec.y_scale[c] : 1.0f);
  }
  for (std::vector<float>* values : {&multiplier_, &low_, &high_, &scale_}) {
    values->resize(n + kPadding, 1.0f);
  }
  zero_.resize(n + kPadding, 0);
  if (kind_ == EndKind::kTable) {
    table_.assign(spec.table, spec.table + 256);
  }
  if (residual_ && residual_->table != nullptr) {
    residual_table_.assign(residual_->table, residual_->table + 256);
  }
}

void LayerEnd::Apply(const EndBlock& block, int64_t first_channel, float* real, void* y,
                     int64_t offset, int64_t y_stride) const {
  const int64_t element = kind_ == EndKind::kRealF32 ? 4 : 1;
  Apply(block, first_channel, real, {static_cast<std::byte*>(y) + offset * element, y_stride});
}

void LayerEnd::Apply(const EndBlock& block, int64_t first_channel, float* real,
                     const EndTarget& target) const {
  const EndParams params{multiplier_.data() + first_channel,
                         low_.data() + first_channel,
                         high_.data() + first_channel,
                         zero_.data() + first_channel,
                         scale_.data() + first_channel,
                         lo_,
                         hi_,
                         fits_,
                         kind_ == EndKind::kTable ? table_.data() : nullptr};
  if (kind_ == EndKind::kRealF32) {
    ApplyReal(block, params, real, target);
    return;
  }
  int8_t* const y = static_cast<int8_t*>(target.y);
  const int64_t stride = target.row_stride;
  if (kind_ == EndKind::kRealS8 && function_.known == KnownFunction::kSilu &&
      kernel_.silu != nullptr) {
    kernel_.silu(block, params, y, stride);
  } else if (kind_ == EndKind::kRealS8) {
    ApplyReal(block, params, real, {real, block.acc_stride});
    kernel_.quantize(block, params, real, block.acc_stride, y, stride);
  } else {
    const bool look_up = kind_ == EndKind::kTable && !kernel_.looks_up;
    if (look_up && stride != block.channels) {
      int8_t* const bytes = reinterpret_cast<int8_t*>(real);
      kernel_.requantize(block, params, bytes, block.channels);
      LookUp(table_, bytes, block.rows * block.channels);
      CopyRows(bytes, block.channels, y, stride, block);
    } else {
      kernel_.requantize(block, params, y, stride);
      if (look_up) {
        LookUp(table_, y, block.rows * block.channels);
      }
    }
  }
  if (residual_) {
    kernel_.add(*residual_,
                {target.residual, target.residual_stride, y, stride, block.rows, block.channels});
    if (!residual_table_.empty()) {
      int8_t* const bytes = reinterpret_cast<int8_t*>(real);
      CopyRows(y, stride, bytes, block.channels, block);
      LookUp(residual_table_, bytes, block.rows * block.channels);
      CopyRows(bytes, block.channels, y, stride, block);
    }
  }
}

// All at once: a look-up begins by loading its table.
void LayerEnd::LookUp(const std::vector<int8_t>& table, int8_t* bytes, int64_t n) const {
  if (look_up_ != nullptr) {
    look_up_(table.data(), bytes, bytes, n);
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    bytes[i] = table[static_cast<size_t>(bytes[i] + 128)];
  }
}

// Numbers before any rounding to 8 bits, to an f32 target.
void LayerEnd::ApplyReal(const EndBlock& block, const EndParams& params, float* real,
                         const EndTarget& target) const {
  float* const y = static_cast<float*>(target.y);
  const bool direct = target.channel_stride == 1;
  float* const to = direct ? y : real;
  const int64_t stride = direct ? target.row_stride : block.acc_stride;
  kernel_.scale(block, params, to, stride);
  if (function_.apply != nullptr) {
    const bool whole = stride == block.channels;
    const int64_t runs = whole ? 1 : block.rows;
    const int64_t n = whole ? block.rows * block.channels : block.channels;
    for (int64_t run = 0; run < runs; ++run) {
      function_.apply(to + run * stride, to + run * stride, n, function_.parameters);
    }
  }
  if (!direct) {
    kernel_.transpose(
        {real, stride, block.rows, block.channels, y, target.channel_stride, target.past_cache});
  }
}

void LayerEnd::Drain() const {
  if (kernel_.drain != nullptr) {
    kernel_.drain();
  }
}

size_t LayerEnd::bytes() const {
  return 4 * (multiplier_.size() + low_.size() + high_.size() + scale_.size() + zero_.size()) +
         table_.size() + residual_table_.size();
}

}  // namespace plumb::kernels
