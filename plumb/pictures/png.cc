#include <png.h>

#include <csetjmp>
#include <cstring>
#include <memory>

#include "plumb/pictures/formats.h"
#include "plumb/pictures/write_picture.h"

namespace plumb::pictures {
namespace {

// As in jpeg.cc: errors jump back to the setjmp.
struct Errors {
  char message[128] = "";
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  auto* errors = static_cast<Errors*>(png_get_error_ptr(png));
  std::strncpy(errors->message, message, sizeof(errors->message) - 1);
  png_longjmp(png, 1);
}
void OnWarning(png_structp, png_const_charp) {}

struct Source {
  const std::byte* data;
  size_t left;
};

void ReadData(png_structp png, png_bytep out, size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->left) {
    png_error(png, "the file ends early");
  }
  std::memcpy(out, source->data, count);
  source->data += count;
  source->left -= count;
}

void AppendData(png_structp png, png_bytep in, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(in), count);
}
void NoFlush(png_structp) {}

// All that changes between setjmp and longjmp; the caller owns it, so that nothing of it lives in
// registers.
struct DecodeState {
  Errors errors;
  Source source;
  png_structp png = nullptr;
  png_infop info = nullptr;
  Picture picture;
  std::vector<png_bytep> rows;
  Status size;
  int orientation = 1;
};

// Whether the picture was read; if not, `size` or the message in `errors` says why.
[[gnu::noinline]] bool Decode(const std::string& name, DecodeState& s) {
  if (setjmp(png_jmpbuf(s.png)) != 0) {  // NOLINT: the library's way of reporting errors
    return false;
  }
  png_set_read_fn(s.png, &s.source, ReadData);
  png_set_user_limits(s.png, 0x7FFFFFFF, 0x7FFFFFFF);  // CheckSize has the limits that count
  png_read_info(s.png, s.info);
  s.size = CheckSize(name, png_get_image_width(s.png, s.info), png_get_image_height(s.png, s.info));
  if (!s.size.ok()) {
    return false;
  }
  png_set_strip_16(s.png);
  png_set_expand(s.png);  // palettes, fewer than 8 bits, transparency to alpha
  png_set_gray_to_rgb(s.png);
  png_set_strip_alpha(s.png);
  png_set_interlace_handling(s.png);
  png_read_update_info(s.png, s.info);
  s.picture = Picture(static_cast<int>(png_get_image_width(s.png, s.info)),
                      static_cast<int>(png_get_image_height(s.png, s.info)), 3);
  if (png_get_rowbytes(s.png, s.info) != static_cast<size_t>(s.picture.width) * 3) {
    png_error(s.png, "an unknown pixel form");
  }
  s.rows.resize(static_cast<size_t>(s.picture.height));
  for (int y = 0; y < s.picture.height; ++y) {
    s.rows[static_cast<size_t>(y)] = s.picture.At(0, y);
  }
  png_read_image(s.png, s.rows.data());
  png_read_end(s.png, s.info);
#ifdef PNG_eXIf_SUPPORTED
  png_uint_32 exif_size = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(s.png, s.info, &exif_size, &exif) != 0) {
    s.orientation = ExifOrientation({reinterpret_cast<const std::byte*>(exif), exif_size});
  }
#endif
  return true;
}

struct EncodeState {
  Errors errors;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string out;
};

[[gnu::noinline]] bool Encode(const Picture& picture, EncodeState& s) {
  if (setjmp(png_jmpbuf(s.png)) != 0) {  // NOLINT
    return false;
  }
  png_set_write_fn(s.png, &s.out, AppendData, NoFlush);
  png_set_IHDR(s.png, s.info, static_cast<png_uint_32>(picture.width),
               static_cast<png_uint_32>(picture.height), 8,
               picture.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(s.png, s.info);
  for (int y = 0; y < picture.height; ++y) {
    png_write_row(s.png, picture.At(0, y));
  }
  png_write_end(s.png, s.info);
  return true;
}

}  // namespace

Result<Picture> DecodePng(std::span<const std::byte> data, const std::string& name) {
  const auto state = std::make_unique<DecodeState>();
  state->source = {data.data(), data.size()};
  state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state->errors, OnError, OnWarning);
  state->info = state->png == nullptr ? nullptr : png_create_info_struct(state->png);
  if (state->info == nullptr) {
    png_destroy_read_struct(&state->png, nullptr, nullptr);
    return ResourceError(name, ": no memory for the PNG reader");
  }
  const bool read = Decode(name, *state);
  png_destroy_read_struct(&state->png, &state->info, nullptr);
  if (!state->size.ok()) {
    return state->size;
  }
  if (!read) {
    return UsageError(name, ": a damaged or truncated PNG file: ", state->errors.message);
  }
  return Upright(std::move(state->picture), state->orientation);
}

Result<std::string> EncodePng(const Picture& picture) {
  const auto state = std::make_unique<EncodeState>();
  state->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state->errors, OnError, OnWarning);
  state->info = state->png == nullptr ? nullptr : png_create_info_struct(state->png);
  if (state->info == nullptr) {
    png_destroy_write_struct(&state->png, nullptr);
    return ResourceError("no memory for the PNG writer");
  }
  const bool written = Encode(picture, *state);
  png_destroy_write_struct(&state->png, &state->info);
  if (!written) {
    return EnvironmentError("a picture of ", picture.width, "x", picture.height,
                            " cannot be written as PNG: ", state->errors.message);
  }
  return std::move(state->out);
}

}  // namespace plumb::pictures
