// Two sets of boxes on one picture: what both found, and what only one did.
#pragma once

#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"
#include "plumb/report/document.h"
#include "plumb/vision/detection.h"

namespace plumb {

// Whose boxes they are, and the contract with the names of their classes.
struct BoxSide {
  std::string title;
  const artifact::DecodeContract* decode = nullptr;
};

class BoxDifference {
 public:
  // Both in pixels of the picture that is drawn on.
  BoxDifference(std::vector<vision::Detection> wanted, std::vector<vision::Detection> found);

  // Scores lost, added and shifted, summed.
  [[nodiscard]] double size() const { return size_; }
  // Three pictures: the wanted boxes, the found ones, the difference.
  [[nodiscard]] Result<report::Images> Draw(const Picture& picture, std::string title,
                                            const BoxSide& wanted, const BoxSide& found) const;

 private:
  std::vector<vision::Detection> wanted_, found_;
  std::vector<int> partner_;  // of each wanted: index in found, or -1
  std::vector<bool> taken_;   // of each found
  double size_ = 0;
};

}  // namespace plumb
