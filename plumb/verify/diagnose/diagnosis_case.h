// A case: what is suspected (the subject), what it should be (the reference), and pictures on which both are seen. Holds what
// several experiments need and makes it when it is first asked for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plumb/artifact/artifact.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/quant/collapse_stated_grids.h"
#include "plumb/quant/quantize.h"
#include "plumb/verify/diagnose/difference.h"

namespace plumb::verify {

// One side that can be run.
struct Side {
  std::shared_ptr<const artifact::Program> program;
  artifact::IoContract io;
  artifact::DecodeContract decode;
};

// What this machine makes of the inputs that travel with an artifact, against the bits that travel with them.
struct StoredBits {
  size_t vectors = 0;
  std::string difference;  // the first, in words; empty: the stored bits
  enum class Blame {
    kMachine,     // its kernels do not agree with each other, or with one thread
    kArithmetic,  // they agree, on other bits
    kFile,        // its parameters or inputs are not those that the bits were made with
  } blame = Blame::kMachine;
  std::string meaning;
};

struct CaseInput {
  Side reference;
  const ir::Graph* graph = nullptr;  // of the reference, canonical; null when it is an artifact
  std::optional<Side> subject;       // absent: only results of it are known
  bool subject_is_integer = false;
  std::vector<std::pair<std::string, std::string>>
      recipe;  // the subject's options, by its provenance
  // Of the subject; empty: no bits travel with it.
  std::function<Result<StoredBits>()> stored_bits;
  SideResults given;                         // what the subject made, when it cannot be run
  std::vector<Picture> pictures;             // either these,
  std::vector<std::vector<Tensor>> samples;  // or tensors in port order
  int threads = 1;
};

struct RangeStudy;
struct LayerStudy;

inline constexpr double kSoundFactor = 1.25;
inline constexpr double kSoundSlack = 0.01;

class Case {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Case>> Create(const CaseInput& input);

  [[nodiscard]] const CaseInput& input() const { return input_; }
  [[nodiscard]] bool detector() const { return detector_; }
  [[nodiscard]] size_t count() const;  // pictures or samples

  // The program on every picture, as its contracts say, with its inputs changed by `change` where there is one. Boxes are in
  // pixels of the pictures.
  using InputChange = std::function<void(Tensor&)>;
  [[nodiscard]] Result<SideResults> Run(const Side& side,
                                        const InputChange& change = nullptr) const;
  [[nodiscard]] Result<std::vector<Tensor>> Inputs(const Side& side, size_t index) const;
  // Boxes that a decode contract makes of outputs, which were computed under `io`.
  [[nodiscard]] Result<std::vector<std::vector<vision::Detection>>> Boxes(
      const artifact::IoContract& io, const artifact::DecodeContract& decode,
      const SideResults& results) const;

  [[nodiscard]] const SideResults& reference() const { return reference_; }
  [[nodiscard]] const SideResults& subject() const { return subject_; }
  // Subject against reference.
  [[nodiscard]] const Difference& difference() const { return difference_; }

  // --- What a sound conversion of the reference gives. Needs a graph. ---
  [[nodiscard]] bool CanConvert() const {
    return input_.graph != nullptr && (input_.subject_is_integer || !input_.subject);
  }
  // A conversion in which these values have these grids, and all others the grids of the given pictures.
  [[nodiscard]] Result<std::shared_ptr<const artifact::Program>> Convert(
      const std::map<std::string, Quantization>& grids);
  // The results of a program in the subject's place, with the reference's contracts.
  [[nodiscard]] Result<SideResults> RunWithReferenceContracts(
      std::shared_ptr<const artifact::Program> program) const;
  // The difference that remains when everything is made anew: what integers cost on these pictures.
  [[nodiscard]] Result<double> Floor();
  // The most that a conversion differs that is calibrated without the first or the last quarter of the pictures.
  [[nodiscard]] Result<double> Expected();
  // Whether the difference asks for a cause: more than a sound conversion has, by kSoundFactor and kSoundSlack.
  [[nodiscard]] Result<bool> Material();
  // What Material held it against.
  [[nodiscard]] double sound() const { return expected_.value_or(floor_.value_or(0)); }
  // Grids of a program's integer tensors, by value of the reference's graph; as the quantizer takes stated ones.
  [[nodiscard]] std::map<std::string, Quantization> GridsOf(const artifact::Program& program) const;
  [[nodiscard]] const std::map<std::string, Quantization>& SubjectGrids();
  [[nodiscard]] const std::shared_ptr<const artifact::Program>& fresh() const { return fresh_; }
  // Of these the grids of values that a conversion of the reference holds: one that a layer takes into itself (what stands in
  // front of a function) would take the function's place there.
  [[nodiscard]] Result<std::map<std::string, Quantization>> TwinGrids();
  // The reference converted with the subject's own grids: what its program should be.
  [[nodiscard]] Result<std::shared_ptr<const artifact::Program>> Twin();
  [[nodiscard]] Result<double> TwinDifference();
  [[nodiscard]] Status NeedStats();
  // Of the graph below, over all pictures.
  [[nodiscard]] const std::vector<quant::ValueStats>& stats() const { return stats_; }
  [[nodiscard]] const ir::Graph& graph() const { return stated_.graph; }

  // The reference's values on one picture, by name: the one with the most to see.
  [[nodiscard]] Result<const std::map<std::string, std::vector<float>>*> Values();
  [[nodiscard]] size_t probe() const { return probe_; }

  // The share of the difference that is gone when `remaining` is left, what integers cost set aside; of results that something
  // else made, the share of the whole difference.
  [[nodiscard]] Result<double> Explained(double remaining);

  // What several hypotheses share, made by the first of them.
  std::shared_ptr<const RangeStudy> ranges;
  std::shared_ptr<const LayerStudy> layers;

 private:
  explicit Case(const CaseInput& input) : input_(input) {}
  [[nodiscard]] quant::QuantizeOptions RecipeOptions() const;
  [[nodiscard]] Result<std::vector<quant::ValueStats>> StatsOf(size_t first, size_t count) const;
  [[nodiscard]] Result<std::shared_ptr<const artifact::Program>> ConvertWith(
      const std::vector<quant::ValueStats>& stats,
      const std::map<std::string, Quantization>& grids) const;

  const CaseInput& input_;
  bool detector_ = false;
  SideResults reference_, subject_;
  Difference difference_;
  quant::StatedGrids stated_;
  std::vector<quant::ValueStats> stats_;
  std::optional<double> floor_, expected_, twin_difference_;
  std::optional<std::map<std::string, Quantization>> subject_grids_;
  std::shared_ptr<const artifact::Program> twin_, fresh_;
  std::map<std::string, std::vector<float>> values_;
  size_t probe_ = 0;
};

}  // namespace plumb::verify
