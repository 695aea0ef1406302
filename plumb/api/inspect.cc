#include "plumb/api/inspect.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "plumb/artifact/variants.h"
#include "plumb/vision/decode.h"

namespace plumb {
namespace {

using Json = nlohmann::ordered_json;

// Multiply-accumulates of a record; 0 for records that are no dot products.
int64_t MacsOf(const artifact::Program& program, const artifact::Record& record) {
  if (record.inputs.size() < 2 || record.inputs[1] < 0 || record.outputs.empty()) {
    return 0;
  }
  const artifact::TensorInfo& weights = program.tensors[static_cast<size_t>(record.inputs[1])];
  const int64_t outputs =
      NumElements(program.tensors[static_cast<size_t>(record.outputs[0])].shape);
  if (record.op == "conv" || record.op == "fully_connected") {
    return weights.shape.empty() || weights.shape[0] == 0
               ? 0
               : outputs * (NumElements(weights.shape) / weights.shape[0]);
  }
  if (record.op == "matmul") {
    return outputs * program.tensors[static_cast<size_t>(record.inputs[0])].shape.back();
  }
  if (record.op == "conv_transpose") {
    const Shape& x = program.tensors[static_cast<size_t>(record.inputs[0])].shape;
    return x.empty() || x.back() == 0 ? 0
                                      : NumElements(x) * (NumElements(weights.shape) / x.back());
  }
  return 0;
}

std::string GridText(const Quantization& grid) {
  if (grid.empty()) {
    return "";
  }
  if (!grid.per_channel()) {
    return StrCat("scale ", grid.scale[0], ", zero point ", grid.zero_point[0]);
  }
  const auto [low, high] = std::minmax_element(grid.scale.begin(), grid.scale.end());
  return StrCat(grid.scale.size(), " scales from ", *low, " to ", *high);
}

Json PortJson(const artifact::Program& program, const artifact::Port& port) {
  const artifact::TensorInfo& tensor = program.tensors[static_cast<size_t>(port.tensor)];
  Shape shape = tensor.shape;
  if (program.batch > 1) {
    shape[0] *= program.batch;
  }
  Json json = {{"name", port.name}, {"dtype", DTypeName(port.dtype)}, {"shape", shape}};
  if (tensor.dtype != port.dtype) {
    json["stored"] = DTypeName(tensor.dtype);
  }
  if (!tensor.quantization.empty()) {
    json["grid"] = GridText(tensor.quantization);
  }
  return json;
}

std::string_view OutcomeName(artifact::Outcome outcome) {
  switch (outcome) {
    case artifact::Outcome::kPass:
      return "pass";
    case artifact::Outcome::kWarn:
      return "warning";
    case artifact::Outcome::kFail:
      return "failure";
    case artifact::Outcome::kNotRun:
      return "not run";
  }
  return "?";
}

// "2 vectors: picture 160x160; noise".
std::string GoldenText(const artifact::Golden& golden) {
  if (golden.empty()) {
    return "none";
  }
  std::string text =
      StrCat(golden.vectors.size(), golden.vectors.size() == 1 ? " vector: " : " vectors: ");
  for (size_t i = 0; i < golden.vectors[0].inputs.size(); ++i) {
    const artifact::GoldenInput& input = golden.vectors[0].inputs[i];
    text += i > 0 ? "; " : "";
    text += input.source == artifact::GoldenSource::kPicture
                ? StrCat("picture ", input.width, "x", input.height)
                : std::string("noise");
  }
  return text;
}

// How outputs are read, in figures.
Json DecodeJson(const Model& model) {
  const artifact::DecodeContract& decode = model.decode;
  std::vector<float> anchors;
  for (const artifact::DecodeOutput& output : decode.outputs) {
    anchors.insert(anchors.end(), output.anchors.begin(), output.anchors.end());
  }
  Json json = {{"family", vision::FamilyName(decode.family)},
               {"classes", decode.classes},
               {"strides", decode.strides},
               {"anchors", anchors},
               {"scores_activated", decode.scores_activated},
               {"boxes_decoded", decode.boxes_decoded},
               {"class_agnostic_nms", decode.class_agnostic_nms},
               {"score_threshold", decode.score_threshold},
               {"iou_threshold", decode.iou_threshold}};
  if (!model.io.pictures.empty()) {
    const artifact::Color color = model.io.pictures[0].color;
    json["color"] = color == artifact::Color::kRgb   ? "rgb"
                    : color == artifact::Color::kBgr ? "bgr"
                                                     : "gray";
  }
  return json;
}

// How pictures become inputs, by the inputs' names.
Json PicturesJson(const Model& model) {
  Json json = Json::object();
  for (const artifact::PictureInput& picture : model.io.pictures) {
    json[model.program->inputs[static_cast<size_t>(picture.input)].name] = {
        {"color", contract::ColorName(picture.color)},
        {"mean", picture.mean},
        {"std", picture.std}};
  }
  return json;
}

void AddArtifact(const artifact::Artifact& artifact, Json& json) {
  json["golden"] = GoldenText(artifact.golden);
  const artifact::Provenance& p = artifact.provenance;
  Json options = Json::array();
  for (const auto& [key, value] : p.options) {
    options.push_back(key + "=" + value);
  }
  Json files = Json::array();
  for (const artifact::FileDigest& file : p.calibration) {
    files.push_back({{"name", file.name}, {"sha256", file.sha256}});
  }
  json["provenance"] = {{"tool", p.tool},
                        {"version", p.version},
                        {"commit", p.commit},
                        {"model", {{"name", p.model.name}, {"sha256", p.model.sha256}}},
                        {"calibration_files", p.calibration.size()},
                        {"calibration", files},
                        {"options", options},
                        {"passes", p.passes},
                        {"notes", p.notes}};
  const artifact::Quality& q = artifact.quality;
  Json rules = Json::array(), kept = Json::array();
  for (const artifact::RuleResult& rule : q.rules) {
    rules.push_back(
        {{"rule", rule.rule}, {"outcome", OutcomeName(rule.outcome)}, {"evidence", rule.evidence}});
  }
  for (const artifact::KeptFloat& one : q.kept_float) {
    kept.push_back({{"name", one.name}, {"reason", one.reason}});
  }
  json["quality"] = {{"verdict", OutcomeName(q.verdict)},
                     {"reasons", q.reasons},
                     {"rules", rules},
                     {"numbers", q.numbers}};
  json["kept_float"] = kept;
}

}  // namespace

Json Inspect(const Model& model, bool layers) {
  // As it is run: with the batch of the artifact.
  const artifact::Program& program =
      model.artifact != nullptr ? model.artifact->program : *model.program;
  Json json = {{"model", model.path}, {"kind", model.is_artifact ? "artifact" : "float model"}};
  json["inputs"] = Json::array();
  json["outputs"] = Json::array();
  for (const artifact::Port& port : program.inputs) {
    json["inputs"].push_back(PortJson(program, port));
  }
  for (const artifact::Port& port : program.outputs) {
    json["outputs"].push_back(PortJson(program, port));
  }
  json["batch"] = program.symbolic_batch ? "any"
                  : program.batch > 1    ? std::to_string(program.batch)
                                         : "as in the shapes";
  json["variants"] = Json::array({artifact::InputShapesText(program)});
  if (model.artifact != nullptr) {
    for (const auto& variant : model.artifact->variants) {
      json["variants"].push_back(artifact::InputShapesText(variant->program));
    }
  }
  json["family"] = vision::FamilyName(model.decode.family);
  json["contracts"] = model.explanation;
  json["pictures"] = PicturesJson(model);
  json["decode"] = DecodeJson(model);
  int64_t macs = 0, integer_macs = 0;
  size_t bytes = 0;
  std::map<std::string, int> operators;
  Json rows = Json::array();
  for (const artifact::Record& record : program.records) {
    const int64_t cost = MacsOf(program, record);
    macs += cost;
    const DType reads = record.inputs.empty() || record.inputs[0] < 0
                            ? DType::kNone
                            : program.tensors[static_cast<size_t>(record.inputs[0])].dtype;
    integer_macs += reads == DType::kS8 || reads == DType::kS16 ? cost : 0;
    ++operators[record.op + (reads == DType::kS8    ? " (int8)"
                             : reads == DType::kS16 ? " (int16)"
                                                    : "")];
    if (layers && !record.outputs.empty()) {
      const artifact::TensorInfo& out = program.tensors[static_cast<size_t>(record.outputs[0])];
      Json from = Json::array();
      for (const int32_t input : record.inputs) {
        if (input >= 0 && program.tensors[static_cast<size_t>(input)].constant < 0) {
          from.push_back(program.tensors[static_cast<size_t>(input)].name);
        }
      }
      rows.push_back({{"name", out.name},
                      {"inputs", from},
                      {"op", record.op},
                      {"dtype", DTypeName(out.dtype)},
                      {"shape", out.shape},
                      {"function", record.attributes.String("function", "none")},
                      {"grid", GridText(out.quantization)},
                      {"scale", out.quantization.scale},
                      {"zero_point", out.quantization.zero_point},
                      {"macs", cost}});
    }
  }
  for (const artifact::Constant& constant : program.constants) {
    bytes += constant.bytes;
  }
  json["records"] = program.records.size();
  json["macs"] = macs;
  json["integer_macs"] = integer_macs;
  json["constants_bytes"] = bytes;
  json["operators"] = operators;
  if (layers) {
    json["layers"] = rows;
  }
  if (model.artifact != nullptr) {
    AddArtifact(*model.artifact, json);
  }
  return json;
}

std::string InspectText(const Json& facts) {
  std::string text;
  const auto line = [&](const std::string& key, const std::string& value) {
    std::string padded = key;
    padded.resize(std::max<size_t>(key.size() + 2, 14), ' ');
    text += padded + value + "\n";
  };
  line("model", facts["model"].get<std::string>() + " (" + facts["kind"].get<std::string>() + ")");
  if (facts["kind"] == "artifact" && facts["model"].get<std::string>().ends_with(".rknn")) {
    line("note",
         "a Plumb artifact whatever its name says: the vendor's NPU driver does not load it");
  }
  for (const char* side : {"inputs", "outputs"}) {
    for (const Json& port : facts[side]) {
      const auto shape = port["shape"].get<Shape>();
      line(side == std::string("inputs") ? "input" : "output",
           StrCat("'", port["name"].get<std::string>(), "'  ", port["dtype"].get<std::string>(),
                  " ", ShapeToString(shape),
                  port.contains("stored") ? ", stored as " + port["stored"].get<std::string>() : "",
                  port.contains("grid") ? " (" + port["grid"].get<std::string>() + ")" : ""));
    }
  }
  const Json& variants = facts["variants"];
  for (size_t i = 0; variants.size() > 1 && i < variants.size(); ++i) {
    line("shapes", StrCat(variants[i].get<std::string>(), i == 0 ? "  (calibrated on these)" : ""));
  }
  const auto batch = facts["batch"].get<std::string>();
  if (std::isdigit(static_cast<unsigned char>(batch[0])) != 0) {
    line("batch", StrCat(batch, " samples a run, one after the other"));
  }
  for (const Json& entry : facts["contracts"]) {
    line("contract", entry.get<std::string>());
  }
  char cost[160];
  std::snprintf(cost, sizeof(cost),
                "%.3f GMAC, %.0f %% of it in integers; %zu records; %.1f KiB of constants",
                facts["macs"].get<double>() / 1e9,
                facts["macs"].get<double>() > 0
                    ? 100 * facts["integer_macs"].get<double>() / facts["macs"].get<double>()
                    : 0,
                facts["records"].get<size_t>(), facts["constants_bytes"].get<double>() / 1024);
  line("cost", cost);
  std::string operators;
  for (const auto& [name, count] : facts["operators"].items()) {
    operators += (operators.empty() ? "" : ", ") + name + " " + std::to_string(count.get<int>());
  }
  line("operators", operators);
  if (facts.contains("provenance")) {
    const Json& p = facts["provenance"];
    line("made by",
         StrCat(p["tool"].get<std::string>(), " ", p["version"].get<std::string>(), " (",
                p["commit"].get<std::string>(), ") from ", p["model"]["name"].get<std::string>(),
                " (sha256 ", p["model"]["sha256"].get<std::string>().substr(0, 16), "...), ",
                p["calibration_files"].get<size_t>(), " calibration files"));
    std::string options;
    for (const Json& option : p["options"]) {
      options += (options.empty() ? "" : " ") + option.get<std::string>();
    }
    line("options", options);
    const Json& q = facts["quality"];
    line("golden", facts["golden"].get<std::string>());
    line("verdict", q["verdict"].get<std::string>());
    for (const Json& rule : q["rules"]) {
      line("  " + rule["rule"].get<std::string>(),
           rule["outcome"].get<std::string>() + "  " + rule["evidence"].get<std::string>());
    }
    std::map<std::string, std::vector<std::string>> by_reason;
    for (const Json& kept : facts["kept_float"]) {
      by_reason[kept["reason"].get<std::string>()].push_back(kept["name"].get<std::string>());
    }
    for (const auto& [reason, names] : by_reason) {
      line("in float", StrCat(names.size(), " nodes: ", reason, " (", names.front(),
                              names.size() > 1 ? " ... " + names.back() : "", ")"));
    }
  }
  if (facts.contains("layers")) {
    for (const Json& layer : facts["layers"]) {
      char row[400];
      std::snprintf(row, sizeof(row), "  %-16s %-5s %-16s %10.2f MMAC  %-10s %s  [%s]\n",
                    layer["op"].get<std::string>().c_str(),
                    layer["dtype"].get<std::string>().c_str(),
                    ShapeToString(layer["shape"].get<Shape>()).c_str(),
                    layer["macs"].get<double>() / 1e6, layer["function"].get<std::string>().c_str(),
                    layer["name"].get<std::string>().substr(0, 80).c_str(),
                    layer["grid"].get<std::string>().c_str());
      text += row;
    }
  }
  return text;
}

}  // namespace plumb
