// Where frames come from.
#include <cstring>

#include "plumb/api/frames.h"
#include "plumb/pictures/read_picture.h"

namespace plumb {
namespace {

constexpr size_t kMaxFrameBytes = size_t{1} << 30;

class Files final : public FrameSource {
 public:
  explicit Files(std::vector<std::string> files) : files_(std::move(files)) {}
  Result<std::optional<Frame>> Next() override {
    if (next_ == files_.size()) {
      return std::optional<Frame>();
    }
    const std::string& path = files_[next_++];
    PLUMB_ASSIGN_OR_RETURN(Picture picture, pictures::ReadPicture(path));
    return std::optional<Frame>({path, std::move(picture)});
  }

 private:
  std::vector<std::string> files_;
  size_t next_ = 0;
};

class Raw final : public FrameSource {
 public:
  Raw(std::istream& stream, int width, int height)
      : stream_(stream), width_(width), height_(height) {}
  Result<std::optional<Frame>> Next() override {
    Frame frame{StrCat("frame ", count_), Picture(width_, height_, 3)};
    const auto bytes = static_cast<std::streamsize>(frame.picture.pixels.size());
    stream_.read(reinterpret_cast<char*>(frame.picture.pixels.data()), bytes);
    if (stream_.gcount() == 0) {
      return std::optional<Frame>();
    }
    if (stream_.gcount() != bytes) {
      return UsageError(frame.name, ": ", bytes, " bytes of ", width_, "x", height_,
                        " R, G, B pixels expected, the stream ends after ", stream_.gcount());
    }
    ++count_;
    return std::optional<Frame>(std::move(frame));
  }

 private:
  std::istream& stream_;
  int width_, height_;
  int64_t count_ = 0;
};

// Takes one picture after another off a stream by the lengths that its format states.
class Encoded final : public FrameSource {
 public:
  explicit Encoded(std::istream& stream) : stream_(stream) {}

  Result<std::optional<Frame>> Next() override {
    data_.clear();
    if (stream_.peek() == std::istream::traits_type::eof()) {
      return std::optional<Frame>();
    }
    const std::string name = StrCat("frame ", count_++);
    const bool whole = Read(2) && (Is(0, "\xFF\xD8") ? ReadJpeg()
                                   : Is(0, "\x89P")  ? ReadPng()
                                   : Is(0, "BM")     ? ReadBmp()
                                                     : true);
    if (!whole) {
      return UsageError(name,
                        ": the stream ends, or goes wrong, in the middle of a picture, after ",
                        data_.size(), " bytes of it");
    }
    PLUMB_ASSIGN_OR_RETURN(Picture picture,
                           pictures::DecodePicture(std::as_bytes(std::span(data_)), name));
    return std::optional<Frame>({name, std::move(picture)});
  }

 private:
  // Appends n bytes of the stream.
  bool Read(size_t n) {
    const size_t at = data_.size();
    if (n > kMaxFrameBytes - at) {
      return false;
    }
    // In steps, so that a length that lies does not cost its memory.
    for (size_t done = 0; done < n;) {
      const size_t step = std::min<size_t>(n - done, size_t{1} << 20);
      data_.resize(at + done + step);
      stream_.read(data_.data() + at + done, static_cast<std::streamsize>(step));
      if (static_cast<size_t>(stream_.gcount()) != step) {
        return false;
      }
      done += step;
    }
    return true;
  }
  [[nodiscard]] bool Is(size_t at, const char* text) const {
    return std::memcmp(data_.data() + at, text, std::strlen(text)) == 0;
  }
  [[nodiscard]] size_t Byte(size_t at) const { return static_cast<unsigned char>(data_[at]); }

  // Markers with their lengths; behind a scan's header, coded bytes up to the next marker that is
  // neither stuffing nor a restart.
  bool ReadJpeg() {
    while (true) {
      if (!Read(1) || Byte(data_.size() - 1) != 0xFF) {
        return false;
      }
      size_t marker = 0xFF;
      while (marker == 0xFF) {
        if (!Read(1)) {
          return false;
        }
        marker = Byte(data_.size() - 1);
      }
      while (marker == 0xDA) {
        if (!Segment()) {
          return false;
        }
        marker = SkipScan();
      }
      if (marker == 0xD9) {
        return true;
      }
      if (marker == 0 || (marker != 0x01 && (marker < 0xD0 || marker > 0xD7) && !Segment())) {
        return false;
      }
    }
  }
  bool Segment() {
    if (!Read(2)) {
      return false;
    }
    const size_t length = Byte(data_.size() - 2) << 8 | Byte(data_.size() - 1);
    return length >= 2 && Read(length - 2);
  }
  // The marker behind the scan; 0 when the stream ends.
  size_t SkipScan() {
    char c = 0;
    bool after_ff = false;
    while (data_.size() < kMaxFrameBytes && stream_.get(c)) {
      data_.push_back(c);
      const auto byte = static_cast<unsigned char>(c);
      if (after_ff && byte != 0 && byte != 0xFF && (byte < 0xD0 || byte > 0xD7)) {
        return byte;
      }
      after_ff = byte == 0xFF;
    }
    return 0;
  }

  bool ReadPng() {
    if (!Read(6)) {
      return false;
    }
    while (true) {
      if (!Read(8)) {
        return false;
      }
      const size_t at = data_.size() - 8;
      const size_t length = Byte(at) << 24 | Byte(at + 1) << 16 | Byte(at + 2) << 8 | Byte(at + 3);
      const bool last = Is(at + 4, "IEND");
      if (!Read(length + 4)) {
        return false;
      }
      if (last) {
        return true;
      }
    }
  }

  bool ReadBmp() {
    if (!Read(4)) {
      return false;
    }
    const size_t bytes = Byte(2) | Byte(3) << 8 | Byte(4) << 16 | Byte(5) << 24;
    return bytes >= 6 && Read(bytes - 6);
  }

  std::istream& stream_;
  std::string data_;
  int64_t count_ = 0;
};

}  // namespace

std::unique_ptr<FrameSource> FramesOfFiles(std::vector<std::string> files) {
  return std::make_unique<Files>(std::move(files));
}
std::unique_ptr<FrameSource> FramesOfStream(std::istream& stream) {
  return std::make_unique<Encoded>(stream);
}
std::unique_ptr<FrameSource> FramesOfRawStream(std::istream& stream, int width, int height) {
  return std::make_unique<Raw>(stream, width, height);
}

}  // namespace plumb
