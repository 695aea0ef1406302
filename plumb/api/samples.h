// Calibration samples: what --calib names.
#pragma once

#include <string>
#include <vector>

#include "plumb/artifact/io_contract.h"
#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb {

// One sample: a file for each input of the model (pictures or .npy), or an entry of an .npz.
struct Sample {
  std::vector<std::string> files;  // by input
  int line = 0;                    // in the list it came from; 0: none
};

struct SampleList {
  std::string source;  // what the user named
  std::vector<Sample> samples;
  bool archive =
      false;         // source is an .npz with one array an input, samples along the leading axis
  bool raw = false;  // arrays hold pixels: mean and std of the contract are still to be applied
};

// `path`: a folder (its pictures and .npy files, by name), a text file (one sample a line, several inputs separated by
// blanks, paths relative to the file, empty lines and lines from # on skipped), or an .npz. At most `limit` samples, spread
// evenly over the list; 0: all. A missing file is a usage error with its line number; so is an empty list.
[[nodiscard]] Result<SampleList> ListSamples(const std::string& path, size_t inputs, size_t limit);

// The tensors of one sample, in port order, ready for the program: pictures fitted and normalised by the contract; arrays
// as they are, or normalised where `raw` says so and the input takes pictures.
[[nodiscard]] Result<std::vector<Tensor>> LoadSample(const SampleList& list, size_t index,
                                                     const artifact::Program& program,
                                                     const artifact::IoContract& contract);

// A picture file as input `input` of the program.
[[nodiscard]] Result<Tensor> LoadPictureInput(const std::string& path,
                                              const artifact::Program& program, size_t input,
                                              const artifact::IoContract& contract);

}  // namespace plumb
