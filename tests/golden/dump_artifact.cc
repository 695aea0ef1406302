// dump_artifact FILE: what the reader sees, as JSON in the form of tools/read_artifact.py. For the
// test that compares both.
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "plumb/artifact/reader.h"
#include "plumb/base/sha256.h"

namespace plumb::artifact {
namespace {

using Json = nlohmann::json;

template <typename T>
Json Number(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) {
      return std::isnan(value) ? "nan" : (value > 0 ? "inf" : "-inf");
    }
    return static_cast<double>(value);
  }
  return value;
}

template <typename T>
Json List(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) {
    if constexpr (std::is_arithmetic_v<T>) {
      list.push_back(Number(value));
    } else {
      list.push_back(value);
    }
  }
  return list;
}

template <typename T>
int Code(T value) {
  return static_cast<int>(value);
}

template <typename Pairs>
Json KeysAndValues(const Pairs& pairs) {
  Json list = Json::array();
  for (const auto& [key, value] : pairs) {
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>) {
      list.push_back({{"key", key}, {"value", Number(value)}});
    } else {
      list.push_back({{"key", key}, {"value", value}});
    }
  }
  return list;
}

Json Value(const Attribute& attribute) {
  return std::visit(
      [](const auto& value) -> Json {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_arithmetic_v<T>) {
          return Number(value);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return value;
        } else {
          return List(value);
        }
      },
      attribute);
}

Json Ports(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& port : ports) {
    list.push_back(
        {{"name", port.name}, {"tensor", port.tensor}, {"dtype", DTypeName(port.dtype)}});
  }
  return list;
}

// Of one program after the other.
Json Dump(const std::vector<Constant>& all, uint64_t& end, std::map<const void*, uint64_t>& known) {
  Json constants = Json::array();
  for (const Constant& constant : all) {
    const uint64_t next = (end + 63) / 64 * 64;
    const uint64_t offset =
        constant.bytes > 0 ? known.try_emplace(constant.data, next).first->second : next;
    end = constant.bytes > 0 && offset == next ? next + constant.bytes : end;
    const auto digest = Sha256::Of({static_cast<const std::byte*>(constant.data), constant.bytes});
    constants.push_back({{"offset", offset}, {"size", constant.bytes}, {"sha256", ToHex(digest)}});
  }
  return constants;
}

// Without the constants.
Json Dump(const Program& program) {
  Json tensors = Json::array();
  for (const TensorInfo& info : program.tensors) {
    tensors.push_back({{"name", info.name},
                       {"dtype", DTypeName(info.dtype)},
                       {"shape", List(info.shape)},
                       {"scale", List(info.quantization.scale)},
                       {"zero_point", List(info.quantization.zero_point)},
                       {"axis", info.quantization.axis},
                       {"constant", info.constant}});
  }
  Json records = Json::array();
  for (const Record& record : program.records) {
    Json attributes = Json::object();
    for (const auto& [name, value] : record.attributes) {
      attributes[name] = Value(value);
    }
    records.push_back({{"op", record.op},
                       {"version", record.version},
                       {"name", record.name},
                       {"inputs", List(record.inputs)},
                       {"outputs", List(record.outputs)},
                       {"attributes", attributes}});
  }
  return {{"name", program.name},
          {"tensors", tensors},
          {"records", records},
          {"inputs", Ports(program.inputs)},
          {"outputs", Ports(program.outputs)},
          {"symbolic_batch", program.symbolic_batch}};
}

Json Dump(const IoContract& contract) {
  Json pictures = Json::array();
  for (const PictureInput& p : contract.pictures) {
    pictures.push_back({{"input", p.input},
                        {"width", p.width},
                        {"height", p.height},
                        {"layout", Code(p.layout)},
                        {"color", Code(p.color)},
                        {"mean", List(p.mean)},
                        {"std", List(p.std)},
                        {"resize", Code(p.resize)},
                        {"pad", p.pad},
                        {"crop_short", p.crop_short},
                        {"color_source", Code(p.color_source)},
                        {"mean_source", Code(p.mean_source)},
                        {"std_source", Code(p.std_source)},
                        {"resize_source", Code(p.resize_source)},
                        {"pad_source", Code(p.pad_source)}});
  }
  return {{"pictures", pictures}};
}

Json Dump(const DecodeContract& c) {
  Json outputs = Json::array();
  for (const DecodeOutput& o : c.outputs) {
    outputs.push_back({{"output", o.output},
                       {"role", Code(o.role)},
                       {"layout", Code(o.layout)},
                       {"stride", o.stride},
                       {"anchors", List(o.anchors)}});
  }
  return {{"family", Code(c.family)},
          {"outputs", outputs},
          {"classes", c.classes},
          {"labels", List(c.labels)},
          {"boxes_decoded", c.boxes_decoded},
          {"scores_activated", c.scores_activated},
          {"reg_max", c.reg_max},
          {"strides", List(c.strides)},
          {"score_threshold", Number(c.score_threshold)},
          {"iou_threshold", Number(c.iou_threshold)},
          {"class_agnostic_nms", c.class_agnostic_nms},
          {"max_detections", c.max_detections},
          {"family_source", Code(c.family_source)},
          {"scores_source", Code(c.scores_source)},
          {"anchors_source", Code(c.anchors_source)},
          {"strides_source", Code(c.strides_source)},
          {"classes_source", Code(c.classes_source)},
          {"labels_source", Code(c.labels_source)}};
}

Json Dump(const FileDigest& file) { return {{"name", file.name}, {"sha256", file.sha256}}; }

Json Dump(const Provenance& p) {
  Json calibration = Json::array();
  for (const FileDigest& file : p.calibration) {
    calibration.push_back(Dump(file));
  }
  return {{"tool", p.tool},
          {"version", p.version},
          {"commit", p.commit},
          {"model", Dump(p.model)},
          {"calibration", calibration},
          {"options", KeysAndValues(p.options)},
          {"passes", List(p.passes)},
          {"notes", KeysAndValues(p.notes)}};
}

Json Dump(const Quality& q) {
  Json layers = Json::array();
  for (const LayerQuality& layer : q.layers) {
    layers.push_back({{"name", layer.name},
                      {"sqnr_local", Number(layer.sqnr_local)},
                      {"cosine_local", Number(layer.cosine_local)},
                      {"sqnr_accumulated", Number(layer.sqnr_accumulated)},
                      {"cosine_accumulated", Number(layer.cosine_accumulated)}});
  }
  Json rules = Json::array();
  for (const RuleResult& rule : q.rules) {
    rules.push_back(
        {{"rule", rule.rule}, {"outcome", Code(rule.outcome)}, {"evidence", rule.evidence}});
  }
  Json kept = Json::array();
  for (const KeptFloat& item : q.kept_float) {
    kept.push_back({{"name", item.name}, {"reason", item.reason}});
  }
  return {{"verdict", Code(q.verdict)},
          {"reasons", List(q.reasons)},
          {"gate", q.gate},
          {"layers", layers},
          {"rules", rules},
          {"kept_float", kept},
          {"numbers", KeysAndValues(q.numbers)},
          {"texts", KeysAndValues(q.texts)}};
}

Json Dump(const Golden& golden, const IoContract& io) {
  Json vectors = Json::array();
  for (const GoldenVector& v : golden.vectors) {
    Json inputs = Json::array(), objects = Json::array();
    for (size_t i = 0; i < v.inputs.size(); ++i) {
      const GoldenInput& input = v.inputs[i];
      std::string pixels;
      for (const PictureInput& p : io.pictures) {
        if (p.input == static_cast<int32_t>(i) && input.source == GoldenSource::kPicture) {
          const auto picture =
              DecodePicture(input.picture, input.width, input.height, p.channels());
          pixels = picture.ok() ? ToHex(Sha256::Of(std::as_bytes(std::span(picture->pixels))))
                                : picture.status().message();
        }
      }
      inputs.push_back({{"source", Code(input.source)},
                        {"seed", input.seed},
                        {"low", Number(input.low)},
                        {"high", Number(input.high)},
                        {"width", input.width},
                        {"height", input.height},
                        {"picture_bytes", input.picture.size()},
                        {"pixels_sha256", pixels},
                        {"hash", input.hash}});
    }
    for (const GoldenObject& object : v.objects) {
      objects.push_back({{"label", object.label}, {"numbers", List(object.numbers)}});
    }
    vectors.push_back({{"inputs", inputs},
                       {"hashes", List(v.hashes)},
                       {"result", Code(v.result)},
                       {"objects", objects}});
  }
  return {{"vectors", vectors},
          {"definitions", List(golden.definitions)},
          {"contracts", golden.contracts}};
}

}  // namespace
}  // namespace plumb::artifact

int main(int argc, char** argv) {
  using namespace plumb::artifact;
  if (argc != 2) {
    std::cerr << "usage: dump_artifact FILE\n";
    return 2;
  }
  const auto artifact = ReadArtifact(std::string(argv[1]));
  if (!artifact.ok()) {
    std::cerr << artifact.status().message() << "\n";
    return static_cast<int>(artifact.status().code());
  }
  const Artifact& a = **artifact;
  Json json = {{"program", Dump(a.program)},        {"io_contract", Dump(a.io)},
               {"decode_contract", Dump(a.decode)}, {"provenance", Dump(a.provenance)},
               {"quality", Dump(a.quality)},        {"golden", Dump(a.golden, a.io)},
               {"batch", a.program.batch}};
  uint64_t end = 0;
  std::map<const void*, uint64_t> places;
  json["program"]["constants"] = Dump(a.program.constants, end, places);
  json["variants"] = Json::array();
  for (const auto& variant : a.variants) {
    Json program = Dump(variant->program);
    program["constants"] = Dump(variant->program.constants, end, places);
    json["variants"].push_back({{"program", program},
                                {"io_contract", Dump(variant->io)},
                                {"decode_contract", Dump(variant->decode)},
                                {"golden", Dump(variant->golden, variant->io)}});
  }
  std::cout << json.dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
  return 0;
}
