#include "plumb/api/lock_files.h"

#include <algorithm>
#include <optional>

#include "plumb/artifact/writer.h"
#include "plumb/base/atomic_file.h"

namespace plumb {
namespace {

Lock LockOf(const artifact::Artifact& made, const artifact::WrittenArtifact& written,
            const compile::NamedStats& ranges) {
  Lock lock;
  lock.provenance = made.provenance;
  lock.artifact_bytes = written.container.file_size;
  lock.artifact_sha256 = ToHex(written.sha256);
  lock.sections = SectionsOf(written.container);
  lock.ranges = ranges;
  lock.quality = made.quality;
  lock.golden = made.golden;
  return lock;
}

}  // namespace

Result<size_t> WriteArtifactAndLock(const artifact::Artifact& made, const std::string& path,
                                    const compile::NamedStats& ranges,
                                    const std::string& lock_path) {
  PLUMB_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  PLUMB_ASSIGN_OR_RETURN(const artifact::WrittenArtifact written,
                         artifact::WriteArtifact(made, file));
  std::optional<AtomicFile> lock;
  if (!lock_path.empty()) {
    PLUMB_ASSIGN_OR_RETURN(AtomicFile beside, AtomicFile::Create(lock_path));
    PLUMB_RETURN_IF_ERROR(beside.Write(LockText(LockOf(made, written, ranges))));
    PLUMB_RETURN_IF_ERROR(beside.Prepare());
    lock.emplace(std::move(beside));
  }
  PLUMB_RETURN_IF_ERROR(file.Commit());
  if (lock) {
    PLUMB_RETURN_IF_ERROR(lock->Commit());
  }
  return static_cast<size_t>(written.container.file_size);
}

Result<std::string> DifferenceFromLock(const artifact::Artifact& made, const Lock& lock) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, artifact::SerializeArtifact(made));
  PLUMB_ASSIGN_OR_RETURN(const artifact::Container container, artifact::ParseContainer(bytes));
  const std::vector<LockSection> sections = SectionsOf(container);
  for (const LockSection& section : sections) {
    const auto stated = std::find_if(lock.sections.begin(), lock.sections.end(),
                                     [&](const auto& s) { return s.name == section.name; });
    if (stated == lock.sections.end()) {
      return StrCat("section ", section.name, ": not in the lock");
    }
    if (!(*stated == section)) {
      return StrCat("section ", section.name, ": ", section.bytes, " bytes, SHA-256 ",
                    section.sha256.substr(0, 12), "..; in the lock ", stated->bytes,
                    " bytes, SHA-256 ", stated->sha256.substr(0, 12), "..");
    }
  }
  if (sections.size() != lock.sections.size()) {
    return StrCat("the lock states ", lock.sections.size(), " sections, the artifact has ",
                  sections.size());
  }
  if (ToHex(Sha256::Of(bytes)) != lock.artifact_sha256) {
    return std::string("the file around the sections");
  }
  return std::string();
}

}  // namespace plumb
