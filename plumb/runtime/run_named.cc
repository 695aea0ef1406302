// Runs with the model's own names and types.
#include <cstring>
#include <new>

#include "plumb/artifact/validator.h"
#include "plumb/base/thread_pool.h"
#include "plumb/runtime/port_convert.h"
#include "plumb/runtime/session.h"

namespace plumb::runtime {
namespace {

using artifact::Port;
using artifact::Program;
using artifact::TensorInfo;

const TensorInfo& InfoOf(const Program& program, const Port& port) {
  return program.tensors[static_cast<size_t>(port.tensor)];
}

std::string TypeText(DType dtype, const Shape& shape) {
  return StrCat(DTypeName(dtype), "[", ShapeToString(shape), "]");
}

// "f32[2,3]", of a whole run.
std::string ExpectedText(const Program& program, const Port& port) {
  Shape shape = InfoOf(program, port).shape;
  if (program.batch > 1) {
    shape[0] *= program.batch;
  }
  return TypeText(port.dtype, shape);
}

std::string InputNames(const Program& program) {
  std::string text;
  for (const Port& port : program.inputs) {
    text += StrCat(text.empty() ? "" : ", ", "'", port.name, "'");
  }
  return text.empty() ? "none" : text;
}

// What one input is given: nullptr until found.
using Given = std::vector<const Tensor*>;

Result<Given> MatchNames(const Program& program, std::span<const NamedTensor> inputs) {
  Given given(program.inputs.size(), nullptr);
  for (const NamedTensor& input : inputs) {
    size_t i = 0;
    while (i < given.size() && program.inputs[i].name != input.name) {
      ++i;
    }
    if (i == given.size()) {
      return UsageError("the network has no input '", input.name,
                        "'; its inputs are: ", InputNames(program));
    }
    if (given[i] != nullptr) {
      return UsageError("input '", input.name, "' is given twice");
    }
    given[i] = &input.tensor;
  }
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] == nullptr) {
      const Port& port = program.inputs[i];
      return UsageError("input '", port.name, "' is missing; expected ",
                        ExpectedText(program, port));
    }
  }
  return given;
}

// How many runs one input asks for: 0 when its shape does not fit.
int64_t RunsOf(const Program& program, const Shape& expected, const Shape& found) {
  if (found == expected) {
    return program.batch == 1 ? 1 : 0;
  }
  const bool same_rest = !expected.empty() && found.size() == expected.size() &&
                         std::equal(expected.begin() + 1, expected.end(), found.begin() + 1);
  if (!same_rest || expected[0] == 0 || found[0] == 0 || found[0] % expected[0] != 0) {
    return 0;
  }
  const int64_t runs = found[0] / expected[0];
  return program.symbolic_batch || runs == program.batch ? runs : 0;
}

// Checks types and shapes; gives the number of runs.
Result<int64_t> CountRuns(const Program& program, const Given& given) {
  int64_t runs = program.batch;
  std::string decided_by;
  for (size_t i = 0; i < given.size(); ++i) {
    const Port& port = program.inputs[i];
    const TensorInfo& info = InfoOf(program, port);
    const Tensor& tensor = *given[i];
    const int64_t wanted = RunsOf(program, info.shape, tensor.shape());
    const bool type_fits = tensor.dtype() == port.dtype || tensor.dtype() == info.dtype;
    if (wanted == 0 || !type_fits || !CanConvert(info, tensor.dtype())) {
      return UsageError("input '", port.name, "': expected ", ExpectedText(program, port),
                        program.symbolic_batch ? " or a multiple of its first dimension"
                        : program.batch > 1    ? " (a run takes a batch)"
                                               : "",
                        ", found ", TypeText(tensor.dtype(), tensor.shape()));
    }
    if (wanted > 1 && runs > 1 && wanted != runs) {
      return UsageError("input '", port.name, "' holds ", wanted, " batches, but '", decided_by,
                        "' holds ", runs);
    }
    if (wanted > 1) {
      runs = wanted;
      decided_by = port.name;
    }
  }
  return runs;
}

Result<Tensor> MakeOutput(const Program& program, const Port& port, bool raw, int64_t runs) {
  const TensorInfo& info = InfoOf(program, port);
  const DType type = OutputType(info, port, raw);
  if (!CanConvert(info, type)) {
    return InvalidModel("output '", port.name, "' is computed as ", DTypeName(info.dtype),
                        " and cannot be given as ", DTypeName(type));
  }
  Shape shape = info.shape;
  if (runs > 1) {
    if (shape.empty()) {
      return UsageError("output '", port.name, "' is a scalar; run one batch at a time");
    }
    shape[0] *= runs;
  }
  if (auto bytes = artifact::TensorBytes(type, shape); !bytes.ok()) {
    return ResourceError("output '", port.name, "': ", bytes.status().message());
  }
  return Tensor(type, std::move(shape));
}

Result<std::vector<NamedTensor>> RunAll(Session& session, const Given& given, int64_t runs,
                                        bool raw, const RecordObserver& observer) {
  const Program& program = session.program();
  std::vector<NamedTensor> results;
  for (const Port& port : program.outputs) {
    PLUMB_ASSIGN_OR_RETURN(Tensor tensor, MakeOutput(program, port, raw, runs));
    results.push_back({port.name, std::move(tensor)});
  }
  const FloatEnvironment environment;
  for (int64_t run = 0; run < runs; ++run) {
    const auto sample = static_cast<size_t>(run);
    for (size_t i = 0; i < given.size(); ++i) {
      const TensorInfo& info = InfoOf(program, program.inputs[i]);
      const Tensor& tensor = *given[i];
      const bool whole = tensor.shape() == info.shape;
      const size_t stride = tensor.bytes() / static_cast<size_t>(whole ? 1 : runs);
      FromUser(info, tensor.dtype(),
               static_cast<const std::byte*>(tensor.raw()) + (whole ? 0 : sample * stride),
               session.input(i).raw);
    }
    PLUMB_RETURN_IF_ERROR(session.Run(observer));
    for (size_t i = 0; i < results.size(); ++i) {
      const TensorInfo& info = InfoOf(program, program.outputs[i]);
      Tensor& tensor = results[i].tensor;
      const size_t stride = tensor.bytes() / static_cast<size_t>(runs);
      ToUser(info, tensor.dtype(), session.output(i).raw,
             static_cast<std::byte*>(tensor.raw()) + sample * stride);
    }
  }
  return results;
}

}  // namespace

Result<std::vector<NamedTensor>> RunNamed(Session& session, std::span<const NamedTensor> inputs,
                                          bool raw, const RecordObserver& observer) {
  try {
    PLUMB_ASSIGN_OR_RETURN(const Given given, MatchNames(session.program(), inputs));
    PLUMB_ASSIGN_OR_RETURN(const int64_t runs, CountRuns(session.program(), given));
    return RunAll(session, given, runs, raw, observer);
  } catch (const std::bad_alloc&) {
    return ResourceError("no memory for the outputs of this run");
  }
}

}  // namespace plumb::runtime
