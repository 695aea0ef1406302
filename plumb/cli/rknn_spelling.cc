#include "plumb/cli/rknn_spelling.h"

#include <algorithm>
#include <cctype>

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

// "[[1, 2, 3]]" and "[1, 2, 3]" as "1,2,3"; nothing when it lists several inputs or is no list.
std::optional<std::string> OneList(Text text) {
  std::string flat;
  int depth = 0, lists = 0;
  for (const char c : text) {
    if (c == '[') {
      ++depth;
    } else if (c == ']') {
      --depth;
      lists += !flat.empty() && flat.back() != ']';
      flat += ']';
    } else if (c != ' ') {
      flat += c;
    }
  }
  std::erase(flat, ']');
  return depth == 0 && lists <= 1 && !flat.empty() ? std::optional(flat) : std::nullopt;
}

Status TakeNumbers(Text rknn, Text option, Text value, RknnOption& out) {
  const auto list = OneList(value);
  if (!list) {
    return UsageError(rknn, ": ", value,
                      " is not one list of numbers; pictures go into one input "
                      "here: give --",
                      option, " a,b,c for it");
  }
  out.options.emplace_back(option, *list);
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
    return UsageError(
        "quantized_algorithm: mmse is another search than any here; the nearest is 'observer: "
        "mse', "
        "which takes the range of each tensor that leaves the least squared error");
  }
  return UsageError("quantized_algorithm: ", value,
                    " has no counterpart here; there is normal (observer min-max). Observers "
                    "percentile and mse cut off outliers");
}

Status TakeMethod(Text value, RknnOption& out) {
  if (Lower(value) != "channel") {
    return UsageError("quantized_method: ", value,
                      " has no counterpart here: weights have one scale an output channel always; "
                      "there is channel");
  }
  out.note = "no effect: weights have one scale an output channel always";
  return {};
}

Status TakeOrder(Text value, RknnOption& out) {
  std::string flag = Lower(value);
  if (flag.find(',') != std::string::npos) {
    return UsageError("quant_img_RGB2BGR: ", value,
                      " is for several inputs; pictures go into one here: give --color rgb or bgr");
  }
  std::erase_if(flag, [](char c) { return c == '[' || c == ']' || c == ' '; });
  if (flag != "true" && flag != "false") {
    return UsageError("quant_img_RGB2BGR: expected True or False, found ", value);
  }
  out.options = {{"color", flag == "true" ? "bgr" : "rgb"}};
  out.note = "the order holds for detect and classify too: it is stored in the artifact";
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
       return {};
     }},
    {"target_platform",
     [](Text, RknnOption& out) -> Status {
       out.note = "no effect: one artifact runs on every machine";
       return {};
     }},
    {"quant_img_RGB2BGR", TakeOrder},
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
    option.note = StrCat(name, " ", value, ": ", option.note);
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
