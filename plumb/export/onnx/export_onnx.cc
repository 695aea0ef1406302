#include "plumb/export/onnx/export_onnx.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "plumb/export/onnx/onnx_emitter.h"
#include "plumb/export/onnx/onnx_records.h"

namespace plumb::exporting {
namespace {

constexpr RecordKind kKinds[] = {
#define PLUMB_ONNX_RECORD(op, most_inputs, attributes, function) \
  {op, 1, most_inputs, attributes, &function},
#include "plumb/export/onnx/onnx_records.inc"
#undef PLUMB_ONNX_RECORD
};

bool HasWord(std::string_view words, std::string_view word) {
  std::istringstream in{std::string(words)};
  for (std::string one; in >> one;) {
    if (one == word) {
      return true;
    }
  }
  return false;
}

// The attributes that are read as what they have to be, by their alternative of Attribute.
struct AttributeKind {
  std::string_view names;
  size_t alternative;
};
constexpr AttributeKind kAttributeKinds[] = {
    {"clamp_lo clamp_hi sum_clamp_lo sum_clamp_hi mid_zero_point own_zero_point groups axis "
     "keepdims "
     "count_include_pad select_last_index block batch_dims exclude_outside antialias k upper",
     0},
    {"function approximate mode output_layout coordinate_transformation_mode nearest_mode", 2},
    {"strides pads dilations kernel axes starts steps perm", 3},
    {"scales roi", 4},
};

bool HasItsKind(std::string_view name, const Attribute& value) {
  return std::none_of(std::begin(kAttributeKinds), std::end(kAttributeKinds),
                      [&](const AttributeKind& kind) {
                        return HasWord(kind.names, name) && value.index() != kind.alternative;
                      });
}

// Refuses what may mean something that the exporter does not know.
Result<const RecordKind*> KnownKind(const RecordExport& r) {
  const auto kinds = RecordKinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [&](const RecordKind& k) { return k.op == r.record.op; });
  if (kind == kinds.end()) {
    return r.Refuse("it has no form in ONNX that the exporter knows");
  }
  if (kind->version != r.record.version) {
    return r.Refuse("version ", r.record.version, " of it; the exporter knows version ",
                    kind->version);
  }
  if (r.record.inputs.size() > kind->most_inputs) {
    return r.Refuse(r.record.inputs.size(), " inputs; the exporter knows ", kind->most_inputs);
  }
  for (const auto& [name, value] : r.record.attributes) {
    if (!HasWord(kind->attributes, name)) {
      return r.Refuse("the exporter does not know its attribute '", name, "'");
    }
    if (!HasItsKind(name, value)) {
      return r.Refuse("its attribute '", name, "' is of another type than it should be");
    }
  }
  for (const auto* list : {&r.record.inputs, &r.record.outputs}) {
    for (int32_t tensor : *list) {
      if (tensor < 0) {
        continue;
      }
      const artifact::TensorInfo& t = r.e.info(tensor);
      if (!t.quantization.empty() && t.dtype != DType::kS8 && t.dtype != DType::kU8) {
        return r.Refuse("tensor '", t.name, "' holds ", DTypeName(t.dtype),
                        " on a grid; the exporter writes s8 and u8");
      }
    }
  }
  return &*kind;
}

// What a float tensor that may differ does to the integers that are made of it; and what is known of
// a float output.
void PassErrorOn(const RecordExport& r) {
  const RealError before = r.ErrorOfInputs();
  for (int32_t tensor : r.record.outputs) {
    const artifact::TensorInfo& t = r.e.info(tensor);
    if (t.quantization.empty()) {
      const bool stated = r.e.error.contains(tensor);
      r.how.exact = r.how.exact && before.none() && !stated;
      if (!r.how.exact && !stated) {
        r.e.error[tensor] = {false, {}};
      }
    } else if (r.how.exact && r.how.nodes == "comparisons") {
      continue;  // made of what is in front of the function
    } else if (!before.known) {
      r.Within(-1);
    } else if (!before.none()) {
      const std::vector<float>& scale = t.quantization.scale;
      double steps = 0;
      for (size_t c = 0; c < std::max(scale.size(), before.by_channel.size()); ++c) {
        const double error = before.by_channel[before.by_channel.size() == 1 ? 0 : c];
        steps = std::max(steps, error / scale[scale.size() == 1 ? 0 : c] + 0x1p-11);
      }
      r.WithinSteps(steps);
    }
  }
}

void AddInputs(Emitter& e) {
  for (const artifact::Port& port : e.program().inputs) {
    const artifact::TensorInfo& t = e.info(port.tensor);
    const Order order = PlainOrder(t.shape.size());
    e.graph.AddInput({port.name, port.dtype, t.shape});
    if (!t.quantization.empty() && port.dtype == DType::kF32) {
      e.OutReal(port.tensor, order, port.name);
      continue;
    }
    e.Out(port.tensor, order,
          port.dtype == t.dtype ? port.name : e.Cast(port.name, t.dtype, port.name + ".cast"));
  }
}

void AddOutputs(Emitter& e) {
  for (const artifact::Port& port : e.program().outputs) {
    const artifact::TensorInfo& t = e.info(port.tensor);
    const Order order = PlainOrder(t.shape.size());
    const bool real = !t.quantization.empty() && IsFloat(port.dtype);
    const std::string value = real ? e.Real(port.tensor, order) : e.In(port.tensor, order);
    const DType held = real ? DType::kF32 : t.dtype;
    if (held == port.dtype) {
      e.graph.AddPort("Identity", {value}, port.name);
    } else {
      e.graph.AddPort("Cast", {value}, port.name,
                      {{"to", static_cast<int64_t>(OnnxElementType(port.dtype))}});
    }
    e.graph.AddOutput({port.name, port.dtype, t.shape});
  }
}

// Every integer tensor as the program holds it.
void AddKeptTensors(Emitter& e, OnnxExport& result) {
  for (const artifact::Record& record : e.program().records) {
    for (int32_t tensor : record.outputs) {
      const artifact::TensorInfo& t = e.info(tensor);
      if (t.dtype != DType::kS8 && t.dtype != DType::kU8) {
        continue;
      }
      const std::string value = e.In(tensor, PlainOrder(t.shape.size()));
      const std::string output =
          e.graph.Add("Identity", {value}, StrCat("tensor ", tensor, " ", t.name));
      e.graph.AddOutput({output, t.dtype, t.shape});
      result.tensors.push_back({tensor, t.name, output});
    }
  }
}

Status Joined(const std::vector<Status>& errors) {
  constexpr size_t kMostShown = 10;
  if (errors.size() == 1) {
    return errors[0];
  }
  std::string message = StrCat(errors.size(), " records cannot be written as ONNX:");
  for (size_t i = 0; i < std::min(errors.size(), kMostShown); ++i) {
    message += "\n  " + errors[i].message();
  }
  if (errors.size() > kMostShown) {
    message += StrCat("\n  and ", errors.size() - kMostShown, " more");
  }
  return {errors[0].code(), message};
}

}  // namespace

std::span<const RecordKind> RecordKinds() { return kKinds; }

RealError RecordExport::ErrorOfInputs() const {
  RealError error;
  for (int32_t tensor : record.inputs) {
    const auto found = e.error.find(tensor);
    if (found == e.error.end()) {
      continue;
    }
    const RealError& one = found->second;
    if (error.none()) {
      error = one;
    } else if (!one.known || !error.known) {
      error = {false, {}};
    } else {
      error.by_channel = {
          std::max(*std::max_element(error.by_channel.begin(), error.by_channel.end()),
                   *std::max_element(one.by_channel.begin(), one.by_channel.end()))};
    }
  }
  return error;
}

Result<OnnxGraph> BuildOnnx(const artifact::Program& program, const OnnxOptions& options,
                            OnnxExport& result) {
  Emitter e(program, options.form);
  for (const auto* ports : {&program.inputs, &program.outputs}) {
    for (const artifact::Port& port : *ports) {
      e.graph.Reserve(port.name);
    }
  }
  AddInputs(e);
  std::vector<Status> errors;
  std::set<int32_t> unwritten;  // outputs of refused records: what reads them cannot be judged
  for (size_t i = 0; i < program.records.size(); ++i) {
    const artifact::Record& record = program.records[i];
    ExportedRecord how;
    how.index = i, how.op = record.op, how.name = record.name;
    const RecordExport r{e, record, how};
    const Result<const RecordKind*> kind = KnownKind(r);
    const bool readable = std::none_of(record.inputs.begin(), record.inputs.end(),
                                       [&](int32_t tensor) { return unwritten.contains(tensor); });
    Status status = kind.status();
    if (status.ok() && readable) {
      status = (*kind)->write(r);
      if (!status.ok() && !status.message().starts_with("record ")) {
        status = r.Refuse(status.message());  // of an attribute
      }
    }
    if (!status.ok()) {
      errors.push_back(status);
    } else if (readable) {
      PassErrorOn(r);
    }
    if (!status.ok() || !readable) {
      unwritten.insert(record.outputs.begin(), record.outputs.end());
    }
    result.records.push_back(std::move(how));
    if (options.progress) {
      options.progress(i + 1, program.records.size());
    }
  }
  if (!errors.empty()) {
    return Joined(errors);
  }
  AddOutputs(e);
  if (options.keep_tensors) {
    AddKeptTensors(e, result);
  }
  e.graph.AddMetadata("plumb_form", options.form == OnnxForm::kQdq ? "qdq" : "qoperator");
  result.nodes = e.graph.nodes().size();
  return std::move(e.graph);
}

Result<OnnxExport> ExportOnnx(const artifact::Program& program, const OnnxOptions& options,
                              const std::string& path) {
  OnnxExport result;
  PLUMB_ASSIGN_OR_RETURN(const OnnxGraph graph, BuildOnnx(program, options, result));
  PLUMB_ASSIGN_OR_RETURN(result.files,
                         graph.Write(path, program.name.empty() ? "plumb" : program.name,
                                     options.producer_version, options.most_inside));
  return result;
}

}  // namespace plumb::exporting
