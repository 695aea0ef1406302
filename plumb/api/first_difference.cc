// Where two artifacts begin to differ.
#include <algorithm>
#include <cstring>

#include "plumb/api/lock_rebuild.h"
#include "plumb/artifact/pack.h"

namespace plumb {
namespace {

using artifact::Artifact;
using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;

// "12 in one, 13 in the other" where the counts differ.
std::string CountsDiffer(std::string_view what, size_t a, size_t b) {
  return a == b ? "" : StrCat("program: ", a, " ", what, " in one, ", b, " in the other");
}

std::string RecordsDiffer(const Program& a, const Program& b) {
  for (size_t i = 0; i < std::min(a.records.size(), b.records.size()); ++i) {
    const Record& x = a.records[i];
    const Record& y = b.records[i];
    const char* part = x.op != y.op || x.version != y.version ? "operator"
                       : x.name != y.name                     ? "name"
                       : x.attributes != y.attributes         ? "attributes"
                       : x.inputs != y.inputs                 ? "inputs"
                       : x.outputs != y.outputs               ? "outputs"
                                                              : nullptr;
    if (part != nullptr) {
      return StrCat("program: record ", i, " '", x.name, "' (", x.op, "): ", part);
    }
  }
  return CountsDiffer("records", a.records.size(), b.records.size());
}

bool SameContents(const Program& a, const TensorInfo& x, const Program& b, const TensorInfo& y) {
  if (x.constant < 0 || y.constant < 0) {
    return x.constant == y.constant;
  }
  const artifact::Constant& p = a.constants[static_cast<size_t>(x.constant)];
  const artifact::Constant& q = b.constants[static_cast<size_t>(y.constant)];
  return p.bytes == q.bytes && (p.bytes == 0 || std::memcmp(p.data, q.data, p.bytes) == 0);
}

std::string TensorsDiffer(const Program& a, const Program& b) {
  for (size_t i = 0; i < std::min(a.tensors.size(), b.tensors.size()); ++i) {
    const TensorInfo& x = a.tensors[i];
    const TensorInfo& y = b.tensors[i];
    const char* part = x.name != y.name                           ? "name"
                       : x.dtype != y.dtype || x.shape != y.shape ? "type"
                       : x.quantization != y.quantization         ? "scale or zero point"
                                                                  : nullptr;
    if (part != nullptr) {
      return StrCat("program: tensor '", x.name, "': ", part);
    }
    if (!SameContents(a, x, b, y)) {
      return StrCat("weights: constant '", x.name, "'");
    }
  }
  return CountsDiffer("tensors", a.tensors.size(), b.tensors.size());
}

bool SamePorts(const std::vector<artifact::Port>& a, const std::vector<artifact::Port>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.tensor == y.tensor && x.dtype == y.dtype;
  });
}

std::string ProvenanceDiffers(const artifact::Provenance& a, const artifact::Provenance& b) {
  if (a.model != b.model) {
    return StrCat("provenance: model '", a.model.name, "' and '", b.model.name, "'");
  }
  if (a.version != b.version || a.commit != b.commit) {
    return StrCat("provenance: made by ", a.version, " (", a.commit, ") and ", b.version, " (",
                  b.commit, ")");
  }
  for (size_t i = 0; i < std::min(a.options.size(), b.options.size()); ++i) {
    if (a.options[i] != b.options[i]) {
      return StrCat("provenance: option ", a.options[i].first, "=", a.options[i].second, " and ",
                    b.options[i].first, "=", b.options[i].second);
    }
  }
  for (size_t i = 0; i < std::min(a.calibration.size(), b.calibration.size()); ++i) {
    if (a.calibration[i] != b.calibration[i]) {
      return StrCat("provenance: calibration file '", a.calibration[i].name, "' and '",
                    b.calibration[i].name, "'",
                    a.calibration[i].name == b.calibration[i].name ? ", of other contents" : "");
    }
  }
  return a == b ? "" : "provenance: calibration files, passes or notes";
}

}  // namespace

std::string FirstDifference(const Artifact& a, const Artifact& b) {
  if (std::string text = TensorsDiffer(a.program, b.program); !text.empty()) {
    return text;
  }
  if (std::string text = RecordsDiffer(a.program, b.program); !text.empty()) {
    return text;
  }
  if (!SamePorts(a.program.inputs, b.program.inputs) ||
      !SamePorts(a.program.outputs, b.program.outputs) ||
      a.program.symbolic_batch != b.program.symbolic_batch || a.program.batch != b.program.batch) {
    return "program: inputs or outputs";
  }
  if (a.io != b.io) {
    return "I/O contract";
  }
  if (a.decode != b.decode) {
    return "decode contract";
  }
  if (std::string text = ProvenanceDiffers(a.provenance, b.provenance); !text.empty()) {
    return text;
  }
  if (a.golden != b.golden) {
    return "golden vectors";
  }
  if (a.variants.size() != b.variants.size()) {
    return StrCat(1 + a.variants.size(), " and ", 1 + b.variants.size(), " sets of shapes");
  }
  for (size_t i = 0; i < a.variants.size(); ++i) {
    if (std::string text = FirstDifference(*a.variants[i], *b.variants[i]); !text.empty()) {
      return StrCat("variant ", i + 1, ": ", text);
    }
  }
  // As bytes: a figure that is not a number is equal to itself there.
  return artifact::PackQuality(a.quality) == artifact::PackQuality(b.quality) ? ""
                                                                              : "quality record";
}

}  // namespace plumb
