// Builds the IR graph of an ONNX model, node by node, through the operators' import rules.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "plumb/import/onnx/import.h"
#include "plumb/ops/foreign_node.h"

namespace plumb::onnx {

class ModelProto;
class GraphProto;
class NodeProto;

class GraphImporter {
 public:
  GraphImporter(const ModelProto& model, const std::filesystem::path& base_dir,
                const ImportOptions& options);

  Result<ImportedModel> Import();

 private:
  Status ReadOpsets();
  Status ReadInitializers();
  Status ReadInputs();
  Status CheckOptionNames() const;
  Result<std::vector<int>> Order() const;  // of the nodes, each after those it reads
  Status CheckSupported() const;           // all that is not, in one message
  Status ImportNodes(const std::vector<int>& order);
  Status ImportNode(int index);
  Result<ops::ForeignNode> MakeForeign(int index);
  Status ReadOutputs();

  [[nodiscard]] std::string NameOf(int index) const;
  [[nodiscard]] std::string Describe(int index) const;
  // The opset in force for a node's domain; 0 when the model does not import it.
  [[nodiscard]] int64_t VersionOf(const NodeProto& node) const;

  const ModelProto& model_;
  const GraphProto& graph_;
  const std::filesystem::path& base_dir_;
  ImportOptions options_;
  ImportedModel result_;
  std::map<std::string, int64_t> opsets_;
  std::map<std::string, ir::ValueId, std::less<>> values_;  // by ONNX name
  std::set<std::string> node_names_;
};

// The default domain has two spellings.
[[nodiscard]] std::string CanonicalDomain(const std::string& domain);
// "Conv", or "com.microsoft:Gelu" outside the default domain.
[[nodiscard]] std::string QualifiedType(const NodeProto& node);

}  // namespace plumb::onnx
