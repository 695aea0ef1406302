#include "plumb/api/report_layers.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "plumb/api/float_name.h"
#include "plumb/api/report_text.h"
#include "plumb/api/stopwatch.h"
#include "plumb/lower/graph_runner.h"
#include "plumb/numerics/requantize.h"
#include "plumb/runtime/session.h"
#include "plumb/verify/closeness.h"

namespace plumb {
namespace {

constexpr int kTimedRuns = 5;
constexpr size_t kBins = 72;
// Entries of all channel charts together, so that a page of a large network stays small.
constexpr size_t kChannelEntries = 40000;
constexpr size_t kLeastChannels = 32, kMostChannels = 256;

bool IsInteger(DType dtype) { return dtype == DType::kS8 || dtype == DType::kS16; }

// Of one tensor while it is measured.
struct Measured {
  bool seen = false;
  float low = 0, high = 0;
  std::vector<float> channel_low, channel_high;
  verify::Closeness closeness;
  double largest_steps = 0, clipped = 0, count = 0;
  std::vector<bool> levels;
  double bins_low = 0, bin_width = 0;
  std::vector<double> first, second;
};

class RecordMeasurer {
 public:
  RecordMeasurer(const ir::Graph& graph, std::shared_ptr<const artifact::Program> program,
                 int threads)
      : graph_(graph),
        program_(std::move(program)),
        threads_(threads),
        measured_(program_->records.size()) {
    for (size_t i = 0; i < program_->records.size(); ++i) {
      if (const artifact::TensorInfo* info = Output(i)) {
        wanted_[FloatNameOf(info->name)].push_back(i);
      }
    }
  }

  Result<std::vector<RecordFacts>> Run(std::span<const std::vector<Tensor>> samples) {
    PLUMB_ASSIGN_OR_RETURN(auto floats, lower::GraphRunner::Create(graph_, threads_));
    runtime::SessionOptions options;
    options.threads = threads_;
    PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(program_, options));
    for (const std::vector<Tensor>& sample : samples) {
      PLUMB_RETURN_IF_ERROR(
          floats.Run(sample, [&](ir::ValueId v, ConstTensorView t) { AddRanges(v, t); }).status());
    }
    for (size_t i = 0; i < measured_.size(); ++i) {
      ChooseBins(i);
    }
    for (const std::vector<Tensor>& sample : samples) {
      PLUMB_RETURN_IF_ERROR(
          floats.Run(sample, [&](ir::ValueId v, ConstTensorView t) { Keep(v, t); }).status());
      std::vector<runtime::NamedTensor> named;
      for (size_t i = 0; i < sample.size(); ++i) {
        named.push_back({program_->inputs[i].name, sample[i]});
      }
      PLUMB_RETURN_IF_ERROR(
          runtime::RunNamed(*session, named, false,
                            [&](size_t i, const artifact::Record&,
                                std::span<const TensorView> out) { Compare(i, out); })
              .status());
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<double> ms, Times());
    std::vector<RecordFacts> facts;
    std::map<int32_t, size_t> maker;
    for (size_t i = 0; i < measured_.size(); ++i) {
      facts.push_back(FactsOf(i, maker));
      facts.back().macs = session->cost(i).macs;
      facts.back().ms = ms[i];
      for (const int32_t t : program_->records[i].outputs) {
        maker[t] = i;
      }
    }
    return facts;
  }

 private:
  [[nodiscard]] const artifact::TensorInfo* Output(size_t record) const {
    const artifact::Record& r = program_->records[record];
    return r.outputs.empty() || r.outputs[0] < 0
               ? nullptr
               : &program_->tensors[static_cast<size_t>(r.outputs[0])];
  }

  // The records whose tensor is this value of the float graph: several, where it is held on several grids.
  [[nodiscard]] std::vector<size_t> RecordsOf(ir::ValueId value, ConstTensorView tensor) const {
    std::vector<size_t> records;
    const auto at = wanted_.find(graph_.value(value).name);
    if (tensor.dtype == DType::kF32 && at != wanted_.end()) {
      std::copy_if(
          at->second.begin(), at->second.end(), std::back_inserter(records),
          [&](size_t record) { return std::ranges::equal(Output(record)->shape, tensor.shape); });
    }
    return records;
  }

  // Channels lie along the grid's axis, or along the last one.
  struct Axis {
    size_t channels = 1, inner = 1;
    [[nodiscard]] size_t At(size_t i) const { return i / inner % channels; }
  };
  [[nodiscard]] Axis AxisOf(size_t record) const {
    const artifact::TensorInfo& info = *Output(record);
    const artifact::Record& r = program_->records[record];
    if (info.shape.size() != 4 && !info.quantization.per_channel()) {
      return {};
    }
    const size_t axis = info.quantization.per_channel()
                            ? static_cast<size_t>(info.quantization.axis)
                        : r.attributes.String("output_layout", "nhwc") == "nchw" ? 1
                                                                                 : 3;
    return {static_cast<size_t>(info.shape[axis]),
            static_cast<size_t>(NumElements(std::span(info.shape).subspan(axis + 1)))};
  }

  void AddRanges(ir::ValueId value, ConstTensorView tensor) {
    for (const size_t record : RecordsOf(value, tensor)) {
      if (tensor.size() > 0) {
        AddRange(record, tensor);
      }
    }
  }

  void AddRange(size_t record, ConstTensorView tensor) {
    Measured* m = &measured_[record];
    const Axis axis = AxisOf(record);
    if (!m->seen) {
      m->seen = true;
      m->channel_low.assign(axis.channels, std::numeric_limits<float>::infinity());
      m->channel_high.assign(axis.channels, -std::numeric_limits<float>::infinity());
    }
    const float* x = tensor.data<float>();
    for (size_t i = 0; i < static_cast<size_t>(tensor.size()); ++i) {
      if (std::isfinite(x[i])) {
        const size_t c = axis.At(i);
        m->channel_low[c] = std::min(m->channel_low[c], x[i]);
        m->channel_high[c] = std::max(m->channel_high[c], x[i]);
      }
    }
    m->low = *std::min_element(m->channel_low.begin(), m->channel_low.end());
    m->high = *std::max_element(m->channel_high.begin(), m->channel_high.end());
    m->seen = m->low <= m->high;
  }

  struct Ends {
    double low, high;
  };
  [[nodiscard]] static Ends EndsOf(const artifact::TensorInfo& info, size_t channel) {
    const double most = info.dtype == DType::kS16 ? 32767 : 127;
    const size_t c = info.quantization.per_channel() ? channel : 0;
    const double scale = info.quantization.scale[c], zero = info.quantization.zero_point[c];
    return {scale * (-most - 1 - zero), scale * (most - zero)};
  }

  // Whole steps of the grid a bin, so that no bin gets more of the integers than its neighbours.
  void ChooseBins(size_t record) {
    Measured& m = measured_[record];
    if (!m.seen) {
      return;
    }
    const artifact::TensorInfo& info = *Output(record);
    double low = m.low, high = m.high;
    const bool one_grid =
        IsInteger(info.dtype) && !info.quantization.empty() && !info.quantization.per_channel();
    if (one_grid) {
      const Ends ends = EndsOf(info, 0);
      low = std::min(low, ends.low);
      high = std::max(high, ends.high);
      const double step = info.quantization.scale[0];
      const double each = std::max(1.0, std::ceil((high - low) / step / kBins));
      m.bin_width = each * step;
      m.bins_low = (std::floor(low / step) - 0.5) * step;
      m.first.assign(static_cast<size_t>(std::ceil((high - m.bins_low) / m.bin_width + 1e-9)), 0);
    } else {
      const double width = high > low ? (high - low) / kBins : 1;
      m.bin_width = width;
      m.bins_low = low;
      m.first.assign(kBins, 0);
    }
    m.second = m.first;
    if (IsInteger(info.dtype)) {
      m.levels.assign(info.dtype == DType::kS16 ? 65536 : 256, false);
    }
  }

  static void Count(const Measured& m, double x, std::vector<double>& bins) {
    const double at = (x - m.bins_low) / m.bin_width;
    if (std::isfinite(at)) {
      ++bins[static_cast<size_t>(std::clamp(at, 0.0, static_cast<double>(bins.size() - 1)))];
    }
  }

  void Keep(ir::ValueId value, ConstTensorView tensor) {
    if (!RecordsOf(value, tensor).empty()) {
      const float* x = tensor.data<float>();
      reference_[graph_.value(value).name].assign(x, x + tensor.size());
    }
  }

  void Compare(size_t record, std::span<const TensorView> outputs) {
    Measured& m = measured_[record];
    const artifact::TensorInfo* info = Output(record);
    if (!m.seen || outputs.empty() || outputs[0].raw == nullptr ||
        (!IsInteger(info->dtype) && info->dtype != DType::kF32)) {
      return;
    }
    const std::vector<float>& reference = reference_[FloatNameOf(info->name)];
    const auto count = static_cast<size_t>(outputs[0].size());
    if (reference.size() != count) {
      return;
    }
    const Quantization& grid = info->quantization;
    const Axis axis = AxisOf(record);
    std::vector<float> ours(count);
    for (size_t i = 0; i < count; ++i) {
      if (info->dtype == DType::kF32) {
        ours[i] = outputs[0].data<float>()[i];
        continue;
      }
      const size_t c = grid.per_channel() ? axis.At(i) : 0;
      const int32_t q =
          info->dtype == DType::kS16 ? outputs[0].data<int16_t>()[i] : outputs[0].data<int8_t>()[i];
      ours[i] = numerics::Dequantize(q, grid.scale[c], grid.zero_point[c]);
      m.levels[static_cast<size_t>(q + static_cast<int32_t>(m.levels.size() / 2))] = true;
      const double step = grid.scale[c];
      m.largest_steps = std::max(m.largest_steps, std::fabs(reference[i] - ours[i]) / step);
      const Ends ends = EndsOf(*info, c);
      m.clipped += reference[i] < ends.low - step / 2 || reference[i] > ends.high + step / 2;
    }
    m.closeness.Add(reference, ours);
    m.count += static_cast<double>(count);
    for (size_t i = 0; i < count; ++i) {
      Count(m, reference[i], m.first);
      Count(m, ours[i], m.second);
    }
  }

  // The least of a few runs of every record, on the inputs that lie in the session: zeros, whose time is that of any values.
  Result<std::vector<double>> Times() const {
    runtime::SessionOptions options;
    options.threads = threads_;
    options.observe_contents = false;
    PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(program_, options));
    std::vector<double> least(program_->records.size(), std::numeric_limits<double>::infinity());
    for (int run = 0; run < kTimedRuns; ++run) {
      Stopwatch watch;
      PLUMB_RETURN_IF_ERROR(
          session->Run([&](size_t i, const artifact::Record&, std::span<const TensorView>) {
            least[i] = std::min(least[i], watch.Lap());
          }));
    }
    return least;
  }

  RecordFacts FactsOf(size_t record, const std::map<int32_t, size_t>& maker) const {
    const artifact::Record& r = program_->records[record];
    const Measured& m = measured_[record];
    RecordFacts facts;
    facts.op = r.op;
    facts.function = r.attributes.String("function", "none");
    for (const int32_t t : r.inputs) {
      const auto made = maker.find(t);
      if (made != maker.end() &&
          std::find(facts.inputs.begin(), facts.inputs.end(), made->second) == facts.inputs.end()) {
        facts.inputs.push_back(made->second);
      }
    }
    facts.in_integers = !r.inputs.empty() && r.inputs[0] >= 0 &&
                        IsInteger(program_->tensors[static_cast<size_t>(r.inputs[0])].dtype);
    const artifact::TensorInfo* info = Output(record);
    if (info == nullptr) {
      facts.name = r.name;
      return facts;
    }
    facts.name = info->name;
    facts.dtype = info->dtype;
    facts.shape = info->shape;
    facts.grid = info->quantization;
    if (m.count == 0) {
      return facts;
    }
    facts.compared = true;
    facts.sqnr = m.closeness.Sqnr();
    facts.cosine = m.closeness.Cosine();
    facts.largest = m.closeness.largest;
    facts.largest_steps = m.largest_steps;
    facts.low = m.low;
    facts.high = m.high;
    facts.clipped = m.clipped / m.count;
    facts.levels = static_cast<int>(std::count(m.levels.begin(), m.levels.end(), true));
    facts.levels_all = static_cast<int>(m.levels.size());
    AddHistogram(record, facts);
    AddChannels(record, facts);
    return facts;
  }

  void AddHistogram(size_t record, RecordFacts& facts) const {
    const Measured& m = measured_[record];
    report::Histogram h;
    h.title = "Share of the values";
    h.first_name = "float network";
    h.second_name = StrCat("integer network (", TypeText(facts.dtype), ")");
    h.low = m.bins_low;
    h.high = m.bins_low + m.bin_width * static_cast<double>(m.first.size());
    for (size_t i = 0; i < m.first.size(); ++i) {
      h.first.push_back(m.first[i] / m.count);
      h.second.push_back(m.second[i] / m.count);
    }
    if (IsInteger(facts.dtype) && !facts.grid.per_channel()) {
      const Ends ends = EndsOf(*Output(record), 0);
      h.limit_low = ends.low;
      h.limit_high = ends.high;
    }
    facts.detail.histogram = std::move(h);
  }

  void AddChannels(size_t record, RecordFacts& facts) const {
    const Measured& m = measured_[record];
    const size_t channels = m.channel_low.size();
    if (channels < 2) {
      return;
    }
    const size_t most = std::clamp(kChannelEntries / std::max<size_t>(1, measured_.size()),
                                   kLeastChannels, kMostChannels);
    report::ChannelRanges r;
    r.channels_each = (channels + most - 1) / most;
    r.title = r.channels_each > 1
                  ? StrCat("Range of the values, ", r.channels_each, " channels together")
                  : "Range of the values by channel";
    for (size_t c = 0; c < channels; c += r.channels_each) {
      double low = m.channel_low[c], high = m.channel_high[c];
      Ends ends = IsInteger(facts.dtype) ? EndsOf(*Output(record), c)
                                         : Ends{report::kNoNumber, report::kNoNumber};
      for (size_t k = c + 1; k < std::min(channels, c + r.channels_each); ++k) {
        low = std::min<double>(low, m.channel_low[k]);
        high = std::max<double>(high, m.channel_high[k]);
        if (facts.grid.per_channel()) {
          const Ends other = EndsOf(*Output(record), k);
          ends = {std::min(ends.low, other.low), std::max(ends.high, other.high)};
        }
      }
      r.low.push_back(low);
      r.high.push_back(high);
      if (facts.grid.per_channel() || r.limit_low.empty()) {  // one entry: the same for all
        r.limit_low.push_back(ends.low);
        r.limit_high.push_back(ends.high);
      }
    }
    facts.detail.ranges = std::move(r);
  }

  const ir::Graph& graph_;
  std::shared_ptr<const artifact::Program> program_;
  int threads_;
  std::vector<Measured> measured_;                       // by record
  std::map<std::string, std::vector<size_t>> wanted_;    // records by name of the float tensor
  std::map<std::string, std::vector<float>> reference_;  // of the current sample
};

}  // namespace

Result<std::vector<RecordFacts>> MeasureRecords(const ir::Graph& graph,
                                                std::shared_ptr<const artifact::Program> program,
                                                std::span<const std::vector<Tensor>> samples,
                                                int threads) {
  return RecordMeasurer(graph, std::move(program), threads).Run(samples);
}

}  // namespace plumb
