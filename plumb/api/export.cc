#include "plumb/api/export.h"

#include <algorithm>

#include "plumb/api/version.h"
#include "plumb/export/onnx/export_onnx.h"
#include "plumb/export/onnx/onnx_records.h"
#include "plumb/runtime/session.h"

namespace plumb {
namespace {

struct Format {
  const char* name;
  exporting::OnnxForm form;
};
constexpr Format kFormats[] = {{"onnx-qdq", exporting::OnnxForm::kQdq},
                               {"onnx-qoperator", exporting::OnnxForm::kQOperator}};

bool TouchesGrid(const artifact::Program& program, const artifact::Record& record) {
  const auto on_grid = [&](int32_t tensor) {
    return tensor >= 0 && !program.tensors[static_cast<size_t>(tensor)].quantization.empty();
  };
  return std::any_of(record.inputs.begin(), record.inputs.end(), on_grid) ||
         std::any_of(record.outputs.begin(), record.outputs.end(), on_grid);
}

}  // namespace

std::vector<std::string> ExportFormats() {
  std::vector<std::string> names;
  for (const Format& format : kFormats) {
    names.emplace_back(format.name);
  }
  return names;
}

bool HasOnnxForm(std::string_view record_kind) {
  const auto kinds = exporting::RecordKinds();
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const exporting::RecordKind& kind) { return kind.op == record_kind; });
}

Result<ExportResult> Export(const Model& model, const ExportOptions& options) {
  const auto* format = std::find_if(std::begin(kFormats), std::end(kFormats),
                                    [&](const Format& f) { return f.name == options.format; });
  if (format == std::end(kFormats)) {
    return UsageError("--format ", options.format, ": expected onnx-qdq or onnx-qoperator");
  }
  const artifact::Program& program = *model.program;
  // What the runtime refuses to bind is refused here too, with its message.
  PLUMB_RETURN_IF_ERROR(runtime::Session::Create(model.program, {}).status());
  exporting::OnnxOptions onnx;
  onnx.form = format->form;
  onnx.keep_tensors = options.keep_tensors;
  onnx.producer_version = Release();
  if (options.external_data) {
    onnx.most_inside = 0;
  }
  if (options.progress) {
    onnx.progress = [&](size_t done, size_t total) { options.progress("export", done, total); };
  }
  PLUMB_ASSIGN_OR_RETURN(const exporting::OnnxExport written,
                         exporting::ExportOnnx(program, onnx, options.output));
  ExportResult result;
  result.file = written.files.model;
  result.bytes = written.files.model_bytes;
  result.data_file = written.files.data;
  result.data_bytes = written.files.data_bytes;
  result.nodes = written.nodes;
  for (const exporting::ExportedRecord& r : written.records) {
    result.records.push_back({r.index, r.op, r.name, r.nodes, r.exact, r.bound});
    if (TouchesGrid(program, program.records[r.index])) {
      ++result.integer_records;
      result.exact_records += r.exact ? 1 : 0;
    }
  }
  for (const exporting::ExportedTensor& t : written.tensors) {
    result.tensors.push_back({t.tensor, t.name, t.output});
  }
  return result;
}

}  // namespace plumb
