#include "plumb/pictures/draw.h"

#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>

namespace plumb::pictures {
namespace {

constexpr Rgb kColours[] = {
    {255, 56, 56},   {0, 148, 255},   {72, 200, 40},  {255, 178, 29}, {203, 56, 255},
    {0, 212, 187},   {255, 112, 31},  {61, 80, 220},  {207, 210, 49}, {255, 55, 199},
    {26, 147, 52},   {132, 86, 255},  {146, 204, 23}, {180, 100, 60}, {0, 194, 255},
    {255, 149, 200}, {100, 115, 140}, {82, 0, 133},   {160, 30, 60},  {240, 220, 140},
};

struct Destroy {
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
  void operator()(cairo_t* c) const { cairo_destroy(c); }
};

void SetColour(cairo_t* c, Rgb colour) {
  cairo_set_source_rgb(c, colour.r / 255.0, colour.g / 255.0, colour.b / 255.0);
}

Rgb ColourOf(const Mark& mark) { return mark.rgb.value_or(ClassColour(mark.colour)); }

bool IsLight(Rgb c) { return 299 * c.r + 587 * c.g + 114 * c.b > 140 * 1000; }

void DrawLabel(cairo_t* c, const Mark& mark, double size, double line, int width, int height) {
  const Rgb colour = ColourOf(mark);
  cairo_text_extents_t extents;
  cairo_font_extents_t font;
  cairo_set_font_size(c, size);
  cairo_text_extents(c, mark.text.c_str(), &extents);
  cairo_font_extents(c, &font);
  const double pad = std::max(2.0, size * 0.2);
  const double plate_w = extents.x_advance + 2 * pad, plate_h = font.ascent + font.descent + pad;
  const double top = std::max(0.0F, mark.y1);
  // Above the box; inside it where there is no room; always within the picture.
  double y = top - plate_h - line / 2 >= 0 ? top - plate_h : top;
  y = std::clamp(y, 0.0, std::max(0.0, height - plate_h));
  const double x =
      std::clamp(static_cast<double>(mark.x1) - line / 2, 0.0, std::max(0.0, width - plate_w));
  SetColour(c, colour);
  cairo_rectangle(c, x, y, plate_w, plate_h);
  cairo_fill(c);
  SetColour(c, IsLight(colour) ? Rgb{0, 0, 0} : Rgb{255, 255, 255});
  cairo_move_to(c, x + pad, y + pad / 2 + font.ascent);
  cairo_show_text(c, mark.text.c_str());
}

void DrawOutline(cairo_t* c, const Mark& mark, double line) {
  const Rgb colour = ColourOf(mark);
  cairo_rectangle(c, mark.x1, mark.y1, mark.x2 - mark.x1, mark.y2 - mark.y1);
  const double rim = IsLight(colour) ? 0.0 : 1.0;
  cairo_set_source_rgba(c, rim, rim, rim, 0.7);
  cairo_set_line_width(c, line * 1.8);
  cairo_stroke_preserve(c);
  SetColour(c, colour);
  cairo_set_line_width(c, line);
  cairo_stroke(c);
  for (size_t k = 0; k + 1 < mark.points.size(); k += 2) {
    cairo_arc(c, mark.points[k], mark.points[k + 1], line * 1.2, 0, 2 * M_PI);
    cairo_fill(c);
  }
}

}  // namespace

Rgb ClassColour(int index) {
  const int count = static_cast<int>(std::size(kColours));
  return kColours[((index % count) + count) % count];
}

Status DrawMarks(Picture& picture, std::span<const Mark> marks) {
  if (picture.channels != 3 || picture.width < 1 || picture.height < 1 || picture.width > 32767 ||
      picture.height > 32767) {
    return UsageError("drawing: a colour picture with sides of 1 to 32767 pixels expected, found ",
                      picture.width, "x", picture.height);
  }
  const std::unique_ptr<cairo_surface_t, Destroy> surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture.width, picture.height));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) {
    return ResourceError("drawing: ", cairo_status_to_string(cairo_surface_status(surface.get())));
  }
  // One 32-bit word a pixel: 0x00RRGGBB.
  auto* words = reinterpret_cast<uint32_t*>(cairo_image_surface_get_data(surface.get()));
  const size_t stride =
      static_cast<size_t>(cairo_image_surface_get_stride(surface.get())) / sizeof(uint32_t);
  for (int y = 0; y < picture.height; ++y) {
    const uint8_t* p = picture.At(0, y);
    for (int x = 0; x < picture.width; ++x, p += 3) {
      words[static_cast<size_t>(y) * stride + static_cast<size_t>(x)] =
          static_cast<uint32_t>(p[0]) << 16 | static_cast<uint32_t>(p[1]) << 8 | p[2];
    }
  }
  cairo_surface_mark_dirty(surface.get());
  const std::unique_ptr<cairo_t, Destroy> context(cairo_create(surface.get()));
  cairo_select_font_face(context.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                         CAIRO_FONT_WEIGHT_BOLD);
  cairo_set_line_join(context.get(), CAIRO_LINE_JOIN_ROUND);
  const double side = std::sqrt(static_cast<double>(picture.width) * picture.height);
  const double line = std::max(1.0, side / 320), size = std::max(9.0, side / 42);
  std::vector<const Mark*> drawn;
  for (const Mark& mark : marks) {
    if (std::isfinite(mark.x1) && std::isfinite(mark.y1) && std::isfinite(mark.x2) &&
        std::isfinite(mark.y2)) {
      drawn.push_back(&mark);
    }
  }
  for (const Mark* mark : drawn) {
    DrawOutline(context.get(), *mark, line);
  }
  for (const Mark* mark : drawn) {  // after all outlines, so that none runs through a label
    if (!mark->text.empty()) {
      DrawLabel(context.get(), *mark, size, line, picture.width, picture.height);
    }
  }
  if (cairo_status(context.get()) != CAIRO_STATUS_SUCCESS) {
    return EnvironmentError("drawing: ", cairo_status_to_string(cairo_status(context.get())));
  }
  cairo_surface_flush(surface.get());
  for (int y = 0; y < picture.height; ++y) {
    uint8_t* p = picture.At(0, y);
    for (int x = 0; x < picture.width; ++x, p += 3) {
      const uint32_t word = words[static_cast<size_t>(y) * stride + static_cast<size_t>(x)];
      p[0] = static_cast<uint8_t>(word >> 16);
      p[1] = static_cast<uint8_t>(word >> 8);
      p[2] = static_cast<uint8_t>(word);
    }
  }
  return {};
}

}  // namespace plumb::pictures
