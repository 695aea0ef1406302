#include "plumb/verify/reduce.h"

#include <gtest/gtest.h>

namespace plumb::verify {
namespace {

// A chain t0 -> r0 -> t1 -> r1 -> ... of eight records, where r5 also reads t2.
artifact::Program Chain() {
  artifact::Program program;
  for (int i = 0; i <= 8; ++i) {
    program.AddTensor({"t" + std::to_string(i), DType::kF32, {1}, {}, -1});
  }
  for (int32_t i = 0; i < 8; ++i) {
    program.records.push_back({"relu", 1, "r" + std::to_string(i), {i}, {i + 1}, {}});
  }
  program.records[5].inputs.push_back(2);
  program.inputs = {{"t0", 0, DType::kF32}};
  program.outputs = {{"t8", 8, DType::kF32}};
  return program;
}

Reduced ReduceTo(const artifact::Program& program, const std::vector<size_t>& guilty) {
  ReduceInput input;
  input.program = &program;
  input.output = 8;
  input.known = [](int32_t) { return true; };
  input.fails = [&](const ProgramPart& part) -> Result<bool> {
    return std::all_of(guilty.begin(), guilty.end(), [&](size_t r) {
      return std::find(part.records.begin(), part.records.end(), r) != part.records.end();
    });
  };
  Result<Reduced> reduced = Reduce(input);
  EXPECT_TRUE(reduced.ok());
  return std::move(reduced).value();
}

TEST(Reduce, FindsTheOneRecordWhereverItIs) {
  const artifact::Program program = Chain();
  for (size_t guilty = 0; guilty < 8; ++guilty) {
    const Reduced reduced = ReduceTo(program, {guilty});
    EXPECT_EQ(reduced.part.records, std::vector<size_t>{guilty});
    EXPECT_EQ(reduced.part.output, static_cast<int32_t>(guilty) + 1);
    EXPECT_EQ(reduced.part.program->outputs[0].name, "t" + std::to_string(guilty + 1));
  }
}

TEST(Reduce, KeepsWhatLiesBetweenTwoThatFailTogether) {
  const Reduced reduced = ReduceTo(Chain(), {1, 5});
  // r5 reads t2, which r1 makes: nothing else is needed.
  EXPECT_EQ(reduced.part.records, (std::vector<size_t>{1, 5}));
  EXPECT_EQ(reduced.part.inputs, (std::vector<int32_t>{1, 5}));
}

TEST(Reduce, CutsOnlyWhereAValueIsKnown) {
  const artifact::Program program = Chain();
  ReduceInput input;
  input.program = &program;
  input.output = 8;
  input.known = [](int32_t tensor) { return tensor != 4 && tensor != 3; };
  input.fails = [](const ProgramPart& part) -> Result<bool> {
    return std::find(part.records.begin(), part.records.end(), 4) != part.records.end();
  };
  const auto reduced = Reduce(input);
  ASSERT_TRUE(reduced.ok());
  EXPECT_EQ(reduced->part.records, (std::vector<size_t>{2, 3, 4}));
}

TEST(Reduce, RefusesWhatPasses) {
  const artifact::Program program = Chain();
  ReduceInput input;
  input.program = &program;
  input.output = 8;
  input.known = [](int32_t) { return true; };
  input.fails = [](const ProgramPart&) -> Result<bool> { return false; };
  EXPECT_EQ(Reduce(input).status().code(), Code::kUsage);
}

}  // namespace
}  // namespace plumb::verify
