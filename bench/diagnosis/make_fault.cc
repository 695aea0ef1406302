// Puts one fault into a sound artifact, and writes it with right hashes: what a damaged conversion, another tool or another
// release could have made. For the benchmark of diagnosis; nothing here is known to what diagnoses.
//
//   make_fault IN.plumb OUT.plumb KIND [WHERE]      WHERE: 0..1, which of the layers that can have the fault (default 0.5)
//   make_fault --kinds
//
// Exit code 3: the artifact has no place for this fault.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>

#include "plumb/artifact/reader.h"
#include "plumb/artifact/writer.h"
#include "plumb/base/npy.h"
#include "tests/fuzz/reseal.h"

namespace plumb::artifact {
namespace {

size_t At(int32_t i) { return static_cast<size_t>(i); }

class Injector {
 public:
  Injector(Artifact& artifact, double where)
      : artifact_(artifact), p_(artifact.program), where_(where) {}

  // --- parameters ---
  bool WrongScale() {  // the multipliers of a layer are four times what its scales say
    const Record* layer =
        Layer([this](const Record& r) { return IsProduct(r) && HasMultiplier(r); });
    if (layer == nullptr) {
      return false;
    }
    for (float& m : Edit(layer->inputs[3]).values<float>()) {
      m = std::min(m * 4, 0x1p30f);
    }
    return true;
  }
  bool WrongScaleOfChannels() {  // a quarter of them, by one half
    const Record* layer =
        Layer([this](const Record& r) { return IsProduct(r) && HasMultiplier(r); });
    if (layer == nullptr) {
      return false;
    }
    const auto m = Edit(layer->inputs[3]).values<float>();
    for (size_t o = 0; o < m.size(); o += 4) {
      m[o] *= 0.25f;
    }
    return true;
  }
  bool ZeroPoint() { return ChangeGrid(1.0f, 70); }
  bool Saturated() { return ChangeGrid(1.0f / 6, 0); }
  bool TooWide() { return ChangeGrid(24.0f, 0); }
  bool DeadChannels() {
    const Record* layer = Layer([this](const Record& r) { return IsProduct(r) && Out(r) >= 4; });
    if (layer == nullptr) {
      return false;
    }
    Tensor& w = Edit(layer->inputs[1]);
    const size_t each = w.bytes() / At(static_cast<int32_t>(Out(*layer)));
    for (int64_t o = 0; o < Out(*layer) / 2; ++o) {
      std::memset(static_cast<std::byte*>(w.raw()) + static_cast<size_t>(2 * o) * each, 0, each);
    }
    return true;
  }
  bool FlippedBits() {  // the top bits of twelve weights
    const Record* layer =
        Layer([this](const Record& r) { return IsProduct(r) && Size(r.inputs[1]) >= 800; });
    if (layer == nullptr) {
      return false;
    }
    Tensor& w = Edit(layer->inputs[1]);
    std::mt19937 random(5);
    for (int i = 0; i < 12; ++i) {
      static_cast<uint8_t*>(w.raw())[random() % w.bytes()] ^= 0xC0;
    }
    return true;
  }

  bool Biases() {  // left out
    const Record* layer = Layer([this](const Record& r) {
      return IsProduct(r) && r.inputs[2] >= 0 && p_.tensors[At(r.inputs[2])].constant >= 0 &&
             p_.tensors[At(r.inputs[2])].dtype == DType::kS32;
    });
    if (layer == nullptr) {
      return false;
    }
    for (int32_t& b : Edit(layer->inputs[2]).values<int32_t>()) {
      b = 0;
    }
    return true;
  }

  // --- graph and kernels ---
  bool TransposedWeights() {
    const Record* layer = Layer([this](const Record& r) {
      const Shape& s = p_.tensors[At(r.inputs.size() > 1 ? r.inputs[1] : 0)].shape;
      return IsProduct(r) && s.size() == 4 && s[1] == s[2] && s[1] > 1;
    });
    if (layer == nullptr) {
      return false;
    }
    Tensor& w = Edit(layer->inputs[1]);
    const Shape s = w.shape();
    const Tensor from = w;
    const auto k = At(static_cast<int32_t>(s[1])), depth = At(static_cast<int32_t>(s[3]));
    const size_t element = DTypeSize(w.dtype());
    for (size_t o = 0; o < At(static_cast<int32_t>(s[0])); ++o) {
      for (size_t y = 0; y < k; ++y) {
        for (size_t x = 0; x < k; ++x) {
          std::memcpy(
              static_cast<std::byte*>(w.raw()) + ((o * k + y) * k + x) * depth * element,
              static_cast<const std::byte*>(from.raw()) + ((o * k + x) * k + y) * depth * element,
              depth * element);
        }
      }
    }
    return true;
  }
  bool SwappedOutputs() {
    for (size_t i = 0; i < p_.outputs.size(); ++i) {
      for (size_t j = i + 1; j < p_.outputs.size(); ++j) {
        if (p_.tensors[At(p_.outputs[i].tensor)].shape ==
            p_.tensors[At(p_.outputs[j].tensor)].shape) {
          std::swap(p_.outputs[i].tensor, p_.outputs[j].tensor);
          return true;
        }
      }
    }
    return false;
  }
  bool DroppedActivation() {  // a table that only rescales
    for (const bool fused : {true, false}) {
      const Record* layer = Layer([&](const Record& r) {
        return fused
                   ? IsProduct(r) && r.inputs.size() == 5 && r.inputs[4] >= 0 && HasMultiplier(r) &&
                         p_.tensors[At(r.inputs[0])].quantization.scale.size() == 1
                   : r.op == "table" && !p_.tensors[At(r.outputs[0])].name.ends_with(".rescaled");
      });
      if (layer == nullptr) {
        continue;
      }
      const TensorInfo& out = p_.tensors[At(layer->outputs[0])];
      float scale = 0;
      int32_t zero = 0;
      if (fused) {
        zero = static_cast<int32_t>(layer->attributes.Int("mid_zero_point", 0));
        const float m = Edit(layer->inputs[3]).values<float>()[0];
        scale = p_.tensors[At(layer->inputs[0])].quantization.scale[0] *
                p_.tensors[At(layer->inputs[1])].quantization.scale[0] / m;
      } else {
        scale = p_.tensors[At(layer->inputs[0])].quantization.scale[0];
        zero = p_.tensors[At(layer->inputs[0])].quantization.zero_point[0];
      }
      const auto table = Edit(layer->inputs[fused ? 4 : 1]).values<int8_t>();
      for (int q = -128; q < 128; ++q) {
        const float real = scale * static_cast<float>(q - zero);
        const float to = std::nearbyint(real / out.quantization.scale[0]) +
                         static_cast<float>(out.quantization.zero_point[0]);
        table[static_cast<size_t>(q + 128)] = static_cast<int8_t>(std::clamp(to, -128.0f, 127.0f));
      }
      return true;
    }
    return false;
  }
  bool Padding() {  // all of it on one side
    Record* layer = Layer([](const Record& r) {
      const std::vector<int64_t> pads = r.attributes.Ints("pads");
      return r.op == "conv" && pads.size() == 4 && pads[0] > 0 && pads[0] == pads[2] &&
             pads[1] == pads[3];
    });
    if (layer == nullptr) {
      return false;
    }
    const std::vector<int64_t> pads = layer->attributes.Ints("pads");
    layer->attributes.Set("pads", std::vector<int64_t>{0, 0, 2 * pads[2], 2 * pads[3]});
    return true;
  }
  bool PaddingValue() {  // the border is not zero
    Record* layer = Layer([this](const Record& r) {
      const std::vector<int64_t> pads = r.attributes.Ints("pads");
      const TensorInfo& x = p_.tensors[At(r.inputs[0])];
      return r.op == "conv" && pads.size() == 4 && x.shape.size() == 4 &&
             std::any_of(pads.begin(), pads.end(), [](int64_t pad) { return pad > 0; }) &&
             x.dtype == DType::kS8 && x.quantization.zero_point.size() == 1;
    });
    if (layer == nullptr) {
      return false;
    }
    const std::vector<int64_t> pads = layer->attributes.Ints("pads");
    TensorInfo padded = p_.tensors[At(layer->inputs[0])];
    const int32_t zero = padded.quantization.zero_point[0];
    padded.name += ".padded";
    padded.shape[1] += pads[0] + pads[2];
    padded.shape[2] += pads[1] + pads[3];
    auto border = std::make_shared<Tensor>(DType::kS8, Shape{});
    border->values<int8_t>()[0] = static_cast<int8_t>(zero > 0 ? zero - 60 : zero + 60);
    p_.constants.push_back({border->raw(), border->bytes(), border});
    TensorInfo value;
    value.name = "border";
    value.dtype = DType::kS8;
    value.constant = static_cast<int32_t>(p_.constants.size() - 1);
    Record pad;
    pad.op = "pad";
    pad.inputs = {layer->inputs[0], p_.AddTensor(std::move(value))};
    pad.outputs = {p_.AddTensor(std::move(padded))};
    pad.attributes.Set("pads",
                       std::vector<int64_t>{0, pads[0], pads[1], 0, 0, pads[2], pads[3], 0});
    pad.attributes.Set("mode", std::string("constant"));
    layer->attributes.Set("pads", std::vector<int64_t>{0, 0, 0, 0});
    layer->inputs[0] = pad.outputs[0];
    p_.records.insert(p_.records.begin() + (layer - p_.records.data()), std::move(pad));
    return true;
  }
  bool ResizeRule() {
    Record* layer = Layer([](const Record& r) { return r.op == "resize"; });
    if (layer == nullptr) {
      return false;
    }
    const std::string rule =
        layer->attributes.String("coordinate_transformation_mode", "half_pixel");
    layer->attributes.Set("coordinate_transformation_mode",
                          std::string(rule == "align_corners" ? "half_pixel" : "align_corners"));
    return true;
  }

  // --- versions ---
  // An arithmetic that rounds down where this one rounds to the nearest: half a step less everywhere.
  bool RoundsDown() {
    size_t changed = 0, products = 0;
    for (const Record& r : p_.records) {
      products += IsProduct(r);
      const bool integer = !r.outputs.empty() && p_.tensors[At(r.outputs[0])].dtype == DType::kS8;
      // A function in float stands between the multiplier and the rounding.
      const std::string function = r.attributes.String("function", "none");
      if (!IsProduct(r) || !HasMultiplier(r) || !integer || r.inputs[2] < 0 ||
          (function != "none" && function != "table") ||
          p_.tensors[At(r.inputs[2])].dtype != DType::kS32) {
        continue;
      }
      const auto bias = Edit(r.inputs[2]).values<int32_t>();
      const auto m = Edit(r.inputs[3]).values<float>();
      for (size_t o = 0; o < bias.size(); ++o) {
        const double half = 0.5 / m[o];
        if (half < 0x1p28) {
          bias[o] -= static_cast<int32_t>(std::nearbyint(half));
        }
      }
      ++changed;
    }
    return changed >= 8 && changed * 10 >= products * 7;
  }

  // --- decoding ---
  bool Sigmoid() {
    artifact_.decode.scores_activated = !artifact_.decode.scores_activated;
    artifact_.decode.scores_source = Source::kGiven;
    return artifact_.decode.family != Family::kClassifier &&
           artifact_.decode.family != Family::kNone;
  }
  bool Anchors() {
    bool any = false;
    for (DecodeOutput& output : artifact_.decode.outputs) {
      for (float& a : output.anchors) {
        a *= 1.9f;
        any = true;
      }
    }
    return any;
  }
  bool Strides() {
    bool any = !artifact_.decode.strides.empty();
    for (int32_t& stride : artifact_.decode.strides) {
      stride *= 2;
    }
    for (DecodeOutput& output : artifact_.decode.outputs) {
      any = any || output.stride > 0;
      output.stride *= 2;
    }
    return any;
  }
  bool ClassOffset() {
    auto& labels = artifact_.decode.labels;
    if (labels.size() < 2) {
      return false;
    }
    std::rotate(labels.begin(), labels.begin() + 1, labels.end());
    return true;
  }
  bool Agnostic() {
    artifact_.decode.class_agnostic_nms = !artifact_.decode.class_agnostic_nms;
    return artifact_.decode.classes > 1 && artifact_.decode.family != Family::kClassifier;
  }
  bool NmsThreshold() {
    artifact_.decode.iou_threshold = 0.95f;
    return artifact_.decode.family != Family::kClassifier;
  }
  bool Score() {
    artifact_.decode.score_threshold = 0.02f;
    return artifact_.decode.family != Family::kClassifier;
  }

 private:
  bool IsProduct(const Record& r) const {
    return (r.op == "conv" || r.op == "fully_connected") && r.inputs.size() >= 4 &&
           r.inputs[1] >= 0 && p_.tensors[At(r.inputs[1])].constant >= 0 &&
           p_.tensors[At(r.inputs[1])].dtype == DType::kS8;
  }
  bool HasMultiplier(const Record& r) const {
    return r.inputs.size() >= 4 && r.inputs[3] >= 0 && p_.tensors[At(r.inputs[3])].constant >= 0;
  }
  int64_t Out(const Record& r) const { return p_.tensors[At(r.inputs[1])].shape[0]; }
  int64_t Size(int32_t t) const { return NumElements(p_.tensors[At(t)].shape); }

  Record* Layer(const std::function<bool(const Record&)>& fits) {
    std::vector<Record*> found;
    for (Record& r : p_.records) {
      if (fits(r)) {
        found.push_back(&r);
      }
    }
    return found.empty()
               ? nullptr
               : found[std::min(found.size() - 1,
                                static_cast<size_t>(where_ * static_cast<double>(found.size())))];
  }

  // The constant, as a tensor of its own that may be changed.
  Tensor& Edit(int32_t t) {
    TensorInfo& info = p_.tensors[At(t)];
    const Constant old = p_.constants[At(info.constant)];
    auto copy = std::make_shared<Tensor>(info.dtype, info.shape);
    std::memcpy(copy->raw(), old.data, old.bytes);
    p_.constants.push_back({copy->raw(), copy->bytes(), copy});
    info.constant = static_cast<int32_t>(p_.constants.size() - 1);
    return *copy;
  }

  // Another grid for one tensor between two products, both of which know of it.
  bool ChangeGrid(float factor, int32_t shift) {
    std::vector<int32_t> fits;
    for (const Record& r : p_.records) {
      if (!IsProduct(r) || !HasMultiplier(r) || r.inputs.size() > 4 || r.outputs.size() != 1 ||
          r.attributes.String("function", "none") != "none") {
        continue;
      }
      const int32_t t = r.outputs[0];
      const bool s8 =
          p_.tensors[At(t)].dtype == DType::kS8 && !p_.tensors[At(t)].quantization.per_channel();
      size_t readers = 0, products = 0;
      for (const Record& reader : p_.records) {
        const auto uses = std::count(reader.inputs.begin(), reader.inputs.end(), t);
        readers += static_cast<size_t>(uses);
        products +=
            uses == 1 && reader.inputs[0] == t && IsProduct(reader) && HasMultiplier(reader);
      }
      const bool output = std::any_of(p_.outputs.begin(), p_.outputs.end(),
                                      [&](const Port& port) { return port.tensor == t; });
      if (s8 && readers > 0 && readers == products && !output) {
        fits.push_back(t);
      }
    }
    if (fits.empty()) {
      return false;
    }
    const int32_t t = fits[std::min(
        fits.size() - 1, static_cast<size_t>(where_ * static_cast<double>(fits.size())))];
    Quantization& grid = p_.tensors[At(t)].quantization;
    grid.scale[0] *= factor;
    grid.zero_point[0] =
        std::clamp(grid.zero_point[0] + (grid.zero_point[0] > 0 ? -shift : shift), -128, 127);
    for (Record& r : p_.records) {
      const bool makes = !r.outputs.empty() && r.outputs[0] == t;
      const bool reads = !r.inputs.empty() && r.inputs[0] == t;
      if (!makes && !reads) {
        continue;
      }
      for (float& m : Edit(r.inputs[3]).values<float>()) {
        m = makes ? m / factor : m * factor;
      }
      if (makes && factor != 1 && r.attributes.Has("clamp_lo")) {
        r.attributes.Erase("clamp_lo");
        r.attributes.Erase("clamp_hi");
      }
      if (reads && r.inputs[2] >= 0) {  // biases count in steps of the input
        for (int32_t& b : Edit(r.inputs[2]).values<int32_t>()) {
          b = static_cast<int32_t>(std::clamp(static_cast<double>(b) / factor, -0x1p30, 0x1p30));
        }
      }
    }
    return true;
  }

  Artifact& artifact_;
  Program& p_;
  double where_;
};

struct Kind {
  const char* name;
  bool (Injector::*inject)();
};
constexpr Kind kKinds[] = {
    {"wrong-scale", &Injector::WrongScale},
    {"wrong-scale-channels", &Injector::WrongScaleOfChannels},
    {"zero-point", &Injector::ZeroPoint},
    {"saturated", &Injector::Saturated},
    {"too-wide", &Injector::TooWide},
    {"dead-channels", &Injector::DeadChannels},
    {"biases", &Injector::Biases},
    {"flipped-bits", &Injector::FlippedBits},
    {"transposed-weights", &Injector::TransposedWeights},
    {"swapped-outputs", &Injector::SwappedOutputs},
    {"dropped-activation", &Injector::DroppedActivation},
    {"padding", &Injector::Padding},
    {"padding-value", &Injector::PaddingValue},
    {"resize-rule", &Injector::ResizeRule},
    {"rounds-down", &Injector::RoundsDown},
    {"sigmoid", &Injector::Sigmoid},
    {"anchors", &Injector::Anchors},
    {"strides", &Injector::Strides},
    {"class-offset", &Injector::ClassOffset},
    {"nms-agnostic", &Injector::Agnostic},
    {"nms-threshold", &Injector::NmsThreshold},
    {"score-threshold", &Injector::Score},
};

int Fail(const Status& status) {
  std::cerr << "make_fault: " << status.message() << "\n";
  return static_cast<int>(status.code());
}

int Main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--kinds") {
    for (const Kind& kind : kKinds) {
      std::cout << kind.name << "\n";
    }
    return 0;
  }
  if (argc < 4) {
    std::cerr << "usage: make_fault IN.plumb OUT.plumb KIND [WHERE]\n";
    return 2;
  }
  const auto read = ReadArtifact(argv[1]);
  if (!read.ok()) {
    return Fail(read.status());
  }
  Artifact changed = **read;
  const std::string kind = argv[3];
  if (kind == "numerics-version") {  // a field of the header
    auto bytes = SerializeArtifact(changed);
    if (!bytes.ok()) {
      return Fail(bytes.status());
    }
    (*bytes)[12] = std::byte{kNumericsVersion - 1};
    const std::vector<std::byte> sealed = Reseal(*bytes);
    const Status status =
        WriteFileAtomically(argv[2], {reinterpret_cast<const char*>(sealed.data()), sealed.size()});
    return status.ok() ? 0 : Fail(status);
  }
  Injector injector(changed, argc > 4 ? std::strtod(argv[4], nullptr) : 0.5);
  for (const Kind& known : kKinds) {
    if (kind == known.name) {
      if (!(injector.*known.inject)()) {
        std::cerr << "make_fault: no place for '" << kind << "'\n";
        return 3;
      }
      const Status status = WriteArtifact(changed, argv[2]);
      return status.ok() ? 0 : Fail(status);
    }
  }
  std::cerr << "make_fault: no kind '" << kind << "'\n";
  return 2;
}

}  // namespace
}  // namespace plumb::artifact

int main(int argc, char** argv) { return plumb::artifact::Main(argc, argv); }
