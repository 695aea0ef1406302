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
    // Identities and casts would hide the patterns below from each other.
    Pass{"remove_no_ops", "Removes nodes that give back their input", 1, RemoveNoOps},
    // One form of reshape, so that the passes about layout need to know only that one.
    Pass{"normalize_reshape", "Brings reshapes to one form and merges them", 1, NormalizeReshape},
    // A softmax over rows of a matrix would keep transposes from passing.
    Pass{"unflatten_softmax", "Takes a softmax out of a pair of reshapes", 1, UnflattenSoftmax},
    // Activations before their parts are changed by anything else.
    Pass{"recognize_silu", "Finds x * sigmoid(x)", 1, RecognizeSilu},
    Pass{"recognize_hard_swish", "Finds x * clip(x + 3, 0, 6) / 6", 1, RecognizeHardSwish},
    Pass{"recognize_gelu", "Finds GELU in its erf and tanh forms", 1, RecognizeGelu},
    Pass{"recognize_clip", "Joins bounds into one clip", 1, RecognizeClip},
    // Matrix products become foldable before what follows them is folded.
    Pass{"recognize_fully_connected", "Finds products with a constant matrix", 1,
         RecognizeFullyConnected},
    // These three before convert_layout puts transposes between the convolution and its neighbours.
    Pass{"fold_batch_norm", "Folds batch normalisation into the weights in front", 1,
         FoldBatchNorm},
    Pass{"fold_scale_and_bias", "Folds constants per channel into the weights in front", 1,
         FoldScaleAndBias},
    Pass{"fold_pad", "Folds padding into convolutions, averages and maxima", 1, FoldPad},
    // All that follows knows one layout only; the transposes it leaves are the business of the
    // passes below.
    Pass{"convert_layout", "Brings convolutions and pools to NHWC", 0, ConvertLayout},
    Pass{"split_conv_transpose", "Writes kernel = stride transposed convolutions as 1x1 ones", 2,
         SplitConvTranspose},
    // One transpose for all readers of a value, before they move apart.
    Pass{"common_subexpression", "Computes equal things once", 1, CommonSubexpression},
    Pass{"sink_transpose", "Moves transposes down until they cancel", 2, SinkTranspose},
    // What is left near the inputs goes up to them, so that a picture can be given in NHWC.
    Pass{"hoist_transpose", "Moves transposes near the inputs up to them", 2, HoistTranspose},
    Pass{"reshape_transpose", "Writes transposes that move nothing as reshapes", 1,
         ReshapeTranspose},
    // Sinking leaves reshapes behind each other, which hide what is sliced from the slices.
    Pass{"normalize_reshape", "Brings reshapes to one form and merges them", 1, NormalizeReshape},
    // After sinking: the halves of a channel shuffle are slices by then.
    Pass{"simplify_slice", "Brings gathers, splits and slices to the fewest slices", 1,
         SimplifySlice},
    Pass{"merge_concat", "Joins a concat of a concat", 1, MergeConcat},
    // Slicing leaves new ones.
    Pass{"normalize_reshape", "Brings reshapes to one form and merges them", 1, NormalizeReshape},
    Pass{"remove_no_ops", "Removes nodes that give back their input", 1, RemoveNoOps},
    Pass{"common_subexpression", "Computes equal things once", 1, CommonSubexpression},
    Pass{"remove_dead_nodes", "Removes what nobody reads", 1, RemoveDeadNodes},
};

std::string KnownNames() {
  std::string names;
  std::set<std::string_view> seen;
  for (const Pass& pass : kPipeline) {
    if (pass.level > 0 && seen.insert(pass.name).second) {
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
