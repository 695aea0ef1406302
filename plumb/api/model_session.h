// A network ready to run with what its user has: pictures as bytes, float tensors, integers as they are stored.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/api/output_memory.h"
#include "plumb/api/pixel_input.h"
#include "plumb/base/picture.h"
#include "plumb/base/quantization.h"
#include "plumb/base/status.h"
#include "plumb/runtime/session.h"

namespace plumb {

// An input or output: what the user gives or gets, and what lies behind it.
struct PortFacts {
  std::string name;
  DType dtype = DType::kNone;
  Shape shape;
  DType stored = DType::kNone;  // the form that is computed with
  Shape stored_shape;
  Quantization grid;  // of the stored form; empty: none
  std::optional<artifact::PictureInput> picture;
};

enum class InputForm {
  kGiven,   // bytes of a picture that the contract normalises, or a tensor of the port's type
  kStored,  // the stored form, taken as it is
};

struct GivenInput {
  std::string name;
  ConstTensorView tensor;
  InputForm form = InputForm::kGiven;
};

struct ModelSessionOptions {
  int threads = 1;
  bool raw = false;  // integer outputs as they are stored
};

// One output of a run, the caller's to read and write for as long as the owner is held.
struct OutputTensor {
  DType dtype = DType::kNone;  // bf16 comes as f32
  Shape shape;
  std::shared_ptr<void> owner;
  void* data = nullptr;
};

struct NetworkTime {
  double seconds = 0;
  double cpu_seconds = 0;        // of the thread that called Run
  double input_cpu_seconds = 0;  // the same for what goes into the network's inputs
};

// Runs of one object follow one another; several objects run at the same time.
//
// Bytes of a picture are u8 [H,W,C], [H,W] of a gray one, or the same with the batch in front, in the network's size and its
// own order of channels; they get the mean and std of the contract. With a free batch, inputs may be a multiple of the
// first dimension; with a batch of N, they are N times it. Of an artifact with variants each run takes the one whose shapes its
// inputs have; what a variant needs is made when it is first run.
class ModelSession {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ModelSession>> Create(
      Model model, const ModelSessionOptions& options);

  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] int threads() const { return options_.threads; }
  [[nodiscard]] const std::vector<PortFacts>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<PortFacts>& outputs() const { return outputs_; }
  // Those of the first variant are this session's own.
  [[nodiscard]] size_t variant_count() const { return 1 + others_.size(); }
  [[nodiscard]] const ModelSession& variant(size_t index) const {
    return index == 0 ? *this : *others_[index - 1];
  }
  // Of what exists so far.
  [[nodiscard]] size_t arena_bytes() const;
  [[nodiscard]] size_t packed_bytes() const;

  // The outputs in their order. Large ones are not copied: they lie in the memory that the network was computed in, and the
  // next run computes in another one while somebody holds them.
  [[nodiscard]] Result<std::vector<OutputTensor>> Run(std::span<const GivenInput> given);
  // Of the last Run: what the network itself took, and what its inputs took; outputs and arguments are left out.
  [[nodiscard]] NetworkTime network_time() const;

 private:
  // How one input goes in.
  enum class Path { kTensor, kPixels };
  struct Use {
    const GivenInput* given = nullptr;
    Path path = Path::kTensor;
    int64_t runs = 1;
  };

  // Memories to compute in, of one program; the weights are shared.
  struct Workplaces {
    std::shared_ptr<const artifact::Program> program;
    std::vector<std::shared_ptr<runtime::Session>> sessions;
    bool lends = false;  // outputs are large enough to be left where they are
  };

  explicit ModelSession(Model model, const ModelSessionOptions& options);
  // One whose outputs nobody holds.
  [[nodiscard]] Result<std::shared_ptr<runtime::Session>> FindFree(Workplaces& places);
  [[nodiscard]] bool MayLend(const Workplaces& places) const;
  [[nodiscard]] Status SetTypes();
  [[nodiscard]] Result<std::vector<OutputTensor>> Compute(Workplaces& places,
                                                          std::span<const Use> uses, int64_t runs);
  [[nodiscard]] Result<std::vector<Use>> Match(std::span<const GivenInput> given) const;
  [[nodiscard]] Status AddOthers();
  // The session of the variant that these inputs are for.
  [[nodiscard]] Result<ModelSession*> Choose(std::span<const GivenInput> given);
  [[nodiscard]] Result<std::vector<OutputTensor>> RunThis(std::span<const GivenInput> given);
  [[nodiscard]] Result<Use> UseOf(size_t input, const GivenInput& given) const;
  void Write(runtime::Session& session, size_t input, const Use& use, int64_t run);

  Model model_;
  ModelSessionOptions options_;
  std::vector<PortFacts> inputs_, outputs_;
  std::vector<DType> types_;    // of the outputs as they are given
  std::vector<bool> in_place_;  // by output: stored as it is given, in memory of its own
  std::vector<std::optional<vision::PixelTables>> tables_;  // by input; of pixels_
  // The second takes bytes through tables; without a program where no input does.
  Workplaces tensors_, pixels_;
  std::shared_ptr<OutputMemory> memory_;
  Picture picture_;
  std::vector<std::unique_ptr<ModelSession>> others_;  // of the further variants
  NetworkTime network_time_;
  mutable std::mutex running_;
};

}  // namespace plumb
