#include <array>
#include <chrono>

#include "plumb/ir/verify.h"
#include "plumb/passes/infer_types.h"
#include "plumb/passes/pass.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

constexpr std::array kPipeline = {
    // First: every other pass reads types, and shape arithmetic must be constants by then.
    Pass{"infer_types", "Infers every type and computes what is constant", 0, InferTypes},
    // All that follows knows one layout only; the transposes it leaves are the business of the
    // passes below.
    Pass{"convert_layout", "Brings convolutions and pools to NHWC", 0, ConvertLayout},
};

std::string KnownNames() {
  std::string names;
  for (const Pass& pass : kPipeline) {
    if (pass.level > 0) {
      names += (names.empty() ? "" : ", ") + std::string(pass.name);
    }
  }
  return names;
}

Status CheckOptions(const PipelineOptions& options) {
  if (options.level < 0 || options.level > 3) {
    return UsageError("optimization level ", options.level, "; expected 0 to 3");
  }
  for (const std::string& name : options.disabled) {
    const Pass* found = nullptr;
    for (const Pass& pass : kPipeline) {
      found = pass.name == name ? &pass : found;
    }
    if (found == nullptr) {
      return UsageError("there is no pass named '", name,
                        "'; those that can be left out are: ", KnownNames());
    }
    if (found->level == 0) {
      return UsageError("pass '", name, "' cannot be left out; those that can are: ", KnownNames());
    }
  }
  return {};
}

// What a pass breaks is our bug, not the model's.
Status Ours(const Pass& pass, const Status& status) {
  return status.ok()
             ? status
             : Status(Code::kInternal, StrCat("after pass ", pass.name, ": ", status.message()));
}

}  // namespace

std::span<const Pass> Pipeline() { return kPipeline; }

Status RunPipeline(ir::Graph& graph, const PipelineOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckOptions(options));
  PLUMB_RETURN_IF_ERROR(ir::Verify(graph));
  for (const Pass& pass : kPipeline) {
    if (pass.level > options.level || options.disabled.contains(std::string(pass.name))) {
      continue;
    }
    const ir::Graph before = options.observer ? graph : ir::Graph();
    const auto start = std::chrono::steady_clock::now();
    const Result<int> rewrites = pass.run(graph);
    if (!rewrites.ok()) {
      return rewrites.status().WithContext(StrCat("pass ", pass.name));
    }
    if (*rewrites > 0) {
      PLUMB_RETURN_IF_ERROR(Ours(pass, ir::Verify(graph)));
      PLUMB_RETURN_IF_ERROR(Ours(pass, InferTypes(graph).status()));
      PLUMB_RETURN_IF_ERROR(Ours(pass, ir::Verify(graph)));
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (options.observer) {
      options.observer({pass.name, before, graph, *rewrites, took.count()});
    }
  }
  return {};
}

}  // namespace plumb::passes
