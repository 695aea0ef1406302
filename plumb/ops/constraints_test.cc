// Every constraint of every operator is violated once: by the case with its label here, or, for the
// number of inputs (C1), by a node without any.

#include <gtest/gtest.h>

#include <map>

#include "plumb/ir/text.h"
#include "plumb/ops/op_def.h"

namespace plumb::ops {
namespace {

struct Violation {
  const char* op;
  const char* label;
  const char* inputs;  // lines that declare values
  const char* call;    // what stands behind the operator's name
};

constexpr char kTwoFloats[] = "input %a: f32[2]\ninput %b: f32[3]\n";
constexpr char kFloatAndInt[] = "input %a: f32[2]\ninput %b: s32[2]\n";
constexpr char kFloat[] = "input %a: f32[2]\n";
constexpr char kPicture[] = "input %a: f32[1x4x4x4]\n";
constexpr char kFilter[] = "input %a: f32[1x4x4x4]\nconst %w: f32[4x3x3x4] = fill(1)\n";

constexpr Violation kViolations[] = {
    {"argmax", "C2", kFloat, "(%a) {axis = 1}"},
    {"argmax", "C3", "input %a: f32[0]\n", "(%a)"},
    {"argmin", "C2", kFloat, "(%a) {axis = 1}"},
    {"argmin", "C3", "input %a: f32[0]\n", "(%a)"},
    {"average_pool", "C2", kPicture, "(%a) {kernel = [1, 1], layout = \"chwn\"}"},
    {"average_pool", "C3", kFloat, "(%a) {kernel = [1]}"},
    {"average_pool", "C4", kPicture, "(%a) {kernel = [1]}"},
    {"average_pool", "C5", kPicture, "(%a) {kernel = [1, 1], strides = [0, 1]}"},
    {"average_pool", "C6", "input %a: u8[1x4x4x4]\n", "(%a) {kernel = [1, 1]}"},
    {"batch_norm", "C2", "input %a: s8[1x2]\ninput %b: f32[2]\n", "(%a, %b, %b, %b, %b)"},
    {"batch_norm", "C3", kFloat, "(%a, %a, %a, %a, %a) {axis = 1}"},
    {"batch_norm", "C4", "input %a: f32[1x2]\ninput %b: f32[3]\n", "(%a, %b, %b, %b, %b)"},
    {"cast", "C2", kFloat, "(%a) {to = \"decimal\"}"},
    {"clip", "C2", "input %a: bool[2]\n", "(%a)"},
    {"clip", "C3", "input %a: f32[2]\ninput %b: s32[]\n", "(%a, %b)"},
    {"clip", "C4", kTwoFloats, "(%a, %b)"},
    {"concat", "C2", kFloatAndInt, "(%a, %b)"},
    {"concat", "C3", kFloat, "(%a, %a) {axis = 1}"},
    {"concat", "C4", "input %a: f32[2x2]\ninput %b: f32[2x3]\n", "(%a, %b) {axis = 0}"},
    {"conv", "C2", kFilter, "(%a, %w) {layout = \"chwn\"}"},
    {"conv", "C3", "input %a: f32[1x4x4x4]\nconst %w: f32[4x3x4] = fill(1)\n", "(%a, %w)"},
    {"conv", "C4", kFilter, "(%a, %w) {groups = 3}"},
    {"conv", "C5", kFilter, "(%a, %w) {groups = 2}"},
    {"conv", "C6", "input %a: s8[1x4x4x4]\nconst %w: f32[4x3x3x4] = fill(1)\n", "(%a, %w)"},
    {"conv", "C7",
     "input %a: f32[1x4x4x4]\nconst %w: f32[4x3x3x4] = fill(1)\nconst %b: f32[3] = fill(0)\n",
     "(%a, %w, %b)"},
    {"conv", "C8", kFilter, "(%a, %w) {pads = [1, 1]}"},
    {"conv", "C9", kFilter, "(%a, %w) {output_dtype = \"s4\"}"},
    {"conv", "C10", kFilter, "(%a, %w) {output_layout = \"nchw\"}"},
    {"conv_transpose", "C2", kFilter, "(%a, %w) {layout = \"chwn\"}"},
    {"conv_transpose", "C3", "input %a: f32[1x4x4x4]\nconst %w: f32[4x3x4] = fill(1)\n",
     "(%a, %w)"},
    {"conv_transpose", "C4", kFilter, "(%a, %w) {groups = 3}"},
    {"conv_transpose", "C5", "input %a: f32[1x4x4x4]\nconst %w: f32[3x3x3x4] = fill(1)\n",
     "(%a, %w)"},
    {"conv_transpose", "C6", "input %a: f32[1x4x4x4]\nconst %w: s8[4x3x3x4] = fill(1)\n",
     "(%a, %w)"},
    {"conv_transpose", "C7",
     "input %a: f32[1x4x4x4]\nconst %w: f32[4x3x3x4] = fill(1)\nconst %b: f32[3] = fill(0)\n",
     "(%a, %w, %b)"},
    {"conv_transpose", "C8", kFilter, "(%a, %w) {output_padding = [-1, 0]}"},
    {"cumsum", "C2", "input %a: bool[2]\nconst %b: s64[] = {0}\n", "(%a, %b)"},
    {"custom", "C2", kFloat, "(%a) {custom_type = \"cstGone\"}"},
    {"depth_to_space", "C2", kPicture, "(%a) {block = 2, layout = \"chwn\"}"},
    {"depth_to_space", "C3", kFloat, "(%a) {block = 2}"},
    {"depth_to_space", "C4", kPicture, "(%a) {block = 3}"},
    {"depth_to_space", "C5", kPicture, "(%a) {block = 2, mode = \"RCD\"}"},
    {"dequantize", "C2", kFloat, "(%a)"},
    {"dequantize", "C3", "input %a: s8[2]\n", "(%a)"},
    {"dequantize_linear", "C2", kFloat, "(%a, %a)"},
    {"dequantize_linear", "C3", "input %a: s8[2]\ninput %b: f32[3]\n", "(%a, %b) {axis = 0}"},
    {"eye_like", "C2", kFloat, "(%a)"},
    {"eye_like", "C3", "input %a: f32[2x2]\n", "(%a) {dtype = \"decimal\"}"},
    {"fully_connected", "C2", "input %a: f32[2]\nconst %w: f32[4x3] = fill(1)\n", "(%a, %w)"},
    {"fully_connected", "C3", "input %a: s8[3]\nconst %w: s8[4x3] = fill(1)\n", "(%a, %w)"},
    {"fully_connected", "C4",
     "input %a: f32[3]\nconst %w: f32[4x3] = fill(1)\nconst %b: f32[3] = fill(1)\n",
     "(%a, %w, %b)"},
    {"fully_connected", "C5", "input %a: f32[3]\nconst %w: f32[4x3] = fill(1)\n",
     "(%a, %w) {output_dtype = \"s4\"}"},
    {"gather", "C2", kTwoFloats, "(%a, %b)"},
    {"gather", "C3", "input %a: f32[2]\ninput %b: s64[2]\n", "(%a, %b) {axis = 1}"},
    {"gather_elements", "C2", kTwoFloats, "(%a, %b)"},
    {"gather_elements", "C3", "input %a: f32[2]\ninput %b: s64[2]\n", "(%a, %b) {axis = 1}"},
    {"gather_elements", "C4", "input %a: f32[2]\ninput %b: s64[2x1]\n", "(%a, %b)"},
    {"gather_elements", "C5", "input %a: f32[2x1]\ninput %b: s64[2x2]\n", "(%a, %b) {axis = 0}"},
    {"gather_nd", "C2", kTwoFloats, "(%a, %b)"},
    {"gather_nd", "C3", "input %a: f32[2]\ninput %b: s64[2x2]\n", "(%a, %b)"},
    {"gru", "C2", "input %a: f32[1x1x1]\n", "(%a, %a, %a) {direction = \"up\"}"},
    {"gru", "C3", "input %a: s8[1x1x1]\n", "(%a, %a, %a)"},
    {"gru", "C4", "input %a: f32[1x1x1]\n", "(%a, %a, %a) {hidden_size = 1}"},
    {"log_softmax", "C2", "input %a: s8[2]\n", "(%a)"},
    {"log_softmax", "C3", kFloat, "(%a) {axis = 1}"},
    {"lstm", "C2", "input %a: f32[1x1x1]\n", "(%a, %a, %a) {direction = \"up\"}"},
    {"lstm", "C3", "input %a: s8[1x1x1]\n", "(%a, %a, %a)"},
    {"lstm", "C4", "input %a: f32[1x1x1]\n", "(%a, %a, %a) {hidden_size = 1}"},
    {"matmul", "C2", "input %a: s8[2x2]\n", "(%a, %a)"},
    {"matmul", "C3", "input %a: f32[2x3]\n", "(%a, %a)"},
    {"max_pool", "C2", kPicture, "(%a) {kernel = [1, 1], layout = \"chwn\"}"},
    {"max_pool", "C3", kFloat, "(%a) {kernel = [1]}"},
    {"max_pool", "C4", kPicture, "(%a) {kernel = [0, 1]}"},
    {"max_pool", "C5", kPicture, "(%a) {auto_pad = \"same\", kernel = [1, 1]}"},
    {"max_pool", "C6", "input %a: s64[1x4x4x4]\n", "(%a) {kernel = [1, 1]}"},
    {"non_zero", "C2", kFloat, "(%a)"},
    {"one_hot", "C2", "input %a: s64[2]\nconst %d: s64[] = {3}\nconst %v: f32[2] = {0, 1}\n",
     "(%a, %d, %v) {axis = 2}"},
    {"one_hot", "C3", "input %a: s64[2]\nconst %d: s64[] = {3}\nconst %v: f32[3] = fill(1)\n",
     "(%a, %d, %v)"},
    {"pad", "C2", "input %a: f32[2]\nconst %p: s64[2] = {0, 0}\n", "(%a, %p) {mode = \"mirror\"}"},
    {"pad", "C3", "input %a: f32[2]\nconst %p: s64[2] = {0, 0}\nconst %v: s8[] = {0}\n",
     "(%a, %p, %v)"},
    {"quantize", "C2", "input %a: s8[2]\n", "(%a)"},
    {"quantize", "C3", kFloat, "(%a) {dtype = \"f32\"}"},
    {"quantize", "C4", kFloat, "(%a) {perm = [1, 1]}"},
    {"quantize_linear", "C2", "input %a: s8[2]\ninput %b: f32[]\n", "(%a, %b)"},
    {"quantize_linear", "C3", kTwoFloats, "(%a, %b) {axis = 0}"},
    {"range", "C2", kFloatAndInt, "(%a, %b, %b)"},
    {"range", "C3", "input %a: s8[]\n", "(%a, %a, %a)"},
    {"range", "C4", kFloat, "(%a, %a, %a)"},
    {"reduce_max", "C2", "input %a: none[*]\n", "(%a)"},
    {"reduce_min", "C2", "input %a: none[*]\n", "(%a)"},
    {"resize", "C2", "input %a: f32[2]\nconst %s: f32[1] = {1}\n",
     "(%a, _, %s) {mode = \"bicubic\"}"},
    {"resize", "C3", kFloat, "(%a)"},
    {"resize", "C4", "input %a: s8[2]\nconst %s: f32[1] = {1}\n",
     "(%a, _, %s) {mode = \"linear\"}"},
    {"reverse_sequence", "C2", "input %a: f32[2x2]\ninput %b: s64[2]\n",
     "(%a, %b) {batch_axis = 0}"},
    {"reverse_sequence", "C3", "input %a: f32[2x2]\ninput %b: s64[3]\n", "(%a, %b)"},
    {"rnn", "C2", "input %a: f32[1x1x1]\n", "(%a, %a, %a) {direction = \"up\"}"},
    {"rnn", "C3", "input %a: s8[1x1x1]\n", "(%a, %a, %a)"},
    {"rnn", "C4", "input %a: f32[1x1x1]\n", "(%a, %a, %a) {hidden_size = 2}"},
    {"scatter_elements", "C2", kFloat, "(%a, %a, %a)"},
    {"scatter_elements", "C3", "input %a: f32[2]\ninput %i: s64[2]\n", "(%a, %i, %i)"},
    {"scatter_elements", "C4", "input %a: f32[2]\ninput %i: s64[2]\n",
     "(%a, %i, %a) {reduction = \"mean\"}"},
    {"scatter_elements", "C5", "input %a: f32[2]\ninput %i: s64[2]\n", "(%a, %i, %a) {axis = 1}"},
    {"scatter_elements", "C6", "input %a: f32[2]\ninput %i: s64[1]\n", "(%a, %i, %a)"},
    {"scatter_nd", "C2", kFloat, "(%a, %a, %a)"},
    {"scatter_nd", "C3", "input %a: f32[2]\ninput %i: s64[2]\n", "(%a, %i, %i)"},
    {"scatter_nd", "C4", "input %a: f32[2]\ninput %i: s64[2]\n",
     "(%a, %i, %a) {reduction = \"mean\"}"},
    {"scatter_nd", "C5", "input %a: f32[2]\ninput %i: s64[2]\n", "(%a, %i, %a)"},
    {"softmax", "C2", "input %a: s8[2]\n", "(%a)"},
    {"softmax", "C3", kFloat, "(%a) {axis = -2}"},
    {"space_to_depth", "C2", kPicture, "(%a) {block = 2, layout = \"chwn\"}"},
    {"space_to_depth", "C3", kFloat, "(%a) {block = 2}"},
    {"space_to_depth", "C4", kPicture, "(%a) {block = 3}"},
    {"split", "C2", kFloat, "(%a) {axis = 1}"},
    {"table", "C2", kTwoFloats, "(%a, %b)"},
    {"table", "C3", "input %a: s8[2]\nconst %t: s8[255] = fill(0)\n", "(%a, %t)"},
    {"topk", "C2", "input %a: f32[2]\nconst %k: s64[1] = {1}\n", "(%a, %k) {axis = 1}"},
    {"transpose", "C2", kFloat, "(%a) {perm = [1]}"},
    {"trilu", "C2", kFloat, "(%a)"},
    {"where", "C2", kFloat, "(%a, %a, %a)"},
    {"where", "C3", "input %c: bool[2]\ninput %a: f32[2]\ninput %b: s8[2]\n", "(%c, %a, %b)"},
    {"where", "C4", "input %c: bool[2]\ninput %a: f32[2]\ninput %b: f32[3]\n", "(%c, %a, %b)"},
};

// Families: the same case for every operator whose constraint has the sentence.
struct FamilyViolation {
  const char* sentence;
  const char* inputs;
  const char* call;
};
constexpr FamilyViolation kFamilyViolations[] = {
    {"the input is f32", "input %a: s8[2]\n", "(%a)"},
    {"the input is f32 or an integer type", "input %a: bool[2]\n", "(%a)"},
    {"the input is bool", kFloat, "(%a)"},
    {"the input has an integer type", kFloat, "(%a)"},
    {"both inputs have the same type, f32 or an integer", kFloatAndInt, "(%a, %b)"},
    {"the inputs are f32 or integers", "input %a: bool[2]\n", "(%a, %a)"},
    {"both inputs have the same integer type", kFloat, "(%a, %a)"},
    {"both inputs have the same type", kFloatAndInt, "(%a, %b)"},
    {"both inputs are bool", kFloat, "(%a, %a)"},
    {"data is f32", "input %a: s8[2]\n", "(%a)"},
    {"data is f32 or an integer type", "input %a: bool[2]\n", "(%a)"},
};
// Two shapes of the operator's type that do not broadcast.
std::string TwoShapes(const OpDef& op) {
  for (const char* type : {"f32", "bool", "s32"}) {
    const std::string text =
        StrCat("graph \"t\"\ninput %a: ", type, "[2]\n%y: none[*] = ", op.name, "(%a, %a)\n");
    const auto graph = ir::Parse(text);
    if (graph.ok() && Check(NodeView(*graph, graph->node(0))).ok()) {
      return StrCat("input %a: ", type, "[2]\ninput %b: ", type, "[3]\n");
    }
  }
  return "";
}

// The message of Check for a node with these inputs.
std::string Message(std::string_view op, std::string_view inputs, std::string_view call) {
  const auto graph = ir::Parse(StrCat("graph \"t\"\n", inputs, "%y: none[*] = ", op, call, "\n"));
  if (!graph.ok()) {
    return "does not parse: " + graph.status().message();
  }
  return Check(NodeView(*graph, graph->node(0))).message();
}

TEST(Constraints, EachIsViolatedOnce) {
  for (const OpDef* op : AllOps()) {
    for (const Constraint& constraint : op->constraints) {
      SCOPED_TRACE(StrCat(op->name, ".", constraint.label, " ", constraint.sentence));
      std::string message;
      if (constraint.label == "C1") {
        message = Message(op->name, "", "()");
      } else if (constraint.sentence == "the shapes broadcast to one another" &&
                 op->name != "where") {
        message = Message(op->name, TwoShapes(*op), "(%a, %b)");
      } else if (op->name == "split" && constraint.label == "C3") {
        ir::Graph graph;
        const ir::ValueId x = graph.AddInput("x", ir::TensorType(DType::kF32, Shape{2}));
        graph.AddNode("split", "s", {x}, {});
        message = Check(NodeView(graph, graph.node(0))).message();
      }
      for (const Violation& v : kViolations) {
        if (v.op == op->name && v.label == constraint.label) {
          message = Message(op->name, v.inputs, v.call);
        }
      }
      if (message.empty()) {
        for (const FamilyViolation& v : kFamilyViolations) {
          if (v.sentence == constraint.sentence) {
            message = Message(op->name, v.inputs, v.call);
          }
        }
      }
      EXPECT_NE(message.find(
                    StrCat(op->name, " ", constraint.label, ": expected: ", constraint.sentence)),
                std::string::npos)
          << "message: '" << message << "'";
    }
  }
}

TEST(Constraints, OperatorsHaveASummaryAndNoLabelTwice) {
  EXPECT_GT(AllOps().size(), 90u);
  for (const OpDef* op : AllOps()) {
    EXPECT_FALSE(op->summary.empty()) << op->name;
    EXPECT_EQ(op->summary.back(), '.') << op->name;
    std::map<std::string_view, int> labels;
    for (const Constraint& constraint : op->constraints) {
      EXPECT_EQ(++labels[constraint.label], 1) << op->name << " " << constraint.label;
    }
  }
}

}  // namespace
}  // namespace plumb::ops
