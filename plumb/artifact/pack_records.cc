// Provenance and quality.
#include "plumb/artifact/packer.h"
#include "plumb/artifact/schema_generated.h"

namespace plumb::artifact {
namespace {

using Texts = flatbuffers::Vector<flatbuffers::Offset<fb::Text>>;

auto PackDigest(Packer& packer, const FileDigest& file) {
  const auto name = packer.Text(file.name);
  const auto sha256 = packer.Text(file.sha256);
  return fb::CreateFileDigest(packer.builder(), name, sha256);
}

template <typename Pairs>
auto PackPairs(Packer& packer, const Pairs& pairs) {
  return packer.Tables(pairs, [&](const auto& pair) {
    const auto key = packer.Text(pair.first);
    const auto value = packer.Text(pair.second);
    return fb::CreateText(packer.builder(), key, value);
  });
}

FileDigest UnpackDigest(Unpacker& unpacker, const fb::FileDigest& from) {
  return {unpacker.Text(from.name()), unpacker.Text(from.sha256())};
}

std::map<std::string, std::string> UnpackMap(Unpacker& unpacker, const Texts* from) {
  std::map<std::string, std::string> map;
  unpacker.Each(from, [&](const fb::Text& text) {
    map[unpacker.Text(text.key())] = unpacker.Text(text.value());
  });
  return map;
}

auto PackLayer(Packer& packer, const LayerQuality& layer) {
  const auto name = packer.Text(layer.name);
  return fb::CreateLayerQuality(packer.builder(), name, layer.sqnr_local, layer.cosine_local,
                                layer.sqnr_accumulated, layer.cosine_accumulated);
}

auto PackRule(Packer& packer, const RuleResult& rule) {
  const auto name = packer.Text(rule.rule);
  const auto evidence = packer.Text(rule.evidence);
  return fb::CreateRuleResult(packer.builder(), name, static_cast<uint8_t>(rule.outcome), evidence);
}

auto PackKept(Packer& packer, const KeptFloat& kept) {
  const auto name = packer.Text(kept.name);
  const auto reason = packer.Text(kept.reason);
  return fb::CreateKeptFloat(packer.builder(), name, reason);
}

auto PackNumber(Packer& packer, const std::pair<const std::string, double>& number) {
  const auto key = packer.Text(number.first);
  return fb::CreateNumber(packer.builder(), key, number.second);
}

}  // namespace

Bytes PackProvenance(const Provenance& p) {
  Packer packer;
  const auto tool = packer.Text(p.tool);
  const auto version = packer.Text(p.version);
  const auto commit = packer.Text(p.commit);
  const auto model = PackDigest(packer, p.model);
  const auto calibration = packer.Tables(
      p.calibration, [&](const FileDigest& file) { return PackDigest(packer, file); });
  const auto options = PackPairs(packer, p.options);
  const auto passes = packer.Texts(p.passes);
  const auto notes = PackPairs(packer, p.notes);
  return packer.Finish(fb::CreateProvenance(packer.builder(), tool, version, commit, model,
                                            calibration, options, passes, notes));
}

Result<Provenance> UnpackProvenance(std::span<const std::byte> section) {
  Unpacker unpacker(section);
  const auto* root = unpacker.Root<fb::Provenance>();
  if (root == nullptr) {
    return InvalidModel("damaged artifact: the section is no provenance");
  }
  Provenance p;
  p.tool = unpacker.Text(root->tool());
  p.version = unpacker.Text(root->version());
  p.commit = unpacker.Text(root->commit());
  if (root->model() != nullptr) {
    p.model = UnpackDigest(unpacker, *root->model());
  }
  unpacker.Each(root->calibration(), [&](const fb::FileDigest& file) {
    p.calibration.push_back(UnpackDigest(unpacker, file));
  });
  unpacker.Each(root->options(), [&](const fb::Text& text) {
    std::string key = unpacker.Text(text.key());
    p.options.emplace_back(std::move(key), unpacker.Text(text.value()));
  });
  p.passes = unpacker.Texts(root->passes());
  p.notes = UnpackMap(unpacker, root->notes());
  return unpacker.overdrawn() ? InvalidModel("damaged artifact: the provenance's parts overlap")
                              : Result<Provenance>(std::move(p));
}

Bytes PackQuality(const Quality& q) {
  Packer packer;
  const auto reasons = packer.Texts(q.reasons);
  const auto gate = packer.Text(q.gate);
  const auto layers =
      packer.Tables(q.layers, [&](const LayerQuality& layer) { return PackLayer(packer, layer); });
  const auto rules =
      packer.Tables(q.rules, [&](const RuleResult& rule) { return PackRule(packer, rule); });
  const auto kept =
      packer.Tables(q.kept_float, [&](const KeptFloat& item) { return PackKept(packer, item); });
  const auto numbers =
      packer.Tables(q.numbers, [&](const auto& number) { return PackNumber(packer, number); });
  const auto texts = PackPairs(packer, q.texts);
  return packer.Finish(fb::CreateQuality(packer.builder(), static_cast<uint8_t>(q.verdict), reasons,
                                         gate, layers, rules, kept, numbers, texts));
}

Result<Quality> UnpackQuality(std::span<const std::byte> section) {
  Unpacker unpacker(section);
  const auto* root = unpacker.Root<fb::Quality>();
  if (root == nullptr) {
    return InvalidModel("damaged artifact: the section is no quality record");
  }
  Quality q;
  q.verdict = static_cast<Outcome>(root->verdict());
  q.reasons = unpacker.Texts(root->reasons());
  q.gate = unpacker.Text(root->gate());
  unpacker.Each(root->layers(), [&](const fb::LayerQuality& from) {
    q.layers.push_back({unpacker.Text(from.name()), from.sqnr_local(), from.cosine_local(),
                        from.sqnr_accumulated(), from.cosine_accumulated()});
  });
  unpacker.Each(root->rules(), [&](const fb::RuleResult& from) {
    q.rules.push_back({unpacker.Text(from.rule()), static_cast<Outcome>(from.outcome()),
                       unpacker.Text(from.evidence())});
  });
  unpacker.Each(root->kept_float(), [&](const fb::KeptFloat& from) {
    q.kept_float.push_back({unpacker.Text(from.name()), unpacker.Text(from.reason())});
  });
  unpacker.Each(root->numbers(), [&](const fb::Number& from) {
    q.numbers[unpacker.Text(from.key())] = from.value();
  });
  q.texts = UnpackMap(unpacker, root->texts());
  return unpacker.overdrawn() ? InvalidModel("damaged artifact: the quality record's parts overlap")
                              : Result<Quality>(std::move(q));
}

}  // namespace plumb::artifact
