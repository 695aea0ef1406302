// plumb inspect: what a model or artifact is, how it was made, what it expects, what it costs.

#include <nlohmann/json.hpp>

#include "plumb/api/inspect.h"
#include "plumb/api/inspect_rknn.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {

std::function<Status(Console&)> Setup_inspect(CLI::App& app) {
  struct Arguments {
    ModelArguments model;
    bool layers = false;
  };
  auto args = std::make_shared<Arguments>();
  args->model.Declare(app);
  app.add_flag("--layers", args->layers, "every record with its shape, grid and cost");
  return [args](Console& console) -> Status {
    if (const std::string& path = args->model.model;
        rknn::VariantOfFile(path) != rknn::Variant::kNone) {
      PLUMB_ASSIGN_OR_RETURN(const rknn::Facts file, rknn::ReadFile(path));
      const nlohmann::ordered_json facts = InspectRknn(path, file);
      console.json ? console.PrintJson(facts) : console.Print(InspectRknnText(facts, args->layers));
      return {};
    }
    PLUMB_ASSIGN_OR_RETURN(const ModelOptions options, args->model.Parse());
    PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(args->model.model, options));
    const nlohmann::ordered_json facts = Inspect(model, args->layers || console.json);
    console.json ? console.PrintJson(facts) : console.Print(InspectText(facts));
    return {};
  };
}

}  // namespace plumb::cli
