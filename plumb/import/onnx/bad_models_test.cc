// What is wrong with a model file gets one clear message, and nothing crashes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "plumb/import/onnx/model_builder.h"

namespace plumb::onnx {
namespace {

using testing::AllOf;
using std::string_literals::operator""s;
using testing::HasSubstr;

ModelBuilder Relu(int64_t opset = 13) {
  ModelBuilder b(opset);
  b.Input("x", {1, 4}).Node("Relu", {"x"}, {"y"}).Output("y");
  return b;
}

std::string MessageOf(const Result<ImportedModel>& result, Code code = Code::kInvalidModel) {
  if (result.ok()) {
    return "imported";
  }
  EXPECT_EQ(result.status().code(), code) << result.status().message();
  return result.status().message();
}

Result<ImportedModel> ImportText(std::string_view bytes) {
  return ImportOnnxBytes(std::as_bytes(std::span(bytes)), ".", {});
}

TEST(BadModel, Empty) { EXPECT_THAT(MessageOf(ImportText("")), HasSubstr("is empty")); }

TEST(BadModel, NoModelAtAll) {
  EXPECT_THAT(MessageOf(ImportText("\x89PNG\r\n\x1a\n0000")), HasSubstr("ONNX model"));
}

// By what the file begins with, or else by its name; an ONNX model with a fault of its own stays one whatever it is called.
TEST(BadModel, AnotherProgramsModelIsNamed) {
  ModelBuilder old = Relu(6);
  const struct {
    std::string name, bytes, what;
  } cases[] = {{"a.bin", "\x1c\0\0\0TFL3 and more"s, "a TensorFlow Lite model"},
               {"a.pt", "PK\3\4 archive/data.pkl"s, "a PyTorch archive"},
               {"a.h5", "\x89HDF\r\n"s, "a Keras file (HDF5)"},
               {"a.cfg", "[net]\nwidth=320\n"s, "a Darknet network"},
               {"a.pb", "\x0a\x02zz"s, "a TensorFlow graph"},
               {"b.pb", old.Bytes(), "opset 6"}};
  for (const auto& one : cases) {
    const std::string path = testing::TempDir() + one.name;
    std::ofstream(path, std::ios::binary) << one.bytes;
    const std::string message = MessageOf(ImportOnnx(path, {}));
    EXPECT_THAT(message, AllOf(HasSubstr(path + ": "), HasSubstr(one.what)));
    EXPECT_EQ(message.find("Export it to ONNX first") != std::string::npos, one.name != "b.pb");
  }
}

TEST(BadModel, MissingFile) {
  EXPECT_THAT(MessageOf(ImportOnnx("no/such.onnx", {}), Code::kEnvironment),
              HasSubstr("no such file"));
}

TEST(BadModel, TruncatedAnywhere) {
  ModelBuilder b = Relu();
  b.Floats("w", {2, 2}, {1, 2, 3, 4});
  const std::string bytes = b.Bytes();
  for (size_t length = 0; length < bytes.size(); ++length) {
    const auto result = ImportText(std::string_view(bytes).substr(0, length));
    if (!result.ok()) {
      EXPECT_EQ(result.status().code(), Code::kInvalidModel);
    }
  }
}

TEST(BadModel, AnyByteChanged) {
  ModelBuilder b = Relu();
  b.Floats("w", {2, 2}, {1, 2, 3, 4}).Ints("s", {2, 2});
  b.Node("Conv", {"y", "w"}, {"z"})
      .With("pads", std::vector<int64_t>{1, 1})
      .With("group", int64_t{2});
  const std::string bytes = b.Bytes();
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string changed = bytes;
    for (int i = 0; i < 3; ++i) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    const auto result = ImportText(changed);
    if (!result.ok()) {
      EXPECT_NE(result.status().code(), Code::kInternal) << "seed 7, round " << round;
    }
  }
}

TEST(BadModel, HugeLength) {
  // Field 7 (graph), a length of 2^35.
  EXPECT_THAT(MessageOf(ImportText(std::string_view("\x3a\x80\x80\x80\x80\x80\x01", 7))),
              HasSubstr("truncated or damaged"));
}

TEST(BadModel, DeepNesting) {
  GraphProto graph;
  for (int i = 0; i < 60; ++i) {
    GraphProto outer;
    NodeProto* node = outer.add_node();
    node->add_attribute()->mutable_g()->Swap(&graph);
    graph.Swap(&outer);
  }
  ModelProto model;
  model.mutable_graph()->Swap(&graph);
  EXPECT_THAT(MessageOf(ImportText(model.SerializeAsString())), HasSubstr("damaged"));
}

TEST(BadModel, NoGraph) {
  ModelBuilder b;
  b.model.clear_graph();
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("holds no graph"));
}

TEST(BadModel, OpsetTooOld) {
  EXPECT_THAT(MessageOf(Relu(6).Import()), AllOf(HasSubstr("opset 6"), HasSubstr("from 7 to")));
}
TEST(BadModel, OpsetUnknown) { EXPECT_THAT(MessageOf(Relu(99).Import()), HasSubstr("opset 99")); }
TEST(BadModel, OpsetMissing) {
  ModelBuilder b = Relu();
  b.model.clear_opset_import();
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("names no opset"));
}

TEST(BadModel, EveryUnsupportedOperatorIsNamed) {
  ModelBuilder b = Relu();
  b.Node("NonMaxSuppression", {"y"}, {"a"}).Node("DeformRoi", {"y"}, {"b"});
  b.LastNode()->set_domain("my.company");
  b.LastNode()->set_name("roi");
  b.Node("If", {"y"}, {"c"}).Attribute("then_branch", AttributeProto::GRAPH)->mutable_g();
  EXPECT_THAT(MessageOf(b.Import()),
              AllOf(HasSubstr("3 nodes have an unsupported operator"),
                    HasSubstr("NonMaxSuppression 'a' (opset 13)"),
                    HasSubstr("DeformRoi 'roi' (domain my.company, opset 0)"),
                    HasSubstr("If 'c' (opset 13, holds a subgraph)")));
}

TEST(BadModel, FunctionOfTheModel) {
  ModelBuilder b;
  b.model.add_functions()->set_name("Twice");
  b.model.mutable_functions(0)->set_domain("local");
  b.Input("x", {1}).Node("Twice", {"x"}, {"y"}).Output("y");
  b.LastNode()->set_domain("local");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("a function in the model"));
}

TEST(BadModel, MissingInitializer) {
  ModelBuilder b;
  b.Input("x", {1, 4}).Node("Add", {"x", "bias"}, {"y"}).Output("y");
  EXPECT_THAT(MessageOf(b.Import()),
              AllOf(HasSubstr("Add 'y' (onnx) reads 'bias'"), HasSubstr("no initializer")));
}

TEST(BadModel, Cycle) {
  ModelBuilder b;
  b.Input("x", {1}).Node("Add", {"x", "b"}, {"a"}).Node("Relu", {"a"}, {"b"}).Output("b");
  EXPECT_THAT(MessageOf(b.Import()), AllOf(HasSubstr("cycle"), HasSubstr("Add 'a'")));
}

TEST(BadModel, ValueMadeTwice) {
  ModelBuilder b = Relu();
  b.Node("Neg", {"x"}, {"y"});
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("value 'y' is made by two nodes"));
}
TEST(BadModel, NodeMakesAnInput) {
  ModelBuilder b;
  b.Input("x", {1}).Node("Relu", {"x"}, {"x"}).Output("x");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("also an input or an initializer"));
}
TEST(BadModel, OutputMadeByNobody) {
  ModelBuilder b = Relu();
  b.Output("z");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("output 'z' is made by no node"));
}
TEST(BadModel, OutputListedTwice) {
  ModelBuilder b = Relu();
  b.Output("y");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("listed twice"));
}
TEST(BadModel, NoOutputs) {
  ModelBuilder b;
  b.Input("x", {1});
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("no outputs"));
}
TEST(BadModel, InputTwice) {
  ModelBuilder b = Relu();
  b.Input("x", {1, 4});
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("input 'x' is defined twice"));
}
TEST(BadModel, InitializerTwice) {
  ModelBuilder b = Relu();
  b.Ints("k", {1}).Ints("k", {1});
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("initializer 'k' is defined twice"));
}

TEST(BadModel, NegativeInputDimension) {
  ModelBuilder b = Relu();
  b.model.mutable_graph()
      ->mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(1)
      ->set_dim_value(-4);
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("input 'x': dimension 1 is -4"));
}
TEST(BadModel, HugeInput) {
  ModelBuilder b;
  b.Input("x", {1, int64_t{1} << 40, 1 << 20}).Node("Relu", {"x"}, {"y"}).Output("y");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("at most 2^40 elements"));
}
TEST(BadModel, InputIsNoTensor) {
  ModelBuilder b = Relu();
  b.model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_sequence_type();
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("input 'x' is not a tensor"));
}
TEST(BadModel, InputOfStrings) {
  ModelBuilder b;
  b.Input("x", {1}, 8).Node("Identity", {"x"}, {"y"}).Output("y");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("(string), which is not supported"));
}

TEST(BadModel, NegativeInitializerDimension) {
  ModelBuilder b = Relu();
  b.Floats("w", {-2, 2}, {});
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("tensor 'w': dimension -2"));
}
TEST(BadModel, HugeInitializer) {
  ModelBuilder b = Relu();
  b.Floats("w", {int64_t{1} << 62, int64_t{1} << 62}, {});
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("more than 2^40 elements"));
}
TEST(BadModel, InitializerTooShort) {
  ModelBuilder b = Relu();
  b.Floats("w", {2, 2}, {1, 2, 3});
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("holds 3 elements; expected 4"));
}
TEST(BadModel, RawDataTooShort) {
  ModelBuilder b = Relu();
  b.Tensor("w", {2, 2}, kFloatType)->set_raw_data("1234");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("holds 4 bytes; expected 16"));
}
TEST(BadModel, UnknownElementType) {
  ModelBuilder b = Relu();
  b.Tensor("w", {1}, 17)->set_raw_data("1");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("ONNX element type 17"));
}
TEST(BadModel, SparseInitializer) {
  ModelBuilder b = Relu();
  b.model.mutable_graph()->add_sparse_initializer()->mutable_values()->set_name("s");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("initializer 's' is sparse"));
}

TEST(BadModel, AttributeOfAnotherKind) {
  ModelBuilder b = Relu();
  b.Node("Softmax", {"y"}, {"z"}).With("axis", std::string("last")).Output("z");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("attribute 'axis' is of another kind"));
}
TEST(BadModel, TooFewInputs) {
  ModelBuilder b = Relu();
  b.Node("Add", {"y"}, {"z"}).Output("z");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("1 inputs; expected 2"));
}
TEST(BadModel, EveryNodeThatCannotBeImported) {
  ModelBuilder b = Relu();
  b.Node("Add", {"y"}, {"z"}).Node("Mul", {"z"}, {"u"}).Output("u");
  EXPECT_THAT(MessageOf(b.Import()), AllOf(HasSubstr("2 nodes cannot be imported"),
                                           HasSubstr("Add 'z'"), HasSubstr("Mul 'u'")));
}
TEST(BadModel, SecondOutputOfMaxPool) {
  ModelBuilder b;
  b.Input("x", {1, 1, 4, 4}).Node("MaxPool", {"x"}, {"y", "i"});
  b.With("kernel_shape", std::vector<int64_t>{2, 2}).Output("y");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("second output (indices)"));
}
TEST(BadModel, TrainingBatchNorm) {
  ModelBuilder b(15);
  b.Input("x", {1, 2}).Floats("s", {2}, {1, 1});
  b.Node("BatchNormalization", {"x", "s", "s", "s", "s"}, {"y"}).With("training_mode", int64_t{1});
  b.Output("y");
  EXPECT_THAT(MessageOf(b.Import()), HasSubstr("exported for inference"));
}

class ExternalData : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "w.bin", std::ios::binary)
        << "skip" << std::string("\0\0\x80?\0\0\0@", 8);
  }
  Result<ImportedModel> Import(const std::string& location, const std::string& offset,
                               const std::string& length) {
    ModelBuilder b = Relu();
    TensorProto* t = b.Tensor("w", {2}, kFloatType);
    t->set_data_location(1);
    const auto add = [&](const char* key, const std::string& value) {
      auto* entry = t->add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    };
    add("location", location);
    if (!offset.empty()) {
      add("offset", offset);
    }
    if (!length.empty()) {
      add("length", length);
    }
    return b.Import({}, folder_);
  }
  std::filesystem::path folder_;
};

TEST_F(ExternalData, IsRead) {
  const auto model = Import("w.bin", "4", "8");
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Tensor* w = model->graph.ConstantOf(*model->graph.FindValue("w"));
  EXPECT_EQ(w->values<float>()[0], 1.0f);
  EXPECT_EQ(w->values<float>()[1], 2.0f);
}
TEST_F(ExternalData, Missing) {
  EXPECT_THAT(MessageOf(Import("v.bin", "", "")), HasSubstr("is missing"));
}
TEST_F(ExternalData, OutsideTheFolder) {
  EXPECT_THAT(MessageOf(Import("../w.bin", "", "")), HasSubstr("in the model's folder"));
  EXPECT_THAT(MessageOf(Import("a/../../w.bin", "", "")), HasSubstr("in the model's folder"));
  EXPECT_THAT(MessageOf(Import("/etc/passwd", "", "")), HasSubstr("in the model's folder"));
  EXPECT_THAT(MessageOf(Import("", "", "")), HasSubstr("in the model's folder"));
}
TEST_F(ExternalData, TooShort) {
  EXPECT_THAT(MessageOf(Import("w.bin", "8", "")), HasSubstr("expected 8 bytes"));
  EXPECT_THAT(MessageOf(Import("w.bin", "18446744073709551615", "")),
              HasSubstr("expected 8 bytes"));
  EXPECT_THAT(MessageOf(Import("w.bin", "0", "7")), HasSubstr("length 7"));
}
TEST_F(ExternalData, OffsetIsNoNumber) {
  EXPECT_THAT(MessageOf(Import("w.bin", "-4", "")), HasSubstr("offset '-4'; expected a number"));
}

TEST(InputShapes, FreeLeadingDimensionIsTheBatch) {
  ModelBuilder b;
  b.Input("x", {-2, 4}).Node("Relu", {"x"}, {"y"}).Output("y");
  const auto model = b.Import();
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_TRUE(model->symbolic_batch);
  EXPECT_EQ(model->graph.value(model->graph.inputs[0].value).type.shape(), (Shape{1, 4}));
}
TEST(InputShapes, FixedModelHasNoBatch) { EXPECT_FALSE(Relu().Import()->symbolic_batch); }
TEST(InputShapes, OtherFreeDimensionsMustBeGiven) {
  ModelBuilder b;
  b.Input("x", {-2, 3, -3, 8}).Node("Relu", {"x"}, {"y"}).Output("y");
  EXPECT_THAT(MessageOf(b.Import()), AllOf(HasSubstr("input 'x'"), HasSubstr("dimension 2 ('n3')"),
                                           HasSubstr("--input-shape x=")));
  const auto model = b.Import({{{"x", {2, 3, 5, 8}}}});
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_FALSE(model->symbolic_batch);
  EXPECT_EQ(model->graph.value(model->graph.inputs[0].value).type.shape(), (Shape{2, 3, 5, 8}));
}
TEST(InputShapes, NameGivenOnceHoldsEverywhere) {
  ModelBuilder b;
  b.Input("x", {-2, -3}).Input("z", {1, -3}).Node("Add", {"x", "z"}, {"y"}).Output("y");
  const auto model = b.Import({{{"x", {1, 7}}}});
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->graph.value(model->graph.inputs[1].value).type.shape(), (Shape{1, 7}));
  EXPECT_THAT(MessageOf(b.Import({{{"x", {1, 7}}, {"z", {1, 8}}}}), Code::kUsage),
              HasSubstr("dimension 'n3' is 7"));
}
TEST(InputShapes, TheBatchNameIsOneEverywhere) {
  ModelBuilder b;
  b.Input("x", {-2, 3}).Input("state", {4, -2, 5}).Node("Relu", {"x"}, {"y"}).Output("y");
  const auto model = b.Import();
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_FALSE(model->symbolic_batch);
  EXPECT_EQ(model->graph.value(model->graph.inputs[1].value).type.shape(), (Shape{4, 1, 5}));
}
TEST(InputShapes, TwoFreeLeadingNamesAreNoBatch) {
  ModelBuilder b;
  b.Input("x", {-2, 3}).Input("boxes", {-3, 4}).Node("Relu", {"x"}, {"y"}).Output("y");
  EXPECT_THAT(MessageOf(b.Import()), AllOf(HasSubstr("input 'boxes'"), HasSubstr("must be fixed")));
}
TEST(InputShapes, OptionsAreChecked) {
  EXPECT_THAT(MessageOf(Relu().Import({{{"q", {1}}}}), Code::kUsage),
              AllOf(HasSubstr("names 'q'"), HasSubstr("inputs are: x")));
  EXPECT_THAT(MessageOf(Relu().Import({{{"x", {1, 5}}}}), Code::kUsage), HasSubstr("declares 1x4"));
  EXPECT_THAT(MessageOf(Relu().Import({{{"x", {1, 1, 4}}}}), Code::kUsage),
              HasSubstr("declares 1x4"));
  EXPECT_THAT(MessageOf(Relu().Import({{{"x", {0, 4}}}}), Code::kUsage), HasSubstr("from 1"));
}

}  // namespace
}  // namespace plumb::onnx
