#include "plumb/api/bench_session.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <random>

#include "plumb/api/run.h"
#include "plumb/api/stopwatch.h"
#include "plumb/runtime/port_convert.h"

namespace plumb {
namespace {

void FillWithNoise(runtime::Session& session) {
  std::mt19937 random(1);
  for (size_t i = 0; i < session.program().inputs.size(); ++i) {
    const TensorView input = session.input(i);
    if (input.dtype == DType::kF32) {
      for (int64_t k = 0; k < input.size(); ++k) {
        static_cast<float*>(input.raw)[k] = static_cast<float>(random() >> 8) * 0x1p-24f;
      }
    } else {
      std::memset(input.raw, 0, input.bytes());
    }
  }
}

}  // namespace

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  size_t pages = 0, resident = 0;
  file >> pages >> resident;
  return file ? resident * static_cast<size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

Result<std::unique_ptr<BenchSession>> BenchSession::Open(const std::string& path,
                                                         const ModelOptions& options, int threads,
                                                         const std::vector<std::string>& inputs) {
  auto bench = std::make_unique<BenchSession>();
  Stopwatch watch;
  PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(path, options));
  runtime::SessionOptions session_options;
  session_options.threads = threads;
  session_options.observe_contents = false;
  PLUMB_ASSIGN_OR_RETURN(bench->session_, runtime::Session::Create(model.program, session_options));
  bench->load_ms_ = watch.Lap();
  PLUMB_RETURN_IF_ERROR(bench->FillInputs(model, inputs));
  const artifact::Program& program = *model.program;
  for (size_t i = 0; i < program.outputs.size(); ++i) {
    const artifact::Port& port = program.outputs[i];
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(port.tensor)];
    const DType user = runtime::OutputType(info, port, false);
    if (user != info.dtype) {
      bench->converted_.push_back({i, Tensor(user, info.shape)});
    }
  }
  return bench;
}

Status BenchSession::FillInputs(const Model& model, const std::vector<std::string>& inputs) {
  if (inputs.empty()) {
    FillWithNoise(*session_);
    return {};
  }
  RunOptions options;
  options.inputs = inputs;
  PLUMB_ASSIGN_OR_RETURN(const std::vector<runtime::NamedTensor> tensors,
                         LoadInputs(model, options));
  for (const runtime::NamedTensor& given : tensors) {
    size_t i = 0;
    while (model.program->inputs[i].name != given.name) {
      ++i;
    }
    const artifact::Port& port = model.program->inputs[i];
    const artifact::TensorInfo& info = model.program->tensors[static_cast<size_t>(port.tensor)];
    if (given.tensor.dtype() != port.dtype || given.tensor.shape() != info.shape) {
      return UsageError("--input for '", port.name, "': expected ", DTypeName(port.dtype), " ",
                        ShapeToString(info.shape), ", found ", DTypeName(given.tensor.dtype()), " ",
                        ShapeToString(given.tensor.shape()));
    }
    runtime::FromUser(info, port.dtype, given.tensor.raw(), session_->input(i).raw);
  }
  return {};
}

Status BenchSession::Run(const runtime::RecordObserver& observer) {
  PLUMB_RETURN_IF_ERROR(session_->Run(observer));
  for (Converted& one : converted_) {
    const ConstTensorView stored = session_->output(one.output);
    const artifact::Program& program = session_->program();
    runtime::ToUser(program.tensors[static_cast<size_t>(program.outputs[one.output].tensor)],
                    one.tensor.dtype(), stored.raw, one.tensor.raw());
  }
  return {};
}

Result<BenchTimes> BenchSession::Time(double seconds, int least) {
  std::vector<double> times;
  for (double total = 0; static_cast<int>(times.size()) < least || total < seconds * 1000;) {
    Stopwatch watch;
    PLUMB_RETURN_IF_ERROR(Run());
    times.push_back(watch.Lap());
    total += times.back();
  }
  return BenchTimes{static_cast<int>(times.size()), *std::min_element(times.begin(), times.end()),
                    MedianOf(times)};
}

Status BenchSession::TimeRecords(std::vector<std::vector<double>>& by_record) {
  by_record.resize(session_->program().records.size());
  Stopwatch watch;
  return Run([&](size_t index, const artifact::Record&, std::span<const TensorView>) {
    by_record[index].push_back(watch.Lap());
  });
}

}  // namespace plumb
