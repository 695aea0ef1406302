#include "plumb/verify/shown_run.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace plumb::verify {

using artifact::Record;

Status FillInputs(runtime::Session& session, std::span<const Tensor> sample) {
  const std::vector<artifact::Port>& ports = session.program().inputs;
  if (sample.size() != ports.size()) {
    return UsageError("the network takes ", ports.size(), " inputs; found ", sample.size());
  }
  for (size_t i = 0; i < sample.size(); ++i) {
    const TensorView to = session.input(i);
    if (to.dtype != sample[i].dtype() || to.bytes() != sample[i].bytes()) {
      return UsageError("input '", ports[i].name, "': expected ", DTypeName(to.dtype), " ",
                        ShapeToString(to.shape), ", found ", DTypeName(sample[i].dtype()), " ",
                        ShapeToString(sample[i].shape()));
    }
    if (to.bytes() > 0) {
      std::memcpy(to.raw, sample[i].raw(), to.bytes());
    }
  }
  return {};
}

Status RunShowing(runtime::Session& session, const ShowMade& show) {
  return session.Run([&](size_t, const Record& record, std::span<const TensorView> outputs) {
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (record.outputs[i] >= 0) {
        show(record.outputs[i], outputs[i]);
      }
    }
  });
}

std::vector<bool> InsideLayers(const artifact::Program& program) {
  std::vector<int> readers(program.tensors.size(), 0), tables(readers);
  for (const Record& record : program.records) {
    for (const int32_t t : record.inputs) {
      if (t >= 0) {
        ++readers[static_cast<size_t>(t)];
        tables[static_cast<size_t>(t)] += record.op == "table";
      }
    }
  }
  for (const artifact::Port& port : program.outputs) {
    ++readers[static_cast<size_t>(port.tensor)];
  }
  constexpr std::array<std::string_view, 5> kWithFunction = {"conv", "fully_connected", "add",
                                                             "sub", "mul"};
  std::vector<bool> inside(program.tensors.size(), false);
  for (const Record& record : program.records) {
    const bool may = std::ranges::find(kWithFunction, record.op) != kWithFunction.end();
    for (const int32_t t : record.outputs) {
      if (may && t >= 0) {
        const auto i = static_cast<size_t>(t);
        inside[i] = !program.tensors[i].quantization.empty() && readers[i] == 1 && tables[i] == 1;
      }
    }
  }
  return inside;
}

}  // namespace plumb::verify
