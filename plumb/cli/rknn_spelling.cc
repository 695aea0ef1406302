#include "plumb/cli/rknn_spelling.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <numeric>

#include "plumb/base/tensor.h"

namespace plumb::cli {
namespace {

using Text = std::string_view;

struct Row {
  Text name;
  Status (*take)(Text value, RknnOption& out);
};

std::string Lower(Text text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// "[[1, 2, 3]]" and "[1, 2, 3]" as "1,2,3", "[[1, 2, 3], [4]]" as "1,2,3;4"; nothing when it is no list.
std::optional<std::string> Rows(Text text) {
  std::string flat;
  int depth = 0;
  for (const char c : text) {
    depth += c == '[' ? 1 : c == ']' ? -1 : 0;
    if (depth > 2 || depth < 0) {
      return std::nullopt;
    }
    if (c == ',' && depth == 1 && !flat.empty() && flat.back() == ']') {
      flat.back() = ';';
    } else if (c == ']' ? depth == 1 : c != '[' && c != ' ') {
      flat += c;
    }
  }
  if (!flat.empty() && flat.back() == ']') {
    flat.pop_back();
  }
  const bool good = depth == 0 && !flat.empty() && flat.find(']') == std::string::npos;
  return good ? std::optional(flat) : std::nullopt;
}

Status TakeNumbers(Text rknn, Text option, Text value, RknnOption& out) {
  const auto rows = Rows(value);
  if (!rows) {
    return UsageError(rknn, ": expected [[c0, c1, ...], ...], a list for each input, found ",
                      value);
  }
  out.options.emplace_back(option, *rows);
  return {};
}

Status TakeDType(Text value, RknnOption& out) {
  const std::string type = Lower(value);
  const auto set = [&](Text activations, Text weights) {
    out.options = {{"activations", std::string(activations)}, {"weights", std::string(weights)}};
    return Status();
  };
  if (type == "w8a8" || type == "asymmetric_quantized-8") {
    return set("int8", "int8");
  }
  if (type == "w8a16") {
    out.note = "activations are int16 here, where RKNN computes them in float16";
    return set("int16", "int8");
  }
  if (type == "w16a16i") {
    out.note = "both are symmetric here (zero point 0)";
    return set("int16", "int16");
  }
  return UsageError("quantized_dtype: ", value, " has no counterpart here",
                    type.starts_with("w4") ? " (no weights of 4 bits)" : "",
                    "; there are w8a8, w8a16 and w16a16i");
}

Status TakeAlgorithm(Text value, RknnOption& out) {
  const std::string name = Lower(value);
  if (name == "normal") {
    out.options = {{"observer", "min-max"}};
    return {};
  }
  if (name == "mmse") {
    out.options = {{"observer", "mse"}};
    out.note =
        "the range with the least squared error is searched for activations, on a histogram of "
        "all samples; weights keep their whole range, where RKNN searches theirs too";
    return {};
  }
  if (name == "kl_divergence") {
    out.options = {{"observer", "kl"}};
    return {};
  }
  return UsageError("quantized_algorithm: ", value,
                    " has no counterpart here; there are normal (observer min-max), mmse (mse) "
                    "and kl_divergence (kl)");
}

Status TakeMethod(Text value, RknnOption& out) {
  const std::string method = Lower(value);
  if (method != "channel" && method != "layer") {
    return UsageError("quantized_method: ", value,
                      " has no counterpart here: the scales of weights are for an output channel "
                      "or for a layer; there are channel and layer");
  }
  out.options = {{"weight-scales", method}};
  return {};
}

// True or False, as Python and YAML write them.
std::optional<bool> Flag(Text value) {
  const std::string flag = Lower(value);
  return flag == "true"    ? std::optional(true)
         : flag == "false" ? std::optional(false)
                           : std::nullopt;
}

Status TakeQuantization(Text value, RknnOption& out) {
  const auto flag = Flag(value);
  if (!flag) {
    return UsageError("do_quantization: expected True or False, found ", value);
  }
  out.options = {{"precision", *flag ? "integer" : "fp32"}};
  if (!*flag) {
    out.note = "the artifact computes in binary32, where RKNN's NPU has float16";
  }
  return {};
}

Status TakeAutoHybrid(Text value, RknnOption& out) {
  const auto flag = Flag(value);
  if (!flag) {
    return UsageError("auto_hybrid: expected True or False, found ", value,
                      "; --auto-hybrid layer-cosine=NUMBER states a threshold");
  }
  if (*flag) {
    out.options = {{"auto-hybrid", "layer-cosine=0.98"}};
    out.note =
        "layers with a cosine below 0.98 get int16 here, where RKNN computes them in float16; "
        "--auto-hybrid layer-cosine=NUMBER states another threshold";
  }
  return {};
}

// Options of the vendor's hardware and file format.
Status TakeNothing(RknnOption& out) {
  out.note = "no effect: it means something to the vendor's hardware only";
  return {};
}

// Off is what happens here anyway; of on the note tells.
Status TakeOff(Text value, Text note, RknnOption& out) {
  if (Flag(value) != false && Lower(value) != "none") {
    out.note = note;
  }
  return {};
}

Status TakeOrder(Text value, RknnOption& out) {
  std::string flags = Lower(value), colors;
  std::erase_if(flags, [](char c) { return c == '[' || c == ']' || c == ' '; });
  for (size_t begin = 0; begin <= flags.size();) {
    const size_t end = std::min(flags.find(',', begin), flags.size());
    const auto flag = Flag(Text(flags).substr(begin, end - begin));
    if (!flag) {
      return UsageError("quant_img_RGB2BGR: expected True or False, found ", value);
    }
    colors += StrCat(begin == 0 ? "" : ";", *flag ? "bgr" : "rgb");
    begin = end + 1;
  }
  out.options = {{"color", colors}};
  out.note = "the order holds for detect and classify too: it is stored in the artifact";
  return {};
}

// "[[[1,3,96,96],[1,4]],[[1,3,64,64],[1,2]]]": sets of shapes, one an input.
Result<std::vector<std::vector<Shape>>> ShapesFrom(Text value) {
  const auto wrong = [&] {
    return UsageError(
        "dynamic_input: expected [[[1,3,224,224], ...], [[1,3,192,192], ...], ...]: a list of sets "
        "with a ",
        "shape for each input, found ", value);
  };
  std::vector<std::vector<Shape>> sets;
  size_t depth = 0;
  bool digit = false;  // the last character that counts was one
  for (const char c : value) {
    if (c == '[') {
      depth == 1   ? void(sets.emplace_back())
      : depth == 2 ? void(sets.back().emplace_back())
                   : void();
      digit = false;
      if (++depth > 3) {
        return wrong();
      }
    } else if (c == ']') {
      digit = false;
      if (depth-- == 0) {
        return wrong();
      }
    } else if (c >= '0' && c <= '9' && depth == 3) {
      Shape& shape = sets.back().back();
      if (!digit) {
        shape.push_back(0);
      }
      shape.back() = shape.back() * 10 + (c - '0');
      digit = true;
      if (shape.back() > (int64_t{1} << 31)) {
        return wrong();
      }
    } else if (c == ',' || c == ' ') {
      digit = false;
    } else {
      return wrong();
    }
  }
  if (depth != 0 || sets.empty()) {
    return wrong();
  }
  for (const std::vector<Shape>& set : sets) {
    if (set.empty() || set.size() != sets[0].size()) {
      return UsageError("dynamic_input: ", value, ": every set needs a shape for each input");
    }
  }
  return sets;
}

Status TakeShapeSets(Text value, RknnOption& out) {
  if (Lower(value) == "none") {
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const auto sets, ShapesFrom(value));
  std::string all, most;
  double elements = -1;
  for (const std::vector<Shape>& set : sets) {
    all += all.empty() ? "" : ";";
    std::string shapes;
    double sum = 0;
    for (size_t i = 0; i < set.size(); ++i) {
      all += StrCat(i > 0 ? "," : "", "#", i, "=", ShapeToString(set[i]));
      shapes += StrCat(i > 0 ? ", " : "", ShapeToString(set[i]));
      sum += std::accumulate(set[i].begin(), set[i].end(), 1.0, std::multiplies<>());
    }
    if (sum > elements) {
      elements = sum;
      most = shapes;
    }
  }
  out.options = {{"shape-set", all}};
  out.note = sets.size() == 1
                 ? ""
                 : StrCat("the MaxShape set is ", most,
                          " (most elements); calibration, eval_perf and eval_memory use it");
  return {};
}

const Row kRows[] = {
    {"mean_values",
     [](Text v, RknnOption& out) { return TakeNumbers("mean_values", "mean", v, out); }},
    {"std_values",
     [](Text v, RknnOption& out) { return TakeNumbers("std_values", "std", v, out); }},
    {"quantized_dtype", TakeDType},
    {"quantized_algorithm", TakeAlgorithm},
    {"quantized_method", TakeMethod},
    {"optimization_level",
     [](Text v, RknnOption& out) -> Status {
       out.options = {{"optimization-level", std::string(v)}};
       return v.size() == 1 && v[0] >= '0' && v[0] <= '3'
                  ? Status()
                  : UsageError("optimization_level: expected 0 to 3, found ", v);
     }},
    {"target_platform",
     [](Text, RknnOption& out) -> Status {
       out.note = "no effect: one artifact runs on every machine";
       return {};
     }},
    {"quant_img_RGB2BGR", TakeOrder},
    {"do_quantization", TakeQuantization},
    {"auto_hybrid", TakeAutoHybrid},
    {"custom_string",
     [](Text v, RknnOption& out) -> Status {
       out.options = {{"custom-string", std::string(v)}};
       return {};
     }},
    {"op_target",
     [](Text, RknnOption& out) -> Status {
       out.note = "no effect: every record runs on the CPU";
       return {};
     }},
    {"single_core_mode", [](Text, RknnOption& out) { return TakeNothing(out); }},
    {"compress_weight", [](Text, RknnOption& out) { return TakeNothing(out); }},
    {"enable_flash_attention", [](Text, RknnOption& out) { return TakeNothing(out); }},
    {"sparse_infer", [](Text, RknnOption& out) { return TakeNothing(out); }},
    {"float_dtype", [](Text, RknnOption& out) { return TakeNothing(out); }},
    {"dynamic_input", TakeShapeSets},
    {"rknn_batch_size",
     [](Text v, RknnOption& out) -> Status {
       if (Lower(v) == "none") {
         return {};
       }
       if (v.empty() || v.size() > 4 || v.find_first_not_of("0123456789") != Text::npos ||
           v[0] == '0') {
         return UsageError("rknn_batch_size: expected a number from 1, found ", v);
       }
       out.options = {{"batch", std::string(v)}};
       return {};
     }},
    {"model_pruning",
     [](Text, RknnOption& out) -> Status {
       out.note = "no effect: channels of zeros change no result and stay where they are";
       return {};
     }},
    {"remove_reshape",
     [](Text v, RknnOption& out) -> Status {
       const auto flag = Flag(v);
       if (!flag) {
         return UsageError("remove_reshape: expected True or False, found ", v);
       }
       if (*flag) {
         out.options = {{"remove-reshape", "true"}};
       }
       return {};
     }},
    {"remove_weight",
     [](Text v, RknnOption& out) {
       return TakeOff(v, "no effect: an artifact holds its weights, and runs by itself", out);
     }},
    {"quantize_weight",
     [](Text v, RknnOption& out) {
       return TakeOff(v, "no effect: weights of a float network stay in float", out);
     }},
};

}  // namespace

Result<std::optional<RknnOption>> FromRknn(std::string_view name, std::string_view value) {
  const auto row = std::ranges::find(kRows, name, &Row::name);
  if (row == std::ranges::end(kRows)) {
    return std::optional<RknnOption>();
  }
  RknnOption option;
  PLUMB_RETURN_IF_ERROR(row->take(value, option));
  if (!option.note.empty()) {
    option.note = StrCat(name, value.empty() ? "" : " ", value, ": ", option.note);
  }
  return std::optional(std::move(option));
}

Status TakeRknnSpellings(std::vector<std::string>& args, std::vector<std::string>& notes) {
  if (args.empty() || args[0] != "convert") {
    return {};
  }
  std::vector<std::string> taken;
  for (size_t i = 0; i < args.size(); ++i) {
    if (!args[i].starts_with("--")) {
      taken.push_back(args[i]);
      continue;
    }
    const size_t equals = args[i].find('=');
    const std::string name = args[i].substr(2, equals == std::string::npos ? equals : equals - 2);
    const bool beside = equals == std::string::npos;
    const std::string value = !beside               ? args[i].substr(equals + 1)
                              : i + 1 < args.size() ? args[i + 1]
                                                    : "";
    PLUMB_ASSIGN_OR_RETURN(const std::optional<RknnOption> option, FromRknn(name, value));
    if (!option) {
      taken.push_back(args[i]);
      continue;
    }
    if (value.empty()) {
      return UsageError("--", name, ": a value is missing");
    }
    i += beside;
    for (const auto& [key, text] : option->options) {
      taken.push_back(StrCat("--", key, "=", text));
    }
    if (!option->note.empty()) {
      notes.push_back(option->note);
    }
  }
  args = std::move(taken);
  return {};
}

}  // namespace plumb::cli
