// What ONNX files say becomes one form in the graph, whatever the opset; tensors in every encoding.

#include <gtest/gtest.h>

#include <fstream>

#include "plumb/import/onnx/model_builder.h"

namespace plumb::onnx {
namespace {

// The node that makes the value named so.
struct Made {
  ImportedModel model;
  const ir::Node* node = nullptr;

  [[nodiscard]] const Tensor* Constant(size_t input) const {
    return input < node->inputs.size() ? model.graph.ConstantOf(node->inputs[input]) : nullptr;
  }
  [[nodiscard]] std::vector<int64_t> Ints(size_t input) const {
    const auto values = Constant(input)->values<int64_t>();
    return {values.begin(), values.end()};
  }
};

Made MakerOf(const ModelBuilder& builder, const std::string& name = "y") {
  Result<ImportedModel> model = builder.Import();
  EXPECT_TRUE(model.ok()) << model.status().message();
  Made made;
  if (model.ok()) {
    made.model = *std::move(model);
    const ir::ValueId value = *made.model.graph.FindValue(name);
    made.node = &made.model.graph.node(made.model.graph.value(value).producer);
  }
  return made;
}

using Ints = std::vector<int64_t>;

TEST(Semantics, ClipByAttributesAndByInputs) {
  ModelBuilder old(6 + 1);
  old.Input("x", {4}).Node("Clip", {"x"}, {"y"}).With("min", 0.0f).With("max", 6.0f).Output("y");
  const Made a = MakerOf(old);
  EXPECT_EQ(a.node->op, "clip");
  EXPECT_EQ(a.Constant(1)->values<float>()[0], 0.0f);
  EXPECT_EQ(a.Constant(2)->values<float>()[0], 6.0f);
  ModelBuilder fresh(13);
  fresh.Input("x", {4}).Floats("six", {}, {6}).Node("Clip", {"x", "", "six"}, {"y"}).Output("y");
  const Made b = MakerOf(fresh);
  EXPECT_EQ(b.node->inputs[1], ir::kNone);
  EXPECT_EQ(b.Constant(2)->values<float>()[0], 6.0f);
}

TEST(Semantics, PadByAttributesAndByInputs) {
  ModelBuilder old(10);
  old.Input("x", {4}).Node("Pad", {"x"}, {"y"}).With("pads", Ints{1, 2}).With("value", 3.0f);
  old.Output("y");
  const Made a = MakerOf(old);
  EXPECT_EQ(a.Ints(1), (Ints{1, 2}));
  EXPECT_EQ(a.Constant(2)->values<float>()[0], 3.0f);
  ModelBuilder fresh(18);
  fresh.Input("x", {4}).Ints("p", {1, 2}).Ints("a", {0});
  fresh.Node("Pad", {"x", "p", "", "a"}, {"y"}).With("mode", std::string("edge")).Output("y");
  const Made b = MakerOf(fresh);
  EXPECT_EQ(b.node->attributes.String("mode", ""), "edge");
  EXPECT_EQ(b.Ints(3), (Ints{0}));
}

TEST(Semantics, SliceByAttributes) {
  ModelBuilder old(9);
  old.Input("x", {4, 5}).Node("Slice", {"x"}, {"y"}).With("starts", Ints{1}).With("ends", Ints{3});
  old.With("axes", Ints{1}).Output("y");
  const Made a = MakerOf(old);
  EXPECT_EQ(a.Ints(1), (Ints{1}));
  EXPECT_EQ(a.Ints(2), (Ints{3}));
  EXPECT_EQ(a.Ints(3), (Ints{1}));
}

TEST(Semantics, SqueezeUnsqueezeReduceSumByAttributes) {
  for (const char* type : {"Squeeze", "Unsqueeze", "ReduceSum"}) {
    ModelBuilder old(11);
    old.Input("x", {1, 5}).Node(type, {"x"}, {"y"}).With("axes", Ints{0}).Output("y");
    EXPECT_EQ(MakerOf(old).Ints(1), (Ints{0})) << type;
    ModelBuilder fresh(13);
    fresh.Input("x", {1, 5}).Ints("axes", {0}).Node(type, {"x", "axes"}, {"y"}).Output("y");
    EXPECT_EQ(MakerOf(fresh).Ints(1), (Ints{0})) << type;
  }
}

TEST(Semantics, SplitSizes) {
  ModelBuilder old(11);
  old.Input("x", {6}).Node("Split", {"x"}, {"y", "z"}).With("split", Ints{2, 4}).Output("y");
  EXPECT_EQ(MakerOf(old).Ints(1), (Ints{2, 4}));
  ModelBuilder fresh(18);
  fresh.Input("x", {7}).Node("Split", {"x"}, {"y", "z"}).With("num_outputs", int64_t{2});
  fresh.Output("y");
  EXPECT_EQ(MakerOf(fresh).node->attributes.Int("num_outputs", 0), 2);
}

TEST(Semantics, SoftmaxSeesAMatrixBeforeOpset13) {
  ModelBuilder old(11);
  old.Input("x", {2, 3, 4}).Node("Softmax", {"x"}, {"y"}).Output("y");
  const Made a = MakerOf(old);
  EXPECT_EQ(a.node->op, "reshape");
  EXPECT_NE(a.model.graph.ProducerWithOp(a.node->inputs[0], "softmax"), ir::kNone);
  ModelBuilder last(11);
  last.Input("x", {2, 3, 4}).Node("Softmax", {"x"}, {"y"}).With("axis", int64_t{2}).Output("y");
  EXPECT_EQ(MakerOf(last).node->op, "softmax");
  ModelBuilder fresh(13);
  fresh.Input("x", {2, 3, 4}).Node("Softmax", {"x"}, {"y"}).With("axis", int64_t{1}).Output("y");
  EXPECT_EQ(MakerOf(fresh).node->attributes.Int("axis", 0), 1);
}

TEST(Semantics, ResizeOfEachOpset) {
  ModelBuilder seven(7);
  seven.Input("x", {1, 1, 2, 2}).Node("Upsample", {"x"}, {"y"});
  seven.With("scales", std::vector<float>{1, 1, 2, 2}).Output("y");
  const Made a = MakerOf(seven);
  EXPECT_EQ(a.node->op, "resize");
  EXPECT_EQ(a.node->attributes.String("coordinate_transformation_mode", ""), "asymmetric");
  EXPECT_EQ(a.Constant(2)->values<float>()[3], 2.0f);
  for (int64_t opset : {9, 10}) {
    ModelBuilder b(opset);
    b.Input("x", {1, 1, 2, 2}).Floats("s", {4}, {1, 1, 2, 2});
    b.Node(opset == 9 ? "Upsample" : "Resize", {"x", "s"}, {"y"}).Output("y");
    const Made made = MakerOf(b);
    EXPECT_EQ(made.node->attributes.String("nearest_mode", ""), "floor");
    EXPECT_EQ(made.Constant(2)->values<float>()[3], 2.0f);
  }
  ModelBuilder eleven(11);
  eleven.Input("x", {1, 1, 2, 2}).Ints("n", {1, 1, 4, 4}).Floats("none", {0}, {});
  eleven.Node("Resize", {"x", "none", "none", "n"}, {"y"});
  eleven.With("mode", std::string("linear")).Output("y");
  const Made c = MakerOf(eleven);
  EXPECT_EQ(c.node->attributes.String("coordinate_transformation_mode", ""), "half_pixel");
  EXPECT_EQ(c.Ints(3), (Ints{1, 1, 4, 4}));
}

TEST(Semantics, AutoPad) {
  ModelBuilder b;
  b.Input("x", {1, 1, 4, 4}).Floats("w", {1, 1, 3, 3}, std::vector<float>(9, 1.0f));
  b.Node("Conv", {"x", "w"}, {"y"}).With("auto_pad", std::string("SAME_LOWER"));
  b.With("pads", Ints{0, 0, 0, 0}).Output("y");
  const Made made = MakerOf(b);
  EXPECT_EQ(made.node->attributes.String("auto_pad", ""), "same_lower");
  EXPECT_FALSE(made.node->attributes.Has("pads"));
  EXPECT_EQ(made.node->attributes.String("layout", ""), "nchw");
}

TEST(Semantics, DropoutIsIdentity) {
  ModelBuilder b(10);
  b.Input("x", {4}).Node("Dropout", {"x"}, {"y", "mask"}).With("ratio", 0.5f).Output("y");
  EXPECT_EQ(MakerOf(b).node->op, "identity");
}

TEST(Semantics, QuantizeLinearStatesItsGrid) {
  ModelBuilder b(13);
  b.Input("x", {4}).Floats("s", {}, {0.5f});
  b.Tensor("z", {}, 2)->set_raw_data("\x80");
  b.Node("QuantizeLinear", {"x", "s", "z"}, {"q"}).Node("DequantizeLinear", {"q", "s", "z"}, {"y"});
  b.Output("y");
  const Made made = MakerOf(b);
  EXPECT_EQ(made.node->op, "dequantize");
  const ir::Value& q = made.model.graph.value(made.node->inputs[0]);
  EXPECT_EQ(q.quantization, (Quantization{{0.5f}, {128}, -1}));
  EXPECT_EQ(made.model.graph.node(q.producer).attributes.String("dtype", ""), "u8");
}

TEST(Semantics, NamesAreKeptAndNodesMayComeInAnyOrder) {
  ModelBuilder b;
  b.Input("in put", {1, 4}).Node("Neg", {"mid/1"}, {"out:0"}).Node("Relu", {"in put"}, {"mid/1"});
  b.Output("out:0");
  const auto model = b.Import();
  ASSERT_TRUE(model.ok()) << model.status().message();
  for (const char* name : {"in put", "mid/1", "out:0"}) {
    EXPECT_TRUE(model->graph.FindValue(name).has_value()) << name;
  }
  EXPECT_EQ(model->graph.outputs[0].name, "out:0");
}

TEST(Semantics, InitializerListedAsInputIsAConstant) {
  ModelBuilder b;
  b.Input("x", {2}).Input("w", {2}).Floats("w", {2}, {1, 2}).Node("Add", {"x", "w"}, {"y"});
  b.Output("y");
  const auto model = b.Import();
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(model->graph.inputs.size(), 1u);
}

TEST(Semantics, HalfModelIsFloatInside) {
  ModelBuilder b;
  b.Input("x", {2}, 10).Node("Relu", {"x"}, {"y"}).Output("y", 10);
  const auto model = b.Import();
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(model->graph.inputs[0].dtype, DType::kF16);
  EXPECT_EQ(model->graph.value(model->graph.inputs[0].value).type.dtype, DType::kF32);
  EXPECT_EQ(model->graph.outputs[0].dtype, DType::kF16);
}

TEST(Semantics, MetadataAndProducer) {
  ModelBuilder b;
  b.Input("x", {2}).Node("Relu", {"x"}, {"y"}).Output("y");
  b.model.set_producer_name("pytorch");
  b.model.set_producer_version("2.1");
  auto* entry = b.model.add_metadata_props();
  entry->set_key("names");
  entry->set_value("{0: 'cat'}");
  const auto model = b.Import();
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(model->producer, "pytorch 2.1");
  EXPECT_EQ(model->opset, 13);
  EXPECT_EQ(model->metadata.at("names"), "{0: 'cat'}");
}

TEST(Constants, EveryForm) {
  ModelBuilder b;
  b.Input("x", {2});
  b.Node("Constant", {}, {"a"}).With("value_float", 1.5f);
  b.Node("Constant", {}, {"b"}).With("value_int", int64_t{7});
  b.Node("Constant", {}, {"c"}).With("value_floats", std::vector<float>{1, 2});
  b.Node("Constant", {}, {"d"}).With("value_ints", Ints{3, 4, 5});
  b.Node("Constant", {}, {"e"});
  TensorProto* t = b.Attribute("value", AttributeProto::TENSOR)->mutable_t();
  t->set_data_type(6);
  t->add_dims(1);
  t->add_int32_data(-9);
  b.Node("Relu", {"x"}, {"y"}).Output("y");
  const auto model = b.Import();
  ASSERT_TRUE(model.ok()) << model.status().message();
  const auto constant = [&](const char* name) -> const Tensor& {
    return *model->graph.ConstantOf(*model->graph.FindValue(name));
  };
  EXPECT_EQ(constant("a").values<float>()[0], 1.5f);
  EXPECT_EQ(constant("b").values<int64_t>()[0], 7);
  EXPECT_EQ(constant("c").shape(), (Shape{2}));
  EXPECT_EQ(constant("d").values<int64_t>()[2], 5);
  EXPECT_EQ(constant("e").values<int32_t>()[0], -9);
}

Tensor Encoded(const TensorProto& proto) {
  ModelBuilder b;
  b.Input("x", {2}).Node("Relu", {"x"}, {"y"}).Output("y");
  *b.model.mutable_graph()->add_initializer() = proto;
  b.model.mutable_graph()->mutable_initializer(0)->set_name("w");
  const auto model = b.Import();
  EXPECT_TRUE(model.ok()) << model.status().message();
  return model.ok() ? *model->graph.ConstantOf(*model->graph.FindValue("w")) : Tensor();
}

TensorProto Proto(int type, int64_t count) {
  TensorProto t;
  t.set_data_type(type);
  t.add_dims(count);
  return t;
}

TEST(Encodings, HalfRawAndTyped) {
  TensorProto raw = Proto(10, 2);
  raw.set_raw_data(std::string("\x00\x3c\x00\xc0", 4));
  EXPECT_EQ(Encoded(raw).values<float>()[0], 1.0f);
  EXPECT_EQ(Encoded(raw).values<float>()[1], -2.0f);
  TensorProto typed = Proto(10, 1);
  typed.add_int32_data(0x0001);
  EXPECT_EQ(Encoded(typed).values<float>()[0], 0x1p-24f);
}
TEST(Encodings, BFloat16AndDouble) {
  TensorProto b = Proto(16, 1);
  b.set_raw_data(std::string("\x80\x3f", 2));
  EXPECT_EQ(Encoded(b).values<float>()[0], 1.0f);
  TensorProto d = Proto(11, 1);
  d.add_double_data(0.1);
  EXPECT_EQ(Encoded(d).values<float>()[0], 0.1f);
}
TEST(Encodings, FourBits) {
  TensorProto s = Proto(22, 3);
  s.set_raw_data("\xf1\x07");
  const Tensor t = Encoded(s);
  EXPECT_EQ(std::vector<int8_t>(t.values<int8_t>().begin(), t.values<int8_t>().end()),
            (std::vector<int8_t>{1, -1, 7}));
  TensorProto u = Proto(21, 2);
  u.add_int32_data(0xf2);
  EXPECT_EQ(Encoded(u).values<uint8_t>()[1], 15);
}
TEST(Encodings, IntegersAndBools) {
  TensorProto a = Proto(3, 2);
  a.add_int32_data(-1);
  a.add_int32_data(127);
  EXPECT_EQ(Encoded(a).values<int8_t>()[0], -1);
  TensorProto b = Proto(9, 2);
  b.set_raw_data(std::string("\x02\x00", 2));
  const Tensor bools = Encoded(b);
  EXPECT_EQ(static_cast<const uint8_t*>(bools.raw())[0], 1);
  TensorProto c = Proto(12, 1);
  c.add_uint64_data(4000000000u);
  EXPECT_EQ(Encoded(c).values<uint32_t>()[0], 4000000000u);
  TensorProto d = Proto(13, 1);
  d.add_uint64_data(1ull << 63);
  EXPECT_EQ(Encoded(d).values<uint64_t>()[0], 1ull << 63);
}

TEST(TensorFiles, KeepTheirType) {
  TensorProto proto = Proto(10, 1);
  proto.set_name("input");
  proto.add_int32_data(0x3c00);
  const std::string path = testing::TempDir() + "half.pb";
  std::ofstream(path, std::ios::binary) << proto.SerializeAsString();
  const auto tensor = ReadTensorProto(path);
  ASSERT_TRUE(tensor.ok()) << tensor.status().message();
  EXPECT_EQ(tensor->name, "input");
  EXPECT_EQ(tensor->tensor.dtype(), DType::kF16);
  std::ofstream(path, std::ios::binary) << "no tensor";
  EXPECT_FALSE(ReadTensorProto(path).ok());
}

}  // namespace
}  // namespace plumb::onnx
