// plumb detect: boxes as a table and drawn on the picture; of single pictures or of a stream.

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "plumb/api/compare_boxes.h"
#include "plumb/api/detect.h"
#include "plumb/api/frames.h"
#include "plumb/base/number_text.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/rule_output.h"
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
  std::string frames, frame_size;
  std::string output;
  std::string boxes;  // of another program
  float score = -1, iou = -1;
  bool check = false, trust_contract = false;
};

std::string Row(const artifact::DecodeContract& contract, const vision::Detection& d) {
  std::string label = LabelOf(contract, d.label);
  label.resize(std::max<size_t>(label.size(), 16), ' ');
  return StrCat("  ", label, FixedText(d.score, 3, 7), FixedText(d.x1, 1, 9), FixedText(d.y1, 1, 9),
                FixedText(d.x2, 1, 9), FixedText(d.y2, 1, 9));
}

Status Draw(Picture picture, const artifact::DecodeContract& contract,
            const std::vector<vision::Detection>& found, const std::string& path) {
  std::vector<pictures::Mark> marks;
  // The strongest is drawn last, on top.
  for (auto d = found.rbegin(); d != found.rend(); ++d) {
    marks.push_back({d->x1, d->y1, d->x2, d->y2, d->label,
                     StrCat(LabelOf(contract, d->label), FixedText(d->score, 2, 5)), d->keypoints});
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

std::vector<vision::CocoResult> CocoResults(const artifact::DecodeContract& contract,
                                            const std::string& name,
                                            const std::vector<vision::Detection>& found) {
  std::vector<vision::CocoResult> results;
  for (const vision::Detection& d : found) {
    results.push_back({name, std::nullopt, vision::CategoryId(d.label, contract.classes), d});
  }
  return results;
}

void PrintTable(Console& console, const artifact::DecodeContract& contract, const std::string& name,
                const Picture& picture, const std::vector<vision::Detection>& found) {
  console.Print(StrCat(name, "  ", picture.width, "x", picture.height, "  ", found.size(),
                       found.size() == 1 ? " object" : " objects"));
  if (!found.empty()) {
    console.Print("  class             score       x1       y1       x2       y2");
  }
  for (const vision::Detection& d : found) {
    console.Print(Row(contract, d));
  }
}

vision::BoxOptions BoxOptionsOf(const Arguments& args) {
  vision::BoxOptions options;
  options.score = args.score >= 0 ? std::optional(args.score) : std::nullopt;
  options.iou = args.iou >= 0 ? std::optional(args.iou) : std::nullopt;
  return options;
}

Result<std::unique_ptr<FrameSource>> OpenFrames(const Arguments& args) {
  if (!args.frame_size.empty()) {
    int width = 0, height = 0;
    char rest = 0;
    if (std::sscanf(args.frame_size.c_str(), "%dx%d%c", &width, &height, &rest) != 2 || width < 1 ||
        height < 1 || width > pictures::kMaxSide || height > pictures::kMaxSide) {
      return UsageError("--frame-size: WIDTHxHEIGHT in pixels expected, found '", args.frame_size,
                        "'");
    }
    if (args.frames != "-") {
      return UsageError("--frame-size is for raw pixels on standard input: --frames -");
    }
    return FramesOfRawStream(std::cin, width, height);
  }
  if (args.frames == "-") {
    return FramesOfStream(std::cin);
  }
  PLUMB_ASSIGN_OR_RETURN(std::vector<std::string> files, ListPictures({args.frames}));
  return FramesOfFiles(std::move(files));
}

void NoteTimes(Console& console, const FramesSummary& summary) {
  const StageTimes& t = summary.times;
  const auto each = [&](double ms) {
    return FixedText(ms / static_cast<double>(std::max<int64_t>(t.pictures, 1)), 2);
  };
  console.Note(StrCat(t.pictures, " frames, ",
                      FixedText(static_cast<double>(t.pictures) / summary.seconds, 1),
                      " a second; ms a frame: resize ", each(t.fit), ", into the network ",
                      each(t.input), ", network ", each(t.network), ", boxes ", each(t.boxes)));
}

Status DetectStream(Console& console, const Arguments& args, PictureModel& detector) {
  PLUMB_ASSIGN_OR_RETURN(const std::unique_ptr<FrameSource> source, OpenFrames(args));
  const artifact::DecodeContract& contract = detector.model().decode;
  const auto report = [&](const FrameResult& result) -> Status {
    const std::string name = fs::path(result.frame.name).filename().string();
    if (console.json) {  // one object a line, so that a reader need not wait for the end
      nlohmann::ordered_json json;
      json["frame"] = result.index;
      json["name"] = name;
      json["detections"] = nlohmann::ordered_json::parse(
          vision::CocoResultsJson(CocoResults(contract, name, result.found)));
      console.Print(json.dump());
    } else {
      PrintTable(console, contract, name, result.frame.picture, result.found);
    }
    if (!args.output.empty()) {
      PLUMB_ASSIGN_OR_RETURN(const std::string path, DrawnPath(args.output, name, true));
      return Draw(result.frame.picture, contract, result.found, path);
    }
    return {};
  };
  PLUMB_ASSIGN_OR_RETURN(const FramesSummary summary,
                         DetectFrames(detector, *source, BoxOptionsOf(args), report));
  NoteTimes(console, summary);
  return args.check ? ReportRules(console, detector.CheckResults()) : Status();
}

// Boxes of another program as one more result of a rule: S7 by another name.
verify::RuleResult SuppressionResult(const verify::NmsExplanation& explanation) {
  verify::RuleResult result{"S7", !explanation.same, false, explanation.sentence};
  result.evidence = StrCat(explanation.located, " of ", explanation.theirs,
                           " boxes located; unexplained: ", explanation.own_differ,
                           " by Plumb's rule, ", explanation.best_differ, " by the best");
  result.fix = explanation.explained && !explanation.same
                   ? "use one rule in both: --decode ...,nms=class|agnostic, --iou, --score; or "
                     "change the other program"
                   : "";
  return result;
}

Status DetectPictures(Console& console, const Arguments& args, PictureModel& detector,
                      const std::vector<std::string>& files,
                      const std::vector<std::string>& drawn) {
  const artifact::DecodeContract& contract = detector.model().decode;
  std::vector<vision::CocoResult> results;
  FileBoxes theirs;
  std::vector<ComparedPicture> compared;
  if (!args.boxes.empty()) {
    PLUMB_ASSIGN_OR_RETURN(theirs, ReadBoxesFile(args.boxes));
  }
  for (size_t i = 0; i < files.size(); ++i) {
    PLUMB_ASSIGN_OR_RETURN(const Picture picture, pictures::ReadPicture(files[i]));
    PLUMB_ASSIGN_OR_RETURN(const vision::Fitted fitted, detector.Fit(picture));
    PLUMB_ASSIGN_OR_RETURN(const std::vector<vision::Detection> found,
                           detector.Detect(fitted, BoxOptionsOf(args)));
    if (i == 0) {  // behind what the first picture brings to light
      NoteContracts(console, detector.model());
    }
    const std::string name = fs::path(files[i]).filename().string();
    if (!args.boxes.empty()) {
      PLUMB_ASSIGN_OR_RETURN(std::vector<vision::Detection> candidates,
                             detector.Candidates(kComparedScore));
      const std::vector<FileBox>* boxes = FindBoxes(theirs, name);
      compared.push_back({std::move(candidates), fitted.placement,
                          boxes == nullptr ? std::vector<FileBox>() : *boxes});
    }
    for (vision::CocoResult& result : CocoResults(contract, name, found)) {
      results.push_back(std::move(result));
    }
    if (!console.json) {
      PrintTable(console, contract, name, picture, found);
    }
    if (!drawn.empty()) {
      PLUMB_RETURN_IF_ERROR(Draw(picture, contract, found, drawn[i]));
      console.Note(StrCat("drawn: ", drawn[i]));
    }
  }
  std::vector<verify::RuleResult> rules;
  if (args.check) {
    rules = detector.CheckResults();
  }
  if (!args.boxes.empty()) {
    rules.push_back(SuppressionResult(CompareBoxes(compared, contract)));
  }
  if (console.json) {
    nlohmann::ordered_json json;
    json["model"] = detector.model().path;
    json["detections"] = nlohmann::ordered_json::parse(vision::CocoResultsJson(results));
    if (args.check || !args.boxes.empty()) {
      AddRulesJson(rules, json);
    }
    console.PrintJson(json);
  }
  return ReportRules(console, rules);
}

}  // namespace

std::function<Status(Console&)> Setup_detect(CLI::App& app) {
  auto args = std::make_shared<Arguments>();
  args->model.Declare(app);
  args->model.DeclareSelfTest(app);
  app.add_option("pictures", args->pictures, "pictures, or folders of them");
  app.add_option("--frames", args->frames,
                 "a stream instead: a folder's pictures in order, or - for pictures one behind "
                 "another on standard input; stages overlap, --json prints an object a line");
  app.add_option("--frame-size", args->frame_size,
                 "with --frames -: raw R, G, B frames of WIDTHxHEIGHT pixels");
  app.add_option("-o,--output", args->output, "drawn picture (a folder when there are several)");
  app.add_option("--score", args->score, "least score of a box (default: the contract's, 0.25)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--iou", args->iou,
                 "overlap above which the weaker of two boxes goes (default: the contract's, 0.45)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("--check", args->check,
               "run the sanity rules over the pictures; exit code 3 when one fails");
  app.add_option(
      "--boxes", args->boxes,
      "another program's boxes of the same pictures (COCO results, or a list by picture): "
      "says whether it suppresses in another way");
  app.add_flag("--trust-contract", args->trust_contract,
               "decode as stated, although the outputs contradict it");
  return [args](Console& console) -> Status {
    if (args->pictures.empty() == args->frames.empty()) {
      return UsageError("pictures, or a stream by --frames, expected, found ",
                        args->frames.empty() ? "neither" : "both");
    }
    if (!args->boxes.empty() && !args->frames.empty()) {
      return UsageError("--boxes goes with pictures, not with --frames");
    }
    std::vector<std::string> files, drawn;
    if (args->frames.empty()) {
      PLUMB_ASSIGN_OR_RETURN(files, ListPictures(args->pictures));
    }
    for (const std::string& file : files) {
      if (!args->output.empty()) {
        PLUMB_ASSIGN_OR_RETURN(std::string path, DrawnPath(args->output, file, files.size() > 1));
        drawn.push_back(std::move(path));
      }
    }
    PLUMB_ASSIGN_OR_RETURN(const ModelOptions options, args->model.Parse());
    PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(args->model.model, options));
    ReportSelfTest(console, model);
    PictureModelOptions picture_options;
    picture_options.threads = console.Threads();
    picture_options.trust_contract = args->trust_contract;
    picture_options.check = args->check || !args->boxes.empty();
    picture_options.note = [&console](const std::string& text) { console.Warn(text); };
    PLUMB_ASSIGN_OR_RETURN(PictureModel detector,
                           PictureModel::Create(model, std::move(picture_options)));
    if (!args->frames.empty()) {
      NoteContracts(console, model);
    }
    return args->frames.empty() ? DetectPictures(console, *args, detector, files, drawn)
                                : DetectStream(console, *args, detector);
  };
}

}  // namespace plumb::cli
