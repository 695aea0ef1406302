// --html: everything that is known of a conversion or a check, as one page.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plumb/api/auto_hybrid.h"
#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/api/samples.h"
#include "plumb/artifact/program.h"
#include "plumb/artifact/provenance.h"
#include "plumb/base/status.h"
#include "plumb/compile/compile.h"
#include "plumb/quant/quantize.h"
#include "plumb/report/document.h"
#include "plumb/verify/verdict.h"

namespace plumb {

// What a report is made of. The verb that made the verdict keeps it when it is asked for a report.
struct ReportSource {
  std::string verb;           // "convert"
  std::string command;        // as typed
  std::string artifact;       // path
  size_t artifact_bytes = 0;  // 0: there is none
  // The float network; the artifact's where that is not at hand, and then it has no graph.
  Model model;
  std::shared_ptr<const artifact::Program> program;  // the integer network; null when unreadable
  SampleList samples;
  size_t check_limit = 0;    // samples used for the verdict; 0: all
  bool calibration = false;  // the samples are what the ranges were made of
  // The ranges that the artifact was made with, where its lock is at hand, and the lock's path.
  std::optional<compile::NamedStats> calibrated;
  std::string lock;
  artifact::Provenance provenance;
  std::vector<quant::LayerNote> notes;  // may be empty
  AutoHybrid auto_hybrid;               // its curve is empty where it was not asked for
  int threads = 1;
};

// An environment error when this build has no reports, or the place cannot be written: to be asked before the work is done.
Status CheckReport(const std::string& path);

// `json`: what --json prints. `more`: sections of the verb's own (the ladder, a diagnosis), which come first.
[[nodiscard]] Result<report::Document> MakeReport(const ReportSource& source,
                                                  const verify::Verdict& verdict, std::string json,
                                                  std::vector<report::Section> more,
                                                  const Progress& progress);

Status WriteReport(const std::string& path, const report::Document& document);

}  // namespace plumb
