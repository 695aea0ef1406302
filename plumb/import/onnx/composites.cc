#include "plumb/import/onnx/composites.h"

namespace plumb::onnx {

const ops::ImportRule* FindComposite(std::string_view type) {
  for (std::span<const ops::ImportRule> rules :
       {ConstantRules(), EinsumRules(), NormalizationRules(), ProductRules(), QuantizedRules(),
        SimpleRules()}) {
    for (const ops::ImportRule& rule : rules) {
      if (rule.type == type) {
        return &rule;
      }
    }
  }
  return nullptr;
}

}  // namespace plumb::onnx
