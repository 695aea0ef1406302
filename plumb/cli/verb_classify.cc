// plumb classify: what pictures show.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "plumb/api/detect.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/rule_output.h"
#include "plumb/cli/verb.h"
#include "plumb/pictures/read_picture.h"

namespace plumb::cli {

std::function<Status(Console&)> Setup_classify(CLI::App& app) {
  struct Arguments {
    ModelArguments model;
    std::vector<std::string> pictures;
    int top = 5;
    bool check = false, trust_contract = false;
  };
  auto args = std::make_shared<Arguments>();
  args->model.Declare(app);
  args->model.DeclareSelfTest(app);
  app.add_option("pictures", args->pictures, "pictures, or folders of them")->required();
  app.add_option("--top", args->top, "how many classes to show")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--check", args->check,
               "run the sanity rules over the pictures; exit code 3 when one fails");
  app.add_flag("--trust-contract", args->trust_contract,
               "read the output as stated, although it contradicts that");
  return [args](Console& console) -> Status {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> files, ListPictures(args->pictures));
    PLUMB_ASSIGN_OR_RETURN(const ModelOptions options, args->model.Parse());
    PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(args->model.model, options));
    ReportSelfTest(console, model);
    PictureModelOptions picture_options;
    picture_options.threads = console.Threads();
    picture_options.trust_contract = args->trust_contract;
    picture_options.check = args->check;
    picture_options.note = [&console](const std::string& text) { console.Warn(text); };
    PLUMB_ASSIGN_OR_RETURN(PictureModel classifier,
                           PictureModel::Create(model, std::move(picture_options)));
    nlohmann::ordered_json json = {{"model", model.path},
                                   {"pictures", nlohmann::ordered_json::array()}};
    for (const std::string& file : files) {
      PLUMB_ASSIGN_OR_RETURN(const Picture picture, pictures::ReadPicture(file));
      PLUMB_ASSIGN_OR_RETURN(const auto top, classifier.Classify(picture, args->top));
      if (&file == files.data()) {  // behind what the first picture brings to light
        NoteContracts(console, model);
      }
      const std::string name = std::filesystem::path(file).filename().string();
      nlohmann::ordered_json classes = nlohmann::ordered_json::array();
      if (!console.json) {
        console.Print(name);
      }
      for (const vision::ClassScore& one : top) {
        char score[32];
        std::snprintf(score, sizeof(score), "%8.4f", static_cast<double>(one.score));
        classes.push_back({{"index", one.label},
                           {"label", LabelOf(model.decode, one.label)},
                           {"score", one.score}});
        if (!console.json) {
          console.Print(
              StrCat(score, "  ", LabelOf(model.decode, one.label), " (", one.label, ")"));
        }
      }
      json["pictures"].push_back({{"file_name", name}, {"classes", classes}});
    }
    const std::vector<verify::RuleResult> rules =
        args->check ? classifier.CheckResults() : std::vector<verify::RuleResult>{};
    if (console.json) {
      if (args->check) {
        AddRulesJson(rules, json);
      }
      console.PrintJson(json);
    }
    return ReportRules(console, rules);
  };
}

}  // namespace plumb::cli
