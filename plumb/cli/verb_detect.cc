// plumb detect: boxes as a table and drawn on the picture.

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "plumb/api/detect.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"
#include "plumb/pictures/draw.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/pictures/write_picture.h"
#include "plumb/vision/coco_results.h"

namespace plumb::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  ModelArguments model;
  std::vector<std::string> pictures;
  std::string output;
  float score = -1, iou = -1;
};

std::string Fixed(double value, int width, int digits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%*.*f", width, digits, value);
  return text;
}

std::string Row(const artifact::DecodeContract& contract, const vision::Detection& d) {
  std::string label = LabelOf(contract, d.label);
  label.resize(std::max<size_t>(label.size(), 16), ' ');
  return StrCat("  ", label, Fixed(d.score, 7, 3), Fixed(d.x1, 9, 1), Fixed(d.y1, 9, 1),
                Fixed(d.x2, 9, 1), Fixed(d.y2, 9, 1));
}

Status Draw(Picture picture, const artifact::DecodeContract& contract,
            const std::vector<vision::Detection>& found, const std::string& path) {
  std::vector<pictures::Mark> marks;
  // The strongest is drawn last, on top.
  for (auto d = found.rbegin(); d != found.rend(); ++d) {
    marks.push_back({d->x1, d->y1, d->x2, d->y2, d->label,
                     StrCat(LabelOf(contract, d->label), Fixed(d->score, 5, 2)), d->keypoints});
  }
  PLUMB_RETURN_IF_ERROR(pictures::DrawMarks(picture, marks));
  return pictures::WritePicture(path, picture);
}

// Where the drawn picture goes: -o names a file for one picture, a folder for several.
Result<std::string> DrawnPath(const std::string& output, const std::string& picture, bool several) {
  std::error_code error;
  if (!several && !fs::is_directory(output, error)) {
    PLUMB_RETURN_IF_ERROR(pictures::CheckPictureEnding(output));
    return output;
  }
  fs::create_directories(output, error);
  if (error) {
    return EnvironmentError("-o ", output, ": the folder cannot be made: ", error.message());
  }
  return (fs::path(output) / (fs::path(picture).stem().string() + "_boxes.jpg")).string();
}

}  // namespace

std::function<Status(Console&)> Setup_detect(CLI::App& app) {
  auto args = std::make_shared<Arguments>();
  args->model.Declare(app);
  app.add_option("pictures", args->pictures, "pictures, or folders of them")->required();
  app.add_option("-o,--output", args->output, "drawn picture (a folder when there are several)");
  app.add_option("--score", args->score, "least score of a box (default: the contract's, 0.25)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--iou", args->iou,
                 "overlap above which the weaker of two boxes goes (default: the contract's, 0.45)")
      ->check(CLI::Range(0.0, 1.0));
  return [args](Console& console) -> Status {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> files, ListPictures(args->pictures));
    std::vector<std::string> drawn;
    for (const std::string& file : files) {
      if (!args->output.empty()) {
        PLUMB_ASSIGN_OR_RETURN(std::string path, DrawnPath(args->output, file, files.size() > 1));
        drawn.push_back(std::move(path));
      }
    }
    PLUMB_ASSIGN_OR_RETURN(const ModelOptions options, args->model.Parse());
    PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(args->model.model, options));
    for (const std::string& line : model.explanation) {
      model.is_artifact ? console.Detail(line) : console.Note(line);
    }
    PLUMB_ASSIGN_OR_RETURN(PictureModel detector, PictureModel::Create(model, console.Threads()));
    DetectOptions detect;
    detect.score = args->score >= 0 ? std::optional(args->score) : std::nullopt;
    detect.iou = args->iou >= 0 ? std::optional(args->iou) : std::nullopt;
    std::vector<vision::CocoResult> results;
    for (size_t i = 0; i < files.size(); ++i) {
      PLUMB_ASSIGN_OR_RETURN(const Picture picture, pictures::ReadPicture(files[i]));
      PLUMB_ASSIGN_OR_RETURN(const std::vector<vision::Detection> found,
                             detector.Detect(picture, detect));
      const std::string name = fs::path(files[i]).filename().string();
      for (const vision::Detection& d : found) {
        results.push_back(
            {name, std::nullopt, vision::CategoryId(d.label, model.decode.classes), d});
      }
      if (!console.json) {
        console.Print(StrCat(name, "  ", picture.width, "x", picture.height, "  ", found.size(),
                             found.size() == 1 ? " object" : " objects"));
        if (!found.empty()) {
          console.Print("  class             score       x1       y1       x2       y2");
        }
        for (const vision::Detection& d : found) {
          console.Print(Row(model.decode, d));
        }
      }
      if (!drawn.empty()) {
        PLUMB_RETURN_IF_ERROR(Draw(picture, model.decode, found, drawn[i]));
        console.Note(StrCat("drawn: ", drawn[i]));
      }
    }
    if (console.json) {
      nlohmann::ordered_json json;
      json["model"] = model.path;
      json["detections"] = nlohmann::ordered_json::parse(vision::CocoResultsJson(results));
      console.Print(json.dump(2));
    }
    return {};
  };
}

}  // namespace plumb::cli
