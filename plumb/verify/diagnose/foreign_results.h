// Experiments on results of which the maker cannot be run: outputs dumped by another runtime, or boxes alone. Suspected causes
// are put into the float reference, and its results are compared with the given ones.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plumb/artifact/io_contract.h"
#include "plumb/verify/diagnose/hypothesis.h"

namespace plumb::verify {

// One thing in which two ways to prepare a picture differ.
struct PictureFacet {
  std::string cause, what, option;
  std::function<void(const artifact::PictureInput& from, artifact::PictureInput& to)> copy;
};
[[nodiscard]] std::vector<PictureFacet> PictureFacetsOf(const artifact::PictureInput& right,
                                                        const artifact::PictureInput& wrong);

// Of H1, where tensors are given: adds what explains them, unsorted.
[[nodiscard]] Status TestDumpedOutputs(Case& c, const CasePaths& paths, HypothesisResult& result);

[[nodiscard]] Result<HypothesisResult> TestForeignDecoding(Case& c, const CasePaths& paths);
[[nodiscard]] Result<HypothesisResult> TestForeignThresholds(Case& c, const CasePaths& paths);
[[nodiscard]] Result<HypothesisResult> TestForeignPreprocessing(Case& c, const CasePaths& paths);
[[nodiscard]] Result<HypothesisResult> TestForeignRanges(Case& c,
                                                         const CasePaths& paths);  // H4, H7
[[nodiscard]] Result<HypothesisResult> TestForeignOperators(Case& c, const CasePaths& paths);

}  // namespace plumb::verify
