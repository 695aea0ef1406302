#include "plumb/verify/diagnose/program_part.h"

#include <algorithm>
#include <map>
#include <set>

#include "plumb/artifact/producers.h"
#include "plumb/verify/grid_values.h"

namespace plumb::verify {
namespace {

size_t At(int32_t index) { return static_cast<size_t>(index); }

// Takes over a tensor of another program, with its constant.
class TensorCopier {
 public:
  TensorCopier(const artifact::Program& from, artifact::Program& to) : from_(from), to_(to) {}
  void Set(int32_t from, int32_t to) { made_[from] = to; }
  int32_t Of(int32_t tensor) {
    if (tensor < 0) {
      return -1;
    }
    const auto known = made_.find(tensor);
    if (known != made_.end()) {
      return known->second;
    }
    artifact::TensorInfo info = from_.tensors[At(tensor)];
    if (info.constant >= 0) {
      to_.constants.push_back(from_.constants[At(info.constant)]);
      info.constant = static_cast<int32_t>(to_.constants.size() - 1);
    }
    return made_[tensor] = to_.AddTensor(std::move(info));
  }
  artifact::Record Record(const artifact::Record& record) {
    artifact::Record copy = record;
    for (int32_t& t : copy.inputs) {
      t = Of(t);
    }
    for (int32_t& t : copy.outputs) {
      t = Of(t);
    }
    return copy;
  }

 private:
  const artifact::Program& from_;
  artifact::Program& to_;
  std::map<int32_t, int32_t> made_;
};

}  // namespace

std::string ValueNameOf(const std::string& tensor) {
  for (const std::string_view ending : {".quantized", ".rescaled", ".dequantized", ".real"}) {
    if (tensor.ends_with(ending)) {
      return tensor.substr(0, tensor.size() - ending.size());
    }
  }
  return tensor;
}

Tensor OnGrid(std::span<const float> x, const artifact::TensorInfo& info) {
  Tensor tensor(info.dtype, info.shape);
  WriteQuantized(x, info.quantization, tensor.view());
  return tensor;
}

Result<std::shared_ptr<const artifact::Program>> ExtractPart(const artifact::Program& program,
                                                             std::span<const int32_t> inputs,
                                                             std::span<const int32_t> outputs) {
  const std::vector<int32_t> producer = artifact::Producers(program);
  const std::set<int32_t> given(inputs.begin(), inputs.end());
  std::set<int32_t> records;
  std::vector<int32_t> open(outputs.begin(), outputs.end());
  while (!open.empty()) {
    const int32_t t = open.back();
    open.pop_back();
    if (t < 0 || given.contains(t) || program.tensors[At(t)].constant >= 0) {
      continue;
    }
    if (producer[At(t)] < 0) {
      return UsageError("tensor '", program.tensors[At(t)].name,
                        "' is needed, but is neither given nor made inside the part");
    }
    if (records.insert(producer[At(t)]).second) {
      const artifact::Record& record = program.records[At(producer[At(t)])];
      open.insert(open.end(), record.inputs.begin(), record.inputs.end());
    }
  }
  auto part = std::make_shared<artifact::Program>();
  part->name = program.name;
  part->mapped = program.mapped;
  TensorCopier copier(program, *part);
  for (const int32_t t : inputs) {
    part->inputs.push_back({StrCat("t", t), copier.Of(t), program.tensors[At(t)].dtype});
  }
  for (const int32_t r : records) {
    artifact::Record record = program.records[At(r)];
    for (int32_t& t : record.inputs) {
      t = copier.Of(t);
    }
    for (int32_t& t : record.outputs) {
      // A given tensor that a record inside would make too stays an input.
      if (t >= 0 && given.contains(t)) {
        artifact::TensorInfo spare = program.tensors[At(t)];
        spare.name += ".unused";
        t = part->AddTensor(std::move(spare));
      } else {
        t = copier.Of(t);
      }
    }
    part->records.push_back(std::move(record));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    part->outputs.push_back(
        {StrCat("o", i), copier.Of(outputs[i]), program.tensors[At(outputs[i])].dtype});
  }
  return std::shared_ptr<const artifact::Program>(std::move(part));
}

Result<std::vector<Tensor>> RunPart(const std::shared_ptr<const artifact::Program>& part,
                                    std::span<const Tensor> inputs, int threads) {
  runtime::SessionOptions options;
  options.threads = threads;
  PLUMB_ASSIGN_OR_RETURN(const auto session, runtime::Session::Create(part, options));
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::memcpy(session->input(i).raw, inputs[i].raw(), inputs[i].bytes());
  }
  PLUMB_RETURN_IF_ERROR(session->Run());
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < part->outputs.size(); ++i) {
    const ConstTensorView view = session->output(i);
    Tensor tensor(view.dtype, Shape(view.shape.begin(), view.shape.end()));
    std::memcpy(tensor.raw(), view.raw, view.bytes());
    outputs.push_back(std::move(tensor));
  }
  return outputs;
}

std::vector<Block> BlocksOf(const artifact::Program& program, const IsKnown& known) {
  const std::vector<int32_t> producer = artifact::Producers(program);
  std::vector<Block> blocks;
  for (const artifact::Record& made_by : program.records) {
    for (const int32_t output : made_by.outputs) {
      if (output < 0 || !known(output)) {
        continue;
      }
      std::set<int32_t> inputs;
      std::set<size_t> records;
      std::vector<int32_t> open = {output};
      bool complete = true;
      while (!open.empty()) {
        const int32_t t = open.back();
        open.pop_back();
        if (t < 0 || program.tensors[At(t)].constant >= 0) {
          continue;
        }
        if (t != output && known(t)) {
          inputs.insert(t);
          continue;
        }
        if (producer[At(t)] < 0) {
          complete = false;
          break;
        }
        if (records.insert(At(producer[At(t)])).second) {
          const artifact::Record& record = program.records[At(producer[At(t)])];
          open.insert(open.end(), record.inputs.begin(), record.inputs.end());
        }
      }
      if (complete) {
        blocks.push_back(
            {output, {inputs.begin(), inputs.end()}, {records.begin(), records.end()}});
      }
    }
  }
  return blocks;
}

std::vector<int32_t> LiveAt(const artifact::Program& program, size_t cut) {
  std::set<int32_t> made, live;
  for (const artifact::Port& port : program.inputs) {
    made.insert(port.tensor);
  }
  for (size_t r = 0; r < cut; ++r) {
    made.insert(program.records[r].outputs.begin(), program.records[r].outputs.end());
  }
  for (size_t r = cut; r < program.records.size(); ++r) {
    for (const int32_t t : program.records[r].inputs) {
      if (t >= 0 && made.contains(t)) {
        live.insert(t);
      }
    }
  }
  for (const artifact::Port& port : program.outputs) {
    if (made.contains(port.tensor)) {
      live.insert(port.tensor);
    }
  }
  return {live.begin(), live.end()};
}

Result<std::shared_ptr<const artifact::Program>> Transplant(const artifact::Program& program,
                                                            const Block& block,
                                                            const artifact::Program& donor,
                                                            const Block& donor_block) {
  auto made = std::make_shared<artifact::Program>(program);
  TensorCopier copier(donor, *made);
  std::map<std::string, int32_t> by_name;
  for (size_t t = 0; t < program.tensors.size(); ++t) {
    by_name[program.tensors[t].name] = static_cast<int32_t>(t);
  }
  std::vector<int32_t> shared = donor_block.inputs;
  shared.push_back(donor_block.output);
  for (const int32_t t : shared) {
    const artifact::TensorInfo& wanted = donor.tensors[At(t)];
    const auto found = by_name.find(wanted.name);
    if (found == by_name.end() || program.tensors[At(found->second)].dtype != wanted.dtype ||
        program.tensors[At(found->second)].shape != wanted.shape) {
      return UsageError("the program has no tensor '", wanted.name, "' of type ",
                        DTypeName(wanted.dtype), " ", ShapeToString(wanted.shape));
    }
    copier.Set(t, found->second);
  }
  // Records inside the block that others read too stay, under the names they have.
  std::set<size_t> leaving;
  for (const size_t r : block.records) {
    bool alone = true;
    for (const int32_t t : program.records[r].outputs) {
      alone = alone && t == block.output;
    }
    if (alone) {
      leaving.insert(r);
    }
  }
  const size_t place = block.records.back();
  if (!leaving.contains(place)) {
    return UsageError("the record that makes '", program.tensors[At(block.output)].name,
                      "' makes other tensors too");
  }
  std::vector<artifact::Record> incoming;
  for (const size_t r : donor_block.records) {
    artifact::Record record = copier.Record(donor.records[r]);
    for (size_t i = 0; i < record.outputs.size(); ++i) {
      const int32_t t = record.outputs[i];
      if (t >= 0 && t != copier.Of(donor_block.output)) {
        made->tensors[At(t)].name += ".transplanted";
      }
    }
    incoming.push_back(std::move(record));
  }
  std::vector<artifact::Record> records;
  for (size_t r = 0; r < program.records.size(); ++r) {
    if (r == place) {
      records.insert(records.end(), incoming.begin(), incoming.end());
    } else if (!leaving.contains(r)) {
      records.push_back(program.records[r]);
    }
  }
  // What comes in may read what is made behind its place: every record after those that it reads.
  std::set<int32_t> pending;
  for (const artifact::Record& record : records) {
    pending.insert(record.outputs.begin(), record.outputs.end());
  }
  made->records.clear();
  while (!records.empty()) {
    const auto ready = std::find_if(records.begin(), records.end(), [&](const auto& record) {
      return std::none_of(record.inputs.begin(), record.inputs.end(),
                          [&](int32_t t) { return t >= 0 && pending.contains(t); });
    });
    if (ready == records.end()) {
      return UsageError("the records would read each other's results");
    }
    for (const int32_t t : ready->outputs) {
      pending.erase(t);
    }
    made->records.push_back(std::move(*ready));
    records.erase(ready);
  }
  return std::shared_ptr<const artifact::Program>(std::move(made));
}

}  // namespace plumb::verify
