#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "plumb/pictures/formats.h"
// After <cstdio>: the library's header needs FILE.
#include <jpeglib.h>
// After jpeglib.h.
#include <jerror.h>

#include "plumb/pictures/write_picture.h"

namespace plumb::pictures {
namespace {

// A progressive file of a few bytes a scan could keep a reader busy for hours.
constexpr int kMaxScans = 500;

// libjpeg reports errors by a function that must not return: it jumps back to the setjmp below.
struct ErrorManager {
  jpeg_error_mgr base;  // first, so that the library's pointer is ours
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void OnError(j_common_ptr info) {
  auto* manager = reinterpret_cast<ErrorManager*>(info->err);
  info->err->format_message(info, manager->message);
  std::longjmp(manager->jump, 1);
}

// Harmless oddities are passed over; what means lost or wrong pixels is an error.
void OnMessage(j_common_ptr info, int level) {
  if (level >= 0) {
    return;
  }
  switch (info->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
      return;
    default:
      OnError(info);
  }
}

void OnProgress(j_common_ptr info) {
  if (info->is_decompressor != 0) {
    auto* cinfo = reinterpret_cast<j_decompress_ptr>(info);
    if (cinfo->input_scan_number > kMaxScans) {
      auto* manager = reinterpret_cast<ErrorManager*>(info->err);
      std::strcpy(manager->message, "more than 500 scans");
      std::longjmp(manager->jump, 1);
    }
  }
}

void SetUp(ErrorManager& manager) {
  jpeg_std_error(&manager.base);
  manager.base.error_exit = OnError;
  manager.base.emit_message = OnMessage;
  manager.message[0] = '\0';
}

// CMYK as Adobe writes it: inverted, 255 is no ink.
void FromCmyk(const uint8_t* row, int width, bool inverted, uint8_t* out) {
  for (int x = 0; x < width; ++x, row += 4, out += 3) {
    const int flip = inverted ? 0 : 255;
    const int k = row[3] ^ flip;
    for (int c = 0; c < 3; ++c) {
      out[c] = static_cast<uint8_t>(k - (((255 - (row[c] ^ flip)) * k) >> 8));
    }
  }
}

// All that changes between setjmp and longjmp; the caller owns it, so that nothing of it lives in
// registers.
struct DecodeState {
  ErrorManager manager;
  jpeg_progress_mgr progress = {};
  jpeg_decompress_struct cinfo = {};
  Picture picture;
  std::vector<uint8_t> cmyk;
  Status size;
  int orientation = 1;
};

// Whether the picture was read; if not, `size` or the manager's message says why.
[[gnu::noinline]] bool Decode(std::span<const std::byte> data, const std::string& name,
                              DecodeState& s) {
  if (setjmp(s.manager.jump) != 0) {  // NOLINT: the library's way of reporting errors
    return false;
  }
  jpeg_create_decompress(&s.cinfo);
  s.cinfo.progress = &s.progress;
  jpeg_mem_src(&s.cinfo, reinterpret_cast<const unsigned char*>(data.data()),
               static_cast<unsigned long>(data.size()));
  jpeg_save_markers(&s.cinfo, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&s.cinfo, TRUE);
  for (const jpeg_marker_struct* m = s.cinfo.marker_list; m != nullptr; m = m->next) {
    if (m->marker == JPEG_APP0 + 1 && m->data_length > 6 &&
        std::memcmp(m->data, "Exif\0\0", 6) == 0) {
      s.orientation =
          ExifOrientation({reinterpret_cast<const std::byte*>(m->data) + 6, m->data_length - 6});
      break;
    }
  }
  s.size = CheckSize(name, s.cinfo.image_width, s.cinfo.image_height);
  if (!s.size.ok()) {
    return false;
  }
  const bool four = s.cinfo.num_components == 4;
  s.cinfo.out_color_space = four ? JCS_CMYK : JCS_RGB;
  s.cinfo.dct_method = JDCT_ISLOW;
  s.cinfo.do_fancy_upsampling = TRUE;
  jpeg_start_decompress(&s.cinfo);
  s.picture =
      Picture(static_cast<int>(s.cinfo.output_width), static_cast<int>(s.cinfo.output_height), 3);
  s.cmyk.resize(four ? static_cast<size_t>(s.picture.width) * 4 : 0);
  while (s.cinfo.output_scanline < s.cinfo.output_height) {
    uint8_t* out = s.picture.At(0, static_cast<int>(s.cinfo.output_scanline));
    JSAMPROW row = four ? s.cmyk.data() : out;
    jpeg_read_scanlines(&s.cinfo, &row, 1);
    if (four) {
      FromCmyk(s.cmyk.data(), s.picture.width, s.cinfo.saw_Adobe_marker != 0, out);
    }
  }
  jpeg_finish_decompress(&s.cinfo);
  return true;
}

struct EncodeState {
  ErrorManager manager;
  jpeg_compress_struct cinfo = {};
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
};

[[gnu::noinline]] bool Encode(const Picture& picture, int quality, EncodeState& s) {
  if (setjmp(s.manager.jump) != 0) {  // NOLINT
    return false;
  }
  jpeg_create_compress(&s.cinfo);
  jpeg_mem_dest(&s.cinfo, &s.buffer, &s.size);
  s.cinfo.image_width = static_cast<JDIMENSION>(picture.width);
  s.cinfo.image_height = static_cast<JDIMENSION>(picture.height);
  s.cinfo.input_components = picture.channels;
  s.cinfo.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&s.cinfo);
  jpeg_set_quality(&s.cinfo, quality, TRUE);
  s.cinfo.dct_method = JDCT_ISLOW;
  jpeg_start_compress(&s.cinfo, TRUE);
  while (s.cinfo.next_scanline < s.cinfo.image_height) {
    JSAMPROW row = const_cast<uint8_t*>(picture.At(0, static_cast<int>(s.cinfo.next_scanline)));
    jpeg_write_scanlines(&s.cinfo, &row, 1);
  }
  jpeg_finish_compress(&s.cinfo);
  return true;
}

}  // namespace

Result<Picture> DecodeJpeg(std::span<const std::byte> data, const std::string& name) {
  const auto state = std::make_unique<DecodeState>();
  SetUp(state->manager);
  state->progress.progress_monitor = OnProgress;
  state->cinfo.err = &state->manager.base;
  const bool read = Decode(data, name, *state);
  jpeg_destroy_decompress(&state->cinfo);
  if (!state->size.ok()) {
    return state->size;
  }
  if (!read) {
    return UsageError(name, ": a damaged or truncated JPEG file: ", state->manager.message);
  }
  return Upright(std::move(state->picture), state->orientation);
}

Result<std::string> EncodeJpeg(const Picture& picture, int quality) {
  const auto state = std::make_unique<EncodeState>();
  SetUp(state->manager);
  state->cinfo.err = &state->manager.base;
  const bool written = Encode(picture, quality, *state);
  jpeg_destroy_compress(&state->cinfo);
  const std::unique_ptr<unsigned char, decltype(&std::free)> buffer(state->buffer, &std::free);
  if (!written) {
    return EnvironmentError("a picture of ", picture.width, "x", picture.height,
                            " cannot be written as JPEG: ", state->manager.message);
  }
  return std::string(reinterpret_cast<const char*>(buffer.get()), state->size);
}

}  // namespace plumb::pictures
