// Provenance: how an artifact was made. Nothing that depends on the host enters it: no time, no
// path, no thread count.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace plumb::artifact {

struct FileDigest {
  std::string name;    // without its folder
  std::string sha256;  // 64 hexadecimal digits, lower case
  bool operator==(const FileDigest&) const = default;
};

struct Provenance {
  std::string tool;     // "plumb"
  std::string version;  // its release
  std::string commit;   // of its source
  FileDigest model;
  std::vector<FileDigest> calibration;  // in the order of use
  std::vector<std::pair<std::string, std::string>>
      options;                               // every effective one, in a fixed order
  std::vector<std::string> passes;           // that ran, in order
  std::map<std::string, std::string> notes;  // what has no field of its own yet
  bool operator==(const Provenance&) const = default;
};

}  // namespace plumb::artifact
