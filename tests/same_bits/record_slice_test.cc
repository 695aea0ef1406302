// Slices of random layers have the bits of the whole layer.
#include "plumb/runtime/record_slice.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>

#include "plumb/runtime/session.h"
#include "tests/same_bits/random_layers.h"

namespace plumb::runtime {
namespace {

std::unique_ptr<Session> Make(std::shared_ptr<const artifact::Program> program, Isa isa) {
  SessionOptions options;
  options.isa = isa;
  options.keep_all = true;
  auto session = Session::Create(std::move(program), options);
  EXPECT_TRUE(session.ok()) << session.status().message();
  return session.ok() ? std::move(*session) : nullptr;
}

// Whether the slice, run on plain C++, gives its part of what `whole` made.
void ExpectPart(const RecordSlice& slice, const Session& whole, const std::string& what) {
  const auto session = Make(slice.program, Isa::kScalar);
  ASSERT_NE(session, nullptr) << what;
  for (size_t i = 0; i < slice.inputs.size(); ++i) {
    const Tensor part = CopyPart(whole.tensor(slice.inputs[i].tensor), slice.inputs[i]);
    ASSERT_EQ(session->input(i).bytes(), part.bytes()) << what;
    std::memcpy(session->input(i).raw, part.raw(), part.bytes());
  }
  ASSERT_TRUE(session->Run().ok());
  for (size_t i = 0; i < slice.outputs.size(); ++i) {
    const Tensor expected = CopyPart(whole.tensor(slice.outputs[i].tensor), slice.outputs[i]);
    ASSERT_EQ(session->output(i).bytes(), expected.bytes()) << what;
    ASSERT_EQ(std::memcmp(session->output(i).raw, expected.raw(), expected.bytes()), 0) << what;
  }
}

TEST(RecordSlice, HasTheBitsOfTheWholeRecord) {
  std::map<std::string, int> sliced;
  for (uint64_t seed = 0; seed < 300 && !testing::Test::HasFailure(); ++seed) {
    const RandomLayer layer = MakeRandomLayer(seed, seed % 3 == 0 ? 2 : 1);
    const artifact::Program& program = *layer.program;
    const auto whole = Make(layer.program, AvailableIsas().back());
    ASSERT_NE(whole, nullptr);
    for (size_t i = 0; i < program.inputs.size(); ++i) {
      FillInput(whole->input(i), seed + i, 0, seed % 3 == 0 ? 2 : 1);
    }
    ASSERT_TRUE(whole->Run().ok());
    const std::string what = "layer " + std::to_string(seed) + " (" + layer.name + ")";
    ExpectPart(WholeRecord(program, 0), *whole, what);
    const int axis = SliceAxis(program, 0);
    if (axis < 0) {
      continue;
    }
    const auto y = static_cast<size_t>(program.records[0].outputs[0]);
    const int64_t rows = program.tensors[y].shape[static_cast<size_t>(axis)];
    for (int64_t begin = 0; begin < rows; ++begin) {
      for (const int64_t end : {begin + 1, (begin + rows + 1) / 2, rows}) {
        if (const auto slice = SliceRecord(program, 0, begin, std::max(end, begin + 1))) {
          ExpectPart(*slice, *whole,
                     what + ", rows " + std::to_string(begin) + " to " + std::to_string(end));
          ++sliced[program.records[0].op];
        }
      }
    }
  }
  for (const char* op : {"conv", "fully_connected", "average_pool", "max_pool", "table", "add",
                         "quantize", "dequantize"}) {
    EXPECT_GT(sliced[op], 0) << op;
  }
}

}  // namespace
}  // namespace plumb::runtime
