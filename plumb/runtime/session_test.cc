#include "plumb/runtime/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "plumb/runtime/binding.h"
#include "plumb/runtime/bound_program.h"

namespace plumb::runtime {
namespace {

using artifact::Program;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

int32_t Add(Program& program, std::string name, Shape shape, DType dtype = DType::kF32) {
  return program.AddTensor({std::move(name), dtype, std::move(shape)});
}

void Reshape(Program& program, int32_t from, int32_t to) {
  program.records.push_back({"reshape", 1, StrCat("r", program.records.size()), {from}, {to}, {}});
}

// x[2,3] -> a[3,2] -> b[6] (output)
std::shared_ptr<Program> Chain() {
  auto program = std::make_shared<Program>();
  const int32_t x = Add(*program, "x", {2, 3});
  const int32_t a = Add(*program, "a", {3, 2});
  const int32_t b = Add(*program, "b", {6});
  Reshape(*program, x, a);
  Reshape(*program, a, b);
  program->inputs = {{"x", x, DType::kF32}};
  program->outputs = {{"b", b, DType::kF32}};
  return program;
}

std::vector<float> Values(ConstTensorView view) {
  return {view.data<float>(), view.data<float>() + view.size()};
}

TEST(Session, RunsRecordsInOrder) {
  for (bool keep_all : {false, true}) {
    auto session = Session::Create(Chain(), {.keep_all = keep_all});
    ASSERT_TRUE(session.ok()) << session.status().message();
    for (int i = 0; i < 6; ++i) {
      (*session)->input(0).data<float>()[i] = static_cast<float>(i);
    }
    std::vector<std::string> seen;
    for (int repeat = 0; repeat < 2; ++repeat) {  // the input keeps its contents
      ASSERT_TRUE((*session)
                      ->Run([&](size_t, const artifact::Record& record,
                                std::span<const TensorView> outputs) {
                        seen.push_back(record.name + ":" + ShapeToString(outputs[0].shape));
                      })
                      .ok());
      EXPECT_THAT(Values((*session)->output(0)), ElementsAre(0, 1, 2, 3, 4, 5));
    }
    EXPECT_THAT(seen, ElementsAre("r0:3x2", "r1:6", "r0:3x2", "r1:6"));
    EXPECT_NE((*session)->output(0).raw, (*session)->input(0).raw);
    EXPECT_EQ((*session)->arena_bytes(), keep_all ? 192U : 128U);
    if (keep_all) {
      EXPECT_THAT(Values((*session)->tensor(1)), ElementsAre(0, 1, 2, 3, 4, 5));
    }
  }
}

TEST(Session, OutputsMayBeConstantsAndInputs) {
  auto program = std::make_shared<Program>();
  const int32_t x = Add(*program, "x", {2});
  const int32_t c = program->AddConstant(
      "c", std::make_shared<Tensor>(Tensor::Of<float>({2}, std::vector<float>{7, 8})));
  const int32_t d = Add(*program, "d", {1, 2});
  Reshape(*program, c, d);
  program->inputs = {{"x", x, DType::kF32}};
  program->outputs = {{"x", x, DType::kF32}, {"c", c, DType::kF32}, {"d", d, DType::kF32}};
  auto session = Session::Create(program, {});
  ASSERT_TRUE(session.ok()) << session.status().message();
  ASSERT_TRUE((*session)->Run().ok());
  EXPECT_THAT(Values((*session)->output(0)), ElementsAre(0, 0));
  EXPECT_THAT(Values((*session)->output(1)), ElementsAre(7, 8));
  EXPECT_THAT(Values((*session)->output(2)), ElementsAre(7, 8));
}

TEST(Session, RefusesASecondRunAtTheSameTime) {
  auto session = Session::Create(Chain(), {});
  ASSERT_TRUE(session.ok());
  Status inner;
  ASSERT_TRUE((*session)->Run([&](size_t, const auto&, auto) { inner = (*session)->Run(); }).ok());
  EXPECT_EQ(inner.code(), Code::kUsage);
  EXPECT_TRUE((*session)->Run().ok());
}

TEST(Session, RefusesUnknownRecordsAndThreadCounts) {
  auto program = Chain();
  program->records[1].version = 9;
  auto session = Session::Create(program, {});
  EXPECT_EQ(session.status().code(), Code::kIncompatible);
  EXPECT_THAT(session.status().message(), HasSubstr("'reshape' version 9"));
  EXPECT_EQ(Session::Create(Chain(), {.threads = 0}).status().code(), Code::kUsage);
}

TEST(Session, RefusesWhatABindingRefuses) {
  auto program = Chain();
  program->tensors[1].shape = {3, 3};
  auto session = Session::Create(program, {});
  EXPECT_EQ(session.status().code(), Code::kInvalidModel);
  EXPECT_THAT(session.status().message(),
              HasSubstr("record 'r0' (reshape): expected 6 elements, found shape 3x3"));
}

TEST(Session, RefusesARunFromAnotherThread) {
  auto session = Session::Create(Chain(), {});
  ASSERT_TRUE(session.ok());
  Status other;
  ASSERT_TRUE((*session)
                  ->Run([&](size_t, const auto&, auto) {
                    std::thread([&] { other = (*session)->Run(); }).join();
                  })
                  .ok());
  EXPECT_EQ(other.code(), Code::kUsage);
  EXPECT_THAT(other.message(), HasSubstr("one session a thread"));
}

TEST(BindProgram, IsSharedAsLongAsAnybodyHoldsIt) {
  const std::shared_ptr<const Program> program = Chain();
  auto first = BindProgram(program, Isa::kScalar, Sharing::kInPlace);
  auto second = BindProgram(program, Isa::kScalar, Sharing::kInPlace);
  auto apart = BindProgram(program, Isa::kScalar, Sharing::kNone);
  auto twin = BindProgram(Chain(), Isa::kScalar, Sharing::kInPlace);
  ASSERT_TRUE(first.ok() && second.ok() && apart.ok() && twin.ok());
  EXPECT_EQ(*first, *second);
  EXPECT_NE(*first, *apart);
  EXPECT_NE(*first, *twin);
  EXPECT_EQ(first->use_count(), 2);  // nothing else holds it
}

TEST(BindProgram, ManyThreadsShareOne) {
  const std::shared_ptr<const Program> program = Chain();
  std::vector<std::shared_ptr<const BoundProgram>> bound(8);
  std::vector<std::thread> threads;
  for (auto& one : bound) {
    threads.emplace_back([&] {
      auto result = BindProgram(program, Isa::kScalar, Sharing::kInPlace);
      one = result.ok() ? *result : nullptr;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const auto& one : bound) {
    EXPECT_NE(one, nullptr);
    EXPECT_EQ(one, bound[0]);
  }
}

TEST(Session, AnObserverIsGivenDenseTensors) {
  // Two tables write the halves of the rows of a concatenation.
  auto program = std::make_shared<Program>();
  const Quantization grid = {{1.0f}, {0}};
  const int32_t x = program->AddTensor({"x", DType::kS8, {2, 2}, grid});
  const auto table = std::make_shared<Tensor>(DType::kS8, Shape{256});
  for (size_t i = 0; i < 256; ++i) {
    table->values<int8_t>()[i] = static_cast<int8_t>(127 - static_cast<int>(i));
  }
  const int32_t t = program->AddConstant("t", table);
  const int32_t a = program->AddTensor({"a", DType::kS8, {2, 2}, grid});
  const int32_t b = program->AddTensor({"b", DType::kS8, {2, 2}, grid});
  const int32_t y = program->AddTensor({"y", DType::kS8, {2, 4}, grid});
  program->records.push_back({"table", 1, "a", {x, t}, {a}, {}});
  program->records.push_back({"table", 1, "b", {a, t}, {b}, {}});
  program->records.push_back({"concat", 1, "y", {a, b}, {y}, {{"axis", int64_t{1}}}});
  program->inputs = {{"x", x, DType::kS8}};
  program->outputs = {{"y", y, DType::kS8}};
  for (const bool contents : {true, false}) {
    auto session = Session::Create(program, {.observe_contents = contents});
    ASSERT_TRUE(session.ok()) << session.status().message();
    const int8_t values[] = {1, 2, 3, 4};
    std::memcpy((*session)->input(0).raw, values, 4);
    std::vector<std::vector<int>> seen;
    ASSERT_TRUE((*session)
                    ->Run([&](size_t, const auto&, std::span<const TensorView> outputs) {
                      seen.emplace_back();
                      for (int64_t i = 0; outputs[0].raw != nullptr && i < outputs[0].size(); ++i) {
                        seen.back().push_back(outputs[0].data<int8_t>()[i]);
                      }
                    })
                    .ok());
    ASSERT_EQ(seen.size(), 3u);
    if (contents) {
      EXPECT_THAT(seen[0], ElementsAre(-2, -3, -4, -5));
      EXPECT_THAT(seen[1], ElementsAre(1, 2, 3, 4));
    } else {
      EXPECT_TRUE(seen[0].empty() && seen[1].empty());
    }
    EXPECT_THAT(seen[2], ElementsAre(-2, -3, 1, 2, -4, -5, 3, 4));
  }
}

TEST(RecordKinds, AreNamedOnce) {
  for (const RecordKind& kind : RecordKinds()) {
    EXPECT_EQ(FindRecordKind(kind.op, kind.version), &kind) << kind.op;
  }
  EXPECT_EQ(FindRecordKind("no such kind", 1), nullptr);
}

}  // namespace
}  // namespace plumb::runtime
