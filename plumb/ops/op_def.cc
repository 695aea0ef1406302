#include "plumb/ops/op_def.h"

#include <algorithm>
#include <map>

namespace plumb::ops {

#define PLUMB_OPS(name) std::span<const OpDef> name();
#include "plumb/ops/op_files.inc"
#undef PLUMB_OPS

namespace {

struct Registry {
  std::map<std::string_view, const OpDef*> ops;
  std::map<std::pair<std::string_view, std::string_view>, const ImportRule*> rules;
};

const Registry& TheRegistry() {
  static const Registry registry = [] {
    Registry r;
    for (std::span<const OpDef> file : {
#define PLUMB_OPS(name) name(),
#include "plumb/ops/op_files.inc"
#undef PLUMB_OPS
         }) {
      for (const OpDef& op : file) {
        PLUMB_CHECK(r.ops.emplace(op.name, &op).second) << "two operators named " << op.name;
        for (const ImportRule& rule : op.imports) {
          PLUMB_CHECK(r.rules.emplace(std::pair(rule.format, rule.type), &rule).second)
              << "two rules for " << rule.type;
        }
      }
    }
    return r;
  }();
  return registry;
}

std::string_view KindName(AttributeRule::Kind kind) {
  constexpr std::string_view kNames[] = {"an integer",       "a float",
                                         "a string",         "a list of integers",
                                         "a list of floats", "a list of strings"};
  return kNames[static_cast<size_t>(kind)];
}

Status CheckAttributes(const NodeView& node, const OpDef& op) {
  for (const AttributeRule& rule : op.attributes) {
    const Attribute* found = node.attributes().Find(rule.name);
    if (found == nullptr) {
      continue;
    }
    // The kinds are listed in the order of the variant's alternatives.
    if (found->index() != static_cast<size_t>(rule.kind)) {
      return InvalidModel(node.Describe(), ": attribute '", rule.name,
                          "' is of another kind; expected ", KindName(rule.kind));
    }
  }
  return {};
}

// Large enough for any real network, small enough that sizes in bytes never overflow.
constexpr int64_t kMaxElements = int64_t{1} << 40;

Status CheckSizes(const NodeView& node, const std::vector<ir::TensorType>& types) {
  for (const ir::TensorType& type : types) {
    int64_t elements = 1;
    for (const ir::Dim& dim : type.dims) {
      if (dim.size < 0 || (dim.size > 0 && elements > kMaxElements / dim.size)) {
        return InvalidModel(node.Describe(), ": output would be ", type.ToString(),
                            "; expected sizes from 0 and at most 2^40 elements");
      }
      elements *= std::max<int64_t>(dim.size, 1);
    }
  }
  return {};
}

}  // namespace

std::string NodeView::Describe() const {
  return node_.origin.empty() ? StrCat(node_.op, " '", node_.name, "'") : node_.origin;
}

const OpDef* FindOp(std::string_view name) {
  const auto& ops = TheRegistry().ops;
  const auto found = ops.find(name);
  return found == ops.end() ? nullptr : found->second;
}

std::vector<const OpDef*> AllOps() {
  std::vector<const OpDef*> all;
  for (const auto& [name, op] : TheRegistry().ops) {
    all.push_back(op);
  }
  return all;
}

const ImportRule* FindImportRule(std::string_view format, std::string_view type) {
  const auto& rules = TheRegistry().rules;
  const auto found = rules.find({format, type});
  return found == rules.end() ? nullptr : found->second;
}

Status Check(const NodeView& node) {
  const OpDef* op = FindOp(node.node().op);
  if (op == nullptr) {
    return InvalidModel(node.Describe(), ": operator '", node.node().op,
                        "' is not known; `plumb list operators` prints those that are");
  }
  PLUMB_RETURN_IF_ERROR(CheckAttributes(node, *op));
  for (const Constraint& constraint : op->constraints) {
    if (!constraint.holds(node)) {
      return InvalidModel(node.Describe(), ": ", op->name, " ", constraint.label,
                          ": expected: ", constraint.sentence, "; found: ", constraint.found(node));
    }
  }
  return {};
}

Result<std::vector<ir::TensorType>> Infer(const NodeView& node) {
  PLUMB_RETURN_IF_ERROR(Check(node));
  PLUMB_ASSIGN_OR_RETURN(std::vector<ir::TensorType> types, FindOp(node.node().op)->infer(node));
  PLUMB_RETURN_IF_ERROR(CheckSizes(node, types));
  if (types.size() != node.node().outputs.size()) {
    return InvalidModel(node.Describe(), ": ", node.node().outputs.size(), " outputs; expected ",
                        types.size());
  }
  return types;
}

}  // namespace plumb::ops
