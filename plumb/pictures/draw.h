// Drawing what a detector found onto a picture.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plumb/base/picture.h"
#include "plumb/base/status.h"

namespace plumb::pictures {

struct Rgb {
  uint8_t r, g, b;
};

struct Mark {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;  // pixels of the picture
  int colour = 0;                        // a class number; every class has its own colour
  std::string text;                      // "person 0.83"; none when empty
  std::vector<float> points;             // x, y pairs, drawn as dots
  std::optional<Rgb> rgb;                // instead of the class's
};

// Of class `index`: twenty hues that stay apart, then again.
[[nodiscard]] Rgb ClassColour(int index);

// Outlines in the class's colour with a dark or light rim, text on a plate of that colour in black
// or white, whichever reads better; lines and letters grow with the picture. Later marks lie on
// earlier ones. `picture`: 3 channels.
Status DrawMarks(Picture& picture, std::span<const Mark> marks);

}  // namespace plumb::pictures
