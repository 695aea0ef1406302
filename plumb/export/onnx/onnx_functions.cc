#include "plumb/export/onnx/onnx_functions.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <sstream>

#include "plumb/runtime/session.h"

namespace plumb::exporting {
namespace {

constexpr float kNoSlope = 0;

struct FunctionRow {
  std::string_view name;
  std::string_view onnx;        // empty: several nodes, below
  std::string_view parameters;  // attributes of the same names on both sides
  bool exact;                   // one rounding at most, or a choice
  float slope;                  // at most, for parameters of at most 1.9; kNoSlope: not bounded
};

constexpr FunctionRow kRows[] = {
    {"abs", "Abs", "", true, 1},
    {"acos", "Acos", "", false, kNoSlope},
    {"acosh", "Acosh", "", false, kNoSlope},
    {"asin", "Asin", "", false, kNoSlope},
    {"asinh", "Asinh", "", false, 1},
    {"atan", "Atan", "", false, 1},
    {"atanh", "Atanh", "", false, kNoSlope},
    {"ceil", "Ceil", "", true, kNoSlope},
    {"celu", "Celu", "alpha", false, 1},
    {"clip", "", "", true, 1},
    {"cos", "Cos", "", false, 1},
    {"cosh", "Cosh", "", false, kNoSlope},
    {"elu", "Elu", "alpha", false, 1.9f},
    {"erf", "Erf", "", false, 1.2f},
    {"exp", "Exp", "", false, kNoSlope},
    {"floor", "Floor", "", true, kNoSlope},
    {"gelu", "", "", false, 1.2f},
    {"hard_sigmoid", "HardSigmoid", "alpha beta", false, 1.9f},
    {"hard_swish", "HardSwish", "", false, 1.6f},
    {"leaky_relu", "LeakyRelu", "alpha", true, 1.9f},
    {"log", "Log", "", false, kNoSlope},
    {"mish", "", "", false, 1.2f},
    {"neg", "Neg", "", true, 1},
    {"not", "Not", "", true, kNoSlope},
    {"isnan", "IsNaN", "", true, kNoSlope},
    {"reciprocal", "Reciprocal", "", true, kNoSlope},
    {"relu", "Relu", "", true, 1},
    {"relu6", "", "", true, 1},
    {"round", "Round", "", true, kNoSlope},
    {"selu", "Selu", "alpha gamma", false, 1.9f * 1.9f},
    {"sigmoid", "Sigmoid", "", false, 0.26f},
    {"sign", "Sign", "", true, kNoSlope},
    {"silu", "", "", false, 1.2f},
    {"sin", "Sin", "", false, 1},
    {"sinh", "Sinh", "", false, kNoSlope},
    {"softplus", "Softplus", "", false, 1},
    {"softsign", "Softsign", "", false, 1},
    {"sqrt", "Sqrt", "", true, kNoSlope},
    {"tan", "Tan", "", false, kNoSlope},
    {"tanh", "Tanh", "", false, 1},
    {"thresholded_relu", "ThresholdedRelu", "alpha", true, kNoSlope},
};

const FunctionRow* Find(std::string_view name) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [&](const FunctionRow& r) { return r.name == name; });
  return row == std::end(kRows) ? nullptr : row;
}

std::vector<std::string> Words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) {
    words.push_back(word);
  }
  return words;
}

// 0.5 x (1 + erf(x / sqrt 2)), or with tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
std::string WriteGelu(const RecordExport& r, const std::string& x, std::string_view output) {
  OnnxGraph& g = r.e.graph;
  const auto constant = [&](float value) { return g.Scalar(StrCat(output, ".constant"), value); };
  const std::string part = StrCat(output, ".part");
  std::string bent;
  if (r.record.attributes.String("approximate", "none") == "tanh") {
    const std::string square = g.Add("Mul", {x, x}, part);
    const std::string cube = g.Add("Mul", {square, x}, part);
    const std::string scaled = g.Add("Mul", {cube, constant(0.044715f)}, part);
    const std::string sum = g.Add("Add", {x, scaled}, part);
    bent = g.Add("Tanh", {g.Add("Mul", {sum, constant(0.79788456f)}, part)}, part);
  } else {
    bent = g.Add("Erf", {g.Add("Mul", {x, constant(0.70710678f)}, part)}, part);
  }
  const std::string one_more = g.Add("Add", {bent, constant(1.0f)}, part);
  const std::string half = g.Add("Mul", {x, constant(0.5f)}, part);
  return g.Add("Mul", {half, one_more}, output);
}

Result<std::string> WriteClip(const RecordExport& r, const std::string& x,
                              std::string_view output) {
  PLUMB_ASSIGN_OR_RETURN(const float low, r.record.attributes.RequireFloat("min"));
  PLUMB_ASSIGN_OR_RETURN(const float high, r.record.attributes.RequireFloat("max"));
  return r.e.graph.Add("Clip",
                       {x, r.e.graph.Scalar(StrCat(output, ".min"), low),
                        r.e.graph.Scalar(StrCat(output, ".max"), high)},
                       output);
}

}  // namespace

bool FunctionIsExact(std::string_view name) {
  const FunctionRow* row = Find(name);
  return row != nullptr && row->exact;
}

Result<std::string> WriteFunction(const RecordExport& r, std::string_view name,
                                  const std::string& value, std::string_view output) {
  OnnxGraph& g = r.e.graph;
  const FunctionRow* row = Find(name);
  if (row == nullptr) {
    return r.Refuse("the exporter does not know the function '", name, "'");
  }
  if (name == "silu") {
    return g.Add("Mul", {value, g.Add("Sigmoid", {value}, StrCat(output, ".sigmoid"))}, output);
  }
  if (name == "mish") {
    const std::string bent = g.Add("Softplus", {value}, StrCat(output, ".softplus"));
    return g.Add("Mul", {value, g.Add("Tanh", {bent}, StrCat(output, ".tanh"))}, output);
  }
  if (name == "gelu") {
    return WriteGelu(r, value, output);
  }
  if (name == "clip") {
    return WriteClip(r, value, output);
  }
  if (name == "relu6") {
    return g.Add(
        "Clip",
        {value, g.Scalar(StrCat(output, ".min"), 0.0f), g.Scalar(StrCat(output, ".max"), 6.0f)},
        output);
  }
  Attributes attributes;
  for (const std::string& parameter : Words(row->parameters)) {
    PLUMB_ASSIGN_OR_RETURN(const float number, r.record.attributes.RequireFloat(parameter));
    attributes.Set(parameter, number);
  }
  return g.Add(row->onnx, {value}, output, std::move(attributes));
}

Result<float> SlopeOf(const RecordExport& r, std::string_view name) {
  const FunctionRow* row = Find(name);
  if (row == nullptr || row->slope == kNoSlope) {
    return r.Refuse("no bound is known for the slope of '", name,
                    "', so that its steps cannot be found; keep the layer in float "
                    "(convert --keep-float), or use --format onnx-qdq");
  }
  for (const std::string& parameter : Words(row->parameters)) {
    PLUMB_ASSIGN_OR_RETURN(const float number, r.record.attributes.RequireFloat(parameter));
    if (parameter != "beta" && !(number >= -1.9f && number <= 1.9f)) {
      return r.Refuse("the steps of '", name, "' are found for ", parameter,
                      " within -1.9..1.9; found ", number);
    }
  }
  return row->slope;
}

RealError ErrorBehind(const RecordExport& r, std::string_view name, RealError error) {
  const Result<float> slope = SlopeOf(r, name);
  if (!slope.ok() || !error.known) {
    return {false, {}};
  }
  if (error.none()) {
    error.by_channel = {0.0};
  }
  for (double& one : error.by_channel) {
    one *= *slope;
  }
  return error;
}

Result<FloatFunction> FunctionOf(const RecordExport& r, std::string_view name) {
  constexpr int64_t kBlock = 4096;
  auto program = std::make_shared<artifact::Program>();
  program->AddTensor({"t", DType::kF32, {kBlock}, {}, -1});
  program->AddTensor({"f", DType::kF32, {kBlock}, {}, -1});
  artifact::Record record;
  record.op = name;
  record.name = r.record.name;
  record.inputs = {0};
  record.outputs = {1};
  record.attributes = r.record.attributes;
  program->records.push_back(std::move(record));
  program->inputs.push_back({"t", 0, DType::kF32});
  program->outputs.push_back({"f", 1, DType::kF32});
  Result<std::unique_ptr<runtime::Session>> created = runtime::Session::Create(program, {});
  if (!created.ok()) {
    return created.status().WithContext(
        StrCat("record ", r.how.index, " '", r.how.name, "' (", r.how.op, "): its function"));
  }
  const std::shared_ptr<runtime::Session> session = std::move(created).value();
  return FloatFunction([session](std::span<const float> in, std::span<float> out) -> Status {
    for (size_t begin = 0; begin < in.size(); begin += kBlock) {
      const size_t n = std::min<size_t>(kBlock, in.size() - begin);
      std::memcpy(session->input(0).raw, in.data() + begin, n * sizeof(float));
      PLUMB_RETURN_IF_ERROR(session->Run());
      std::memcpy(out.data() + begin, session->output(0).raw, n * sizeof(float));
    }
    return {};
  });
}

}  // namespace plumb::exporting
