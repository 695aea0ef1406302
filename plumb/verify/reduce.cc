#include "plumb/verify/reduce.h"

#include <algorithm>
#include <map>
#include <set>

namespace plumb::verify {
namespace {

class Reducer {
 public:
  explicit Reducer(const ReduceInput& input) : input_(input) {}

  Result<Reduced> Run() {
    std::vector<size_t> all(input_.program->records.size());
    for (size_t i = 0; i < all.size(); ++i) {
      all[i] = i;
    }
    result_.part = TakePart(*input_.program, all, input_.output);
    PLUMB_ASSIGN_OR_RETURN(const bool whole, Fails(result_.part));
    if (!whole) {
      return UsageError("the whole network passes the check; there is nothing to reduce");
    }
    PLUMB_RETURN_IF_ERROR(MoveStart());
    PLUMB_RETURN_IF_ERROR(MoveEnd());
    for (size_t size = result_.part.records.size() / 2; size > 0; size /= 2) {
      PLUMB_RETURN_IF_ERROR(CutAway(size));
    }
    return std::move(result_);
  }

 private:
  Result<bool> Fails(const ProgramPart& part) {
    if (part.records.empty() || !input_.known(part.output) ||
        !std::all_of(part.inputs.begin(), part.inputs.end(), input_.known)) {
      return false;
    }
    ++result_.tries;
    return input_.fails(part);
  }

  // Keeps the part when it fails.
  Result<bool> Try(ProgramPart part) {
    PLUMB_ASSIGN_OR_RETURN(const bool fails, Fails(part));
    if (fails) {
      result_.part = std::move(part);
    }
    return fails;
  }

  Status MoveStart() {
    const std::vector<size_t> records = result_.part.records;
    size_t low = 0, high = records.size() - 1;  // the start at `low` fails
    while (low < high) {
      const size_t middle = (low + high + 1) / 2;
      PLUMB_ASSIGN_OR_RETURN(
          const bool fails,
          Try(TakePart(*input_.program, std::span(records).subspan(middle), input_.output)));
      fails ? low = middle : high = middle - 1;
    }
    return {};
  }

  // One after the other from the start: where the start was found by what it does to the output, the fault lies there, and
  // the first end or one of the first shows it.
  Status MoveEnd() {
    const std::vector<size_t> records = result_.part.records;
    for (size_t end = 0; end + 1 < records.size(); ++end) {
      const artifact::Record& record = input_.program->records[records[end]];
      if (record.outputs.empty() || record.outputs[0] < 0) {
        continue;
      }
      PLUMB_ASSIGN_OR_RETURN(
          const bool fails,
          Try(TakePart(*input_.program, std::span(records).first(end + 1), record.outputs[0])));
      if (fails) {
        return {};
      }
    }
    return {};
  }

  Status CutAway(size_t size) {
    size_t at = 0;
    while (at < result_.part.records.size()) {
      std::vector<size_t> rest = result_.part.records;
      const size_t end = std::min(rest.size(), at + size);
      rest.erase(rest.begin() + static_cast<long>(at), rest.begin() + static_cast<long>(end));
      bool cut = false;
      if (!rest.empty()) {
        PLUMB_ASSIGN_OR_RETURN(cut, Try(TakePart(*input_.program, rest, result_.part.output)));
      }
      at = cut ? 0 : end;  // what is left may have become free of more
    }
    return {};
  }

  const ReduceInput& input_;
  Reduced result_;
};

}  // namespace

ProgramPart TakePart(const artifact::Program& program, std::span<const size_t> records,
                     int32_t output) {
  std::map<int32_t, size_t> maker;
  for (const size_t r : records) {
    for (const int32_t t : program.records[r].outputs) {
      maker[t] = r;
    }
  }
  ProgramPart part;
  part.output = output;
  std::set<size_t> needed;
  std::set<int32_t> given;
  std::vector<int32_t> open = {output};
  while (!open.empty()) {
    const int32_t tensor = open.back();
    open.pop_back();
    if (tensor < 0 || program.tensors[static_cast<size_t>(tensor)].constant >= 0) {
      continue;
    }
    const auto made = maker.find(tensor);
    if (made == maker.end()) {
      given.insert(tensor);
    } else if (needed.insert(made->second).second) {
      const artifact::Record& record = program.records[made->second];
      open.insert(open.end(), record.inputs.begin(), record.inputs.end());
    }
  }
  if (!maker.contains(output)) {
    return part;  // nothing makes it
  }
  part.records.assign(needed.begin(), needed.end());
  part.inputs.assign(given.begin(), given.end());

  auto made = std::make_shared<artifact::Program>();
  made->name = program.name;
  std::map<int32_t, int32_t> moved;
  const auto move = [&](int32_t tensor) -> int32_t {
    if (tensor < 0) {
      return -1;
    }
    const auto known = moved.find(tensor);
    if (known != moved.end()) {
      return known->second;
    }
    artifact::TensorInfo info = program.tensors[static_cast<size_t>(tensor)];
    if (info.constant >= 0) {
      made->constants.push_back(program.constants[static_cast<size_t>(info.constant)]);
      info.constant = static_cast<int32_t>(made->constants.size()) - 1;
    }
    return moved[tensor] = made->AddTensor(std::move(info));
  };
  const auto port = [&](int32_t tensor) {
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(tensor)];
    return artifact::Port{info.name, move(tensor),
                          info.quantization.empty() ? info.dtype : DType::kF32};
  };
  for (const int32_t tensor : part.inputs) {
    made->inputs.push_back(port(tensor));
  }
  for (const size_t r : part.records) {
    artifact::Record record = program.records[r];
    std::transform(record.inputs.begin(), record.inputs.end(), record.inputs.begin(), move);
    std::transform(record.outputs.begin(), record.outputs.end(), record.outputs.begin(), move);
    made->records.push_back(std::move(record));
  }
  made->outputs.push_back(port(output));
  part.program = std::move(made);
  return part;
}

Result<Reduced> Reduce(const ReduceInput& input) { return Reducer(input).Run(); }

}  // namespace plumb::verify
