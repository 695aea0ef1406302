#include "plumb/api/recipe_options.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

#include "plumb/artifact/golden.h"
#include "plumb/artifact/validator.h"
#include "plumb/base/base64.h"
#include "plumb/base/number_text.h"
#include "plumb/contract/options.h"

namespace plumb {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view kAuto = "auto";

struct Row {
  std::string_view name;
  bool repeats;
  OptionStage stage;
  std::string_view hint;
  Texts (*get)(const ConvertOptions& options);
  Status (*set)(const std::string& text, ConvertOptions& options);
};

Texts YesOrNo(bool value) { return {value ? "yes" : "no"}; }

Status SetYesOrNo(const std::string& text, bool& value) {
  if (text != "yes" && text != "no") {
    return UsageError("expected yes or no, found '", text, "'");
  }
  value = text == "yes";
  return {};
}

template <typename T>
Status SetNumber(const std::string& text, T& value) {
  return NumberFrom(text, value) ? Status() : UsageError("expected a number, found '", text, "'");
}

template <typename T>
Status SetNumber(const std::string& text, T& value, T least, T most) {
  PLUMB_RETURN_IF_ERROR(SetNumber(text, value));
  return value >= least && value <= most
             ? Status()
             : UsageError("expected a number from ", least, " to ", most, ", found ", text);
}

template <typename T>
Status SetNamed(Result<T> parsed, T& value) {
  if (parsed.ok()) {
    value = *parsed;
  }
  return parsed.status();
}

Texts GivenOrAuto(const std::optional<std::string>& text) {
  return {text ? *text : std::string(kAuto)};
}

Status SetGiven(const std::string& text, std::optional<std::string>& value) {
  value = text == kAuto ? std::nullopt : std::optional(text);
  return {};
}

Texts Names(const std::set<std::string>& names) { return {names.begin(), names.end()}; }

contract::PictureOptions& PictureOf(ConvertOptions& options) {
  return options.model_options.contract.picture;
}
const contract::PictureOptions& PictureOf(const ConvertOptions& options) {
  return options.model_options.contract.picture;
}

// A constant with its values, so that who holds the artifact or its lock needs no other file.
std::string ConstantText(const std::string& name, const Tensor& tensor) {
  const std::span bytes(static_cast<const std::byte*>(tensor.raw()), tensor.bytes());
  return StrCat(name, "=", DTypeName(tensor.dtype()), ":", ShapeToString(tensor.shape()), ":",
                ToBase64(bytes));
}

Result<std::pair<std::string, Tensor>> ConstantFromText(const std::string& text) {
  const auto wrong = [&] {
    return UsageError("expected name=TYPE:SHAPE:BASE64, found '", text.substr(0, 60), "'");
  };
  const size_t values = text.rfind(':');
  const size_t sizes =
      values == std::string::npos || values == 0 ? values : text.rfind(':', values - 1);
  const size_t equals = sizes == std::string::npos ? sizes : text.rfind('=', sizes);
  if (values == std::string::npos || sizes == std::string::npos || equals == std::string::npos) {
    return wrong();
  }
  const auto type = DTypeFromName(text.substr(equals + 1, sizes - equals - 1));
  const auto bytes = FromBase64(text.substr(values + 1));
  const std::string extents = text.substr(sizes + 1, values - sizes - 1);
  Shape shape;
  if (extents != "scalar") {
    PLUMB_ASSIGN_OR_RETURN(const auto named, ParseInputShape("x=" + extents));
    shape = named.second;
  }
  uint64_t count = 1;
  for (const int64_t size : shape) {
    count = count > (uint64_t{1} << 40) ? count : count * static_cast<uint64_t>(size);
  }
  if (!type || *type == DType::kNone || !bytes.ok() || bytes->size() != count * DTypeSize(*type)) {
    return wrong();
  }
  Tensor tensor(*type, shape);
  std::memcpy(tensor.raw(), bytes->data(), bytes->size());
  return std::pair{text.substr(0, equals), std::move(tensor)};
}

using Options = ConvertOptions;
using Text = const std::string&;

// One row an option: a new one enters the provenance, the lock and its check by its row.
const Row kRows[] = {
    {"observer", false, OptionStage::kQuantize, "",
     [](const Options& o) -> Texts {
       return {std::string(quant::ObserverName(o.quantize.grids.range.observer))};
     },
     [](Text t, Options& o) {
       return SetNamed(quant::ObserverFromName(t), o.quantize.grids.range.observer);
     }},
    {"precision", false, OptionStage::kContract, "",
     [](const Options& o) -> Texts {
       return {o.precision == Precision::kFloat ? "fp32" : "integer"};
     },
     [](Text t, Options& o) { return SetNamed(PrecisionFromName(t), o.precision); }},
    {"percentile", false, OptionStage::kQuantize, "only --observer percentile reads it",
     [](const Options& o) -> Texts { return {NumberText(o.quantize.grids.range.percentile)}; },
     [](Text t, Options& o) {
       return SetNumber(t, o.quantize.grids.range.percentile, 50.0, 100.0);
     }},
    {"function-form", false, OptionStage::kQuantize,
     "no layer here has its function in another form",
     [](const Options& o) -> Texts {
       return {std::string(quant::FunctionFormName(o.quantize.form))};
     },
     [](Text t, Options& o) { return SetNamed(quant::FunctionFormFromName(t), o.quantize.form); }},
    {"activations", false, OptionStage::kQuantize, "",
     [](const Options& o) -> Texts {
       return {std::string(quant::IntegerTypeName(o.quantize.grids.activations))};
     },
     [](Text t, Options& o) {
       return SetNamed(quant::IntegerTypeFromName(t), o.quantize.grids.activations);
     }},
    {"weights", false, OptionStage::kQuantize, "",
     [](const Options& o) -> Texts {
       return {std::string(quant::IntegerTypeName(o.quantize.weights))};
     },
     [](Text t, Options& o) {
       return SetNamed(quant::IntegerTypeFromName(t), o.quantize.weights);
     }},
    {"weight-scales", false, OptionStage::kQuantize, "",
     [](const Options& o) -> Texts {
       return {std::string(quant::WeightScalesName(o.quantize.weight_scales))};
     },
     [](Text t, Options& o) {
       return SetNamed(quant::WeightScalesFromName(t), o.quantize.weight_scales);
     }},
    {"dense-channel-ratio", false, OptionStage::kQuantize,
     "no tensor that a dense layer reads gets scales of its own for channels",
     [](const Options& o) -> Texts { return {NumberText(o.quantize.grids.dense_channel_ratio)}; },
     [](Text t, Options& o) {
       return SetNumber(t, o.quantize.grids.dense_channel_ratio, 1.0f, 1e6f);
     }},
    {"bias-correction", false, OptionStage::kQuantize, "",
     [](const Options& o) { return YesOrNo(o.quantize.correct_bias); },
     [](Text t, Options& o) { return SetYesOrNo(t, o.quantize.correct_bias); }},
    {"one-scale-for-outputs", false, OptionStage::kQuantize, "the outputs have one scale anyway",
     [](const Options& o) { return YesOrNo(o.quantize.one_scale_for_outputs); },
     [](Text t, Options& o) { return SetYesOrNo(t, o.quantize.one_scale_for_outputs); }},
    {"optimization-level", false, OptionStage::kGraph,
     "the passes of the other levels find nothing to do",
     [](const Options& o) -> Texts { return {NumberText(o.model_options.passes.level)}; },
     [](Text t, Options& o) { return SetNumber(t, o.model_options.passes.level, 0, 3); }},
    {"fuse", false, OptionStage::kQuantize, "",
     [](const Options& o) { return YesOrNo(o.model_options.fuse); },
     [](Text t, Options& o) { return SetYesOrNo(t, o.model_options.fuse); }},
    {"calib-limit", false, OptionStage::kSamples, "there are no more samples",
     [](const Options& o) -> Texts { return {NumberText(o.calib_limit)}; },
     [](Text t, Options& o) { return SetNumber(t, o.calib_limit); }},
    {"check-limit", false, OptionStage::kSamples, "there are no more samples",
     [](const Options& o) -> Texts { return {NumberText(o.check_limit)}; },
     [](Text t, Options& o) { return SetNumber(t, o.check_limit); }},
    {"raw-samples", true, OptionStage::kContract, "",
     [](const Options& o) { return o.raw_samples ? Texts{"yes"} : Texts{}; },
     [](Text t, Options& o) { return SetYesOrNo(t, o.raw_samples); }},
    {"golden", false, OptionStage::kContract, "",
     [](const Options& o) -> Texts {
       return {!o.golden ? std::string(kAuto) : *o.golden == 0 ? "none" : NumberText(*o.golden)};
     },
     [](Text t, Options& o) -> Status {
       o.golden = std::nullopt;
       if (t == kAuto) {
         return {};
       }
       size_t count = 0;
       if (t != "none") {
         PLUMB_RETURN_IF_ERROR(SetNumber(t, count, size_t{1}, artifact::kMaxGoldenVectors));
       }
       o.golden = count;
       return {};
     }},
    {"custom-string", false, OptionStage::kContract, "",
     [](const Options& o) -> Texts { return {o.custom_string}; },
     [](Text t, Options& o) -> Status {
       PLUMB_RETURN_IF_ERROR(CheckCustomString(t));
       o.custom_string = t;
       return {};
     }},
    {"color", false, OptionStage::kPicture, "",
     [](const Options& o) { return GivenOrAuto(PictureOf(o).color); },
     [](Text t, Options& o) { return SetGiven(t, PictureOf(o).color); }},
    {"mean", false, OptionStage::kPicture, "",
     [](const Options& o) { return GivenOrAuto(PictureOf(o).mean); },
     [](Text t, Options& o) { return SetGiven(t, PictureOf(o).mean); }},
    {"std", false, OptionStage::kPicture, "",
     [](const Options& o) { return GivenOrAuto(PictureOf(o).std); },
     [](Text t, Options& o) { return SetGiven(t, PictureOf(o).std); }},
    {"resize", false, OptionStage::kPicture, "",
     [](const Options& o) { return GivenOrAuto(PictureOf(o).resize); },
     [](Text t, Options& o) { return SetGiven(t, PictureOf(o).resize); }},
    {"pad", false, OptionStage::kPicture, "only letterboxes have a border",
     [](const Options& o) { return GivenOrAuto(PictureOf(o).pad); },
     [](Text t, Options& o) { return SetGiven(t, PictureOf(o).pad); }},
    {"decode", false, OptionStage::kContract, "",
     [](const Options& o) -> Texts {
       const auto& decode = o.model_options.contract.decode;
       return {decode ? contract::DecodeText(*decode) : std::string(kAuto)};
     },
     [](Text t, Options& o) -> Status {
       o.model_options.contract.decode = std::nullopt;
       if (t != kAuto) {
         PLUMB_ASSIGN_OR_RETURN(o.model_options.contract.decode, contract::ParseDecode(t));
       }
       return {};
     }},
    {"label", true, OptionStage::kContract, "",
     [](const Options& o) { return o.model_options.contract.labels.value_or(Texts{}); },
     [](Text t, Options& o) -> Status {
       auto& labels = o.model_options.contract.labels;
       labels = labels.value_or(Texts{});
       labels->push_back(t);
       return {};
     }},
    {"keep-float", true, OptionStage::kQuantize, "it is computed in float anyway",
     [](const Options& o) { return Names(o.quantize.keep_float); },
     [](Text t, Options& o) -> Status {
       o.quantize.keep_float.insert(t);
       return {};
     }},
    {"hybrid", true, OptionStage::kQuantize, "the layer computes so anyway",
     [](const Options& o) {
       Texts texts;
       for (const auto& [name, type] : o.quantize.hybrid) {
         texts.push_back(StrCat(name, "=", quant::LayerTypeName(type)));
       }
       return texts;
     },
     [](Text t, Options& o) -> Status {
       const size_t equals = std::min(t.rfind('='), t.size());
       PLUMB_ASSIGN_OR_RETURN(o.quantize.hybrid[t.substr(0, equals)],
                              quant::LayerTypeFromName(t.substr(std::min(equals + 1, t.size()))));
       return {};
     }},
    {"range", true, OptionStage::kQuantize, "the tensor has this grid anyway",
     [](const Options& o) {
       Texts texts;
       for (const auto& [name, range] : o.quantize.grids.ranges) {
         texts.push_back(StrCat(name, "=", NumberText(range.lo), ",", NumberText(range.hi)));
       }
       return texts;
     },
     [](Text t, Options& o) -> Status {
       const size_t equals = t.rfind('='), comma = t.rfind(',');
       quant::Range range;
       if (equals == std::string::npos || comma == std::string::npos || comma < equals ||
           !NumberFrom(t.substr(equals + 1, comma - equals - 1), range.lo) ||
           !NumberFrom(t.substr(comma + 1), range.hi)) {
         return UsageError("expected name=lowest,highest, found '", t, "'");
       }
       o.quantize.grids.ranges[t.substr(0, equals)] = range;
       return {};
     }},
    {"disable-pass", true, OptionStage::kGraph, "the pass finds nothing to do",
     [](const Options& o) { return Names(o.model_options.passes.disabled); },
     [](Text t, Options& o) -> Status {
       o.model_options.passes.disabled.insert(t);
       return {};
     }},
    {"input-shape", true, OptionStage::kGraph, "the model states this shape",
     [](const Options& o) {
       Texts texts;
       for (const auto& [name, shape] : o.model_options.input_shapes) {
         texts.push_back(name + "=" + ShapeToString(shape));
       }
       return texts;
     },
     [](Text t, Options& o) -> Status {
       PLUMB_ASSIGN_OR_RETURN(auto shape, ParseInputShape(t));
       o.model_options.input_shapes.insert(std::move(shape));
       return {};
     }},
    {"shape-set", true, OptionStage::kContract, "",
     [](const Options& o) {
       Texts texts;
       for (const ShapeSet& set : o.shape_sets) {
         texts.push_back(ShapeSetText(set));
       }
       return texts;
     },
     [](Text t, Options& o) -> Status {
       PLUMB_ASSIGN_OR_RETURN(ShapeSet set, ParseShapeSet(t));
       o.shape_sets.push_back(std::move(set));
       return {};
     }},
    {"batch", true, OptionStage::kContract, "",
     [](const Options& o) { return o.batch > 1 ? Texts{NumberText(o.batch)} : Texts{}; },
     [](Text t, Options& o) { return SetNumber(t, o.batch, 2, artifact::kMaxBatch); }},
    {"inputs", true, OptionStage::kContract, "",
     [](const Options& o) { return o.model_options.cut.inputs; },
     [](Text t, Options& o) -> Status {
       o.model_options.cut.inputs.push_back(t);
       return {};
     }},
    {"outputs", true, OptionStage::kContract, "",
     [](const Options& o) { return o.model_options.cut.outputs; },
     [](Text t, Options& o) -> Status {
       o.model_options.cut.outputs.push_back(t);
       return {};
     }},
    {"constant", true, OptionStage::kContract, "",
     [](const Options& o) {
       Texts texts;
       for (const auto& [name, tensor] : o.model_options.cut.constants) {
         texts.push_back(ConstantText(name, tensor));
       }
       return texts;
     },
     [](Text t, Options& o) -> Status {
       PLUMB_ASSIGN_OR_RETURN(auto constant, ConstantFromText(t));
       o.model_options.cut.constants.insert(std::move(constant));
       return {};
     }},
    {"scale-fault", true, OptionStage::kQuantize, "",
     [](const Options& o) {
       Texts texts;
       for (const auto& [name, factor] : o.quantize.scale_faults) {
         texts.push_back(name + "=" + NumberText(factor));
       }
       return texts;
     },
     [](Text t, Options& o) -> Status {
       const size_t equals = t.rfind('=');
       float factor = 0;
       if (equals == std::string::npos || !NumberFrom(t.substr(equals + 1), factor) ||
           !(factor > 0)) {
         return UsageError("expected name=factor, found '", t, "'");
       }
       o.quantize.scale_faults[t.substr(0, equals)] = factor;
       return {};
     }},
};

// Null: there is none.
const Row* FindRow(std::string_view name) {
  const Row* found = std::ranges::find(kRows, name, &Row::name);
  return found == std::end(kRows) ? nullptr : found;
}

}  // namespace

std::vector<OptionText> OptionsOf(const ConvertOptions& options) {
  std::vector<OptionText> list;
  for (const Row& row : kRows) {
    for (std::string& text : row.get(options)) {
      list.emplace_back(row.name, std::move(text));
    }
  }
  return list;
}

Status TakeOptions(std::span<const OptionText> list, ConvertOptions& options) {
  std::map<std::string_view, size_t> seen;
  for (const auto& [name, text] : list) {
    const Row* found = FindRow(name);
    if (found == nullptr) {
      return UsageError("option '", name, "' is not known to this release");
    }
    if (++seen[found->name] > 1 && !found->repeats) {
      return UsageError("option '", name, "' is there twice");
    }
    PLUMB_RETURN_IF_ERROR(found->set(text, options).WithContext(StrCat("option '", name, "'")));
  }
  for (const Row& row : kRows) {
    if (!row.repeats && !seen.contains(row.name)) {
      return UsageError("option '", row.name, "' is missing");
    }
  }
  return {};
}

void TakeKnownOptions(std::span<const OptionText> list, ConvertOptions& options) {
  for (const auto& [name, text] : list) {
    if (const Row* row = FindRow(name)) {
      (void)row->set(text, options);
    }
  }
}

std::vector<OptionTrial> OptionTrials(const ConvertOptions& options) {
  const std::vector<OptionText> list = OptionsOf(options);
  const ConvertOptions defaults;
  std::vector<OptionTrial> trials;
  for (size_t i = 0; i < list.size(); ++i) {
    const Row* row = FindRow(list[i].first);
    if (row->stage == OptionStage::kContract) {
      continue;
    }
    std::vector<OptionText> without = list;
    if (row->repeats) {
      without.erase(without.begin() + static_cast<ptrdiff_t>(i));
    } else {
      without[i].second = row->get(defaults)[0];
    }
    ConvertOptions changed;
    if (without == list || !TakeOptions(without, changed).ok()) {
      continue;
    }
    OptionTrial& trial =
        trials.emplace_back(OptionTrial{list[i], row->stage, std::string(row->hint), options});
    trial.without.quantize = changed.quantize;
    trial.without.model_options = changed.model_options;
    trial.without.calib_limit = changed.calib_limit;
    trial.without.check_limit = changed.check_limit;
  }
  return trials;
}

}  // namespace plumb
