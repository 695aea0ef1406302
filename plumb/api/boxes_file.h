// Boxes that another program found, read from its result file.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/status.h"
#include "plumb/vision/detection.h"

namespace plumb {

// As written: corners in pixels of the picture; `label` is the file's own number of the class, or -1
// where it has a name.
struct FileBox {
  vision::Detection box;
  std::string name;       // of the class
  bool category = false;  // the number is a "category_id", as COCO results number classes
};
// By picture: the file's name without folder, or the number that COCO results give for it.
using FileBoxes = std::map<std::string, std::vector<FileBox>>;

// COCO results ([{"image_id" or "file_name", "category_id", "bbox": [x, y, w, h], "score"}...]), what
// `plumb detect --json` prints, or {"a.jpg": [[x1, y1, x2, y2, score, class]...]}, where a box may also be
// {"box": [x1, y1, x2, y2], "score", "class"} with the class's number or name.
[[nodiscard]] Result<FileBoxes> ReadBoxesFile(const std::string& path);

// The boxes of one picture: by its file name, or by the number in it ("000000000139.jpg" is 139). Null: the file does not
// name it.
[[nodiscard]] const std::vector<FileBox>* FindBoxes(const FileBoxes& boxes,
                                                    const std::string& picture);

// How the file's numbers become labels; which one is right shows by how many boxes it locates.
enum class ClassNumbers { kFromZero, kFromOne, kCoco };
// Boxes as the contract numbers classes; those whose class is unknown get label -1.
[[nodiscard]] std::vector<vision::Detection> Labelled(std::span<const FileBox> boxes,
                                                      ClassNumbers numbers,
                                                      std::span<const std::string> labels);
// The same by the file's own word: a category_id as COCO results number a contract's classes, any other
// number from zero.
[[nodiscard]] std::vector<vision::Detection> LabelledAsStated(
    std::span<const FileBox> boxes, const artifact::DecodeContract& decode);

}  // namespace plumb
