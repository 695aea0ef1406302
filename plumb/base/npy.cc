#include "plumb/base/npy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <vector>

#include "plumb/base/atomic_file.h"

namespace plumb {
namespace {

static_assert(std::endian::native == std::endian::little, "npy data is copied as it is");

constexpr std::string_view kMagic("\x93NUMPY", 6);

struct TypeCode {
  std::string_view code;  // after the byte order mark
  DType dtype;
};
constexpr TypeCode kTypes[] = {
    {"f2", DType::kF16}, {"f4", DType::kF32}, {"f8", DType::kF64}, {"i1", DType::kS8},
    {"i2", DType::kS16}, {"i4", DType::kS32}, {"i8", DType::kS64}, {"u1", DType::kU8},
    {"u2", DType::kU16}, {"u4", DType::kU32}, {"u8", DType::kU64}, {"b1", DType::kBool},
};

// Reads the header's dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  bool Parse() {
    if (!Take("{")) return false;
    while (!Take("}")) {
      std::string_view key;
      if (!Quoted(key) || !Take(":")) return false;
      if (key == "descr") {
        if (!Quoted(descr)) return false;
      } else if (key == "fortran_order") {
        if (Take("True")) {
          fortran = true;
        } else if (!Take("False")) {
          return false;
        }
      } else if (key == "shape") {
        if (!Tuple()) return false;
        have_shape = true;
      } else {
        return false;
      }
      Take(",");
    }
    return have_shape && !descr.empty();
  }

  std::string_view descr;
  bool fortran = false, have_shape = false;
  Shape shape;

 private:
  void Blanks() {
    const size_t n = rest_.find_first_not_of(" \n\t");
    rest_.remove_prefix(n == std::string_view::npos ? rest_.size() : n);
  }
  bool Take(std::string_view token) {
    Blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  bool Quoted(std::string_view& out) {
    Blanks();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return false;
    const size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return false;
    out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }
  bool Tuple() {
    if (!Take("(")) return false;
    shape.clear();
    while (!Take(")")) {
      Blanks();
      int64_t value = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
      if (error != std::errc() || value < 0 || shape.size() >= 32) return false;
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      Take("L");  // written by Python 2
      shape.push_back(value);
      if (!Take(",")) {
        if (!Take(")")) return false;
        break;
      }
    }
    return true;
  }
  std::string_view rest_;
};

std::string Errno() { return std::strerror(errno); }

}  // namespace

Result<Tensor> ParseNpy(std::span<const std::byte> data, std::string_view name) {
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  if (!text.starts_with(kMagic) || text.size() < 10) {
    return UsageError(name, ": a .npy file expected, found ",
                      data.empty() ? "an empty file" : "something else");
  }
  const int major = static_cast<uint8_t>(text[6]);
  if (major < 1 || major > 3) {
    return UsageError(name, ": .npy version 1 to 3 expected, found ", major);
  }
  const size_t length_bytes = major == 1 ? 2 : 4;
  size_t header = 0;
  for (size_t i = 0; i < length_bytes && 8 + i < text.size(); ++i) {
    header |= static_cast<size_t>(static_cast<uint8_t>(text[8 + i])) << (8 * i);
  }
  const size_t begin = 8 + length_bytes;
  if (text.size() < begin || text.size() - begin < header) {
    return UsageError(name, ": a header of ", header, " bytes expected, but the file ends after ",
                      text.size());
  }
  HeaderParser parser(text.substr(begin, header));
  if (!parser.Parse()) {
    return UsageError(name, ": the .npy header cannot be read");
  }
  const char order = parser.descr[0];
  const std::string_view code = parser.descr.substr(1);
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const TypeCode& t) { return t.code == code; });
  if (type == std::end(kTypes) || (order != '<' && order != '>' && order != '|' && order != '=')) {
    return UsageError(name, ": f2, f4, f8, i1 to i8, u1 to u8 or b1 expected, found '",
                      parser.descr, "'");
  }
  size_t count = 1;
  for (const int64_t d : parser.shape) {
    if (__builtin_mul_overflow(count, static_cast<size_t>(d), &count)) {
      return UsageError(name, ": the shape ", ShapeToString(parser.shape),
                        " is larger than memory");
    }
  }
  if (parser.fortran && std::count_if(parser.shape.begin(), parser.shape.end(),
                                      [](int64_t d) { return d > 1; }) > 1) {
    return UsageError(name,
                      ": C order expected, found Fortran order; save numpy.ascontiguousarray(x)");
  }
  const size_t size = DTypeSize(type->dtype), have = text.size() - begin - header;
  size_t want = 0;
  if (__builtin_mul_overflow(count, size, &want) || want != have) {
    return UsageError(name, ": ", ShapeToString(parser.shape), " of ", DTypeName(type->dtype),
                      " needs ", count, " x ", size, " bytes, found ", have);
  }
  Tensor tensor(type->dtype, parser.shape);
  auto* out = static_cast<std::byte*>(tensor.raw());
  const std::byte* in = data.data() + begin + header;
  if (want > 0) {
    std::memcpy(out, in, want);
  }
  if (order == '>' && size > 1) {
    for (size_t i = 0; i < want; i += size) {
      std::reverse(out + i, out + i + size);
    }
  }
  if (type->dtype == DType::kBool) {  // another byte would be no bool
    std::transform(out, out + want, out,
                   [](std::byte b) { return b == std::byte{0} ? b : std::byte{1}; });
  }
  return tensor;
}

Result<Tensor> ReadNpy(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> data, ReadFileBytes(path));
  return ParseNpy(data, path);
}

std::string FormatNpy(const ConstTensorView& tensor) {
  const DType stored = tensor.dtype == DType::kBF16 ? DType::kF32 : tensor.dtype;
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const TypeCode& t) { return t.dtype == stored; });
  PLUMB_CHECK(type != std::end(kTypes)) << "no .npy type for " << DTypeName(tensor.dtype);
  std::string header = StrCat("{'descr': '", DTypeSize(stored) == 1 ? '|' : '<', type->code,
                              "', 'fortran_order': False, 'shape': (");
  for (const int64_t d : tensor.shape) {
    header += StrCat(d, ", ");
  }
  if (tensor.shape.size() > 1) {
    header.resize(header.size() - 2);
  } else if (tensor.shape.size() == 1) {
    header.resize(header.size() - 1);
  }
  header += "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');  // data starts at a multiple of 64
  header += '\n';
  std::string out(kMagic);
  out += {'\x01', '\x00', static_cast<char>(header.size() & 0xFF),
          static_cast<char>(header.size() >> 8)};
  out += header;
  if (tensor.dtype == DType::kBF16) {
    const auto* half = static_cast<const uint16_t*>(tensor.raw);
    for (int64_t i = 0; i < tensor.size(); ++i) {
      const uint32_t bits = static_cast<uint32_t>(half[i]) << 16;
      out.append(reinterpret_cast<const char*>(&bits), sizeof(bits));
    }
  } else if (tensor.bytes() > 0) {
    out.append(static_cast<const char*>(tensor.raw), tensor.bytes());
  }
  return out;
}

Status WriteNpy(const std::string& path, const ConstTensorView& tensor) {
  return WriteFileAtomically(path, FormatNpy(tensor));
}

Result<std::vector<std::byte>> ReadFileBytes(const std::string& path, uint64_t limit) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return UsageError(path, ": cannot be read: ", Errno());
  }
  struct stat info {};
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(file);
    return UsageError(path, ": a file expected, found ",
                      S_ISDIR(info.st_mode) ? "a folder" : "something else");
  }
  if (static_cast<uint64_t>(info.st_size) > limit) {
    ::close(file);
    return ResourceError(path, ": at most ", limit, " bytes expected, found ", info.st_size);
  }
  std::vector<std::byte> data(static_cast<size_t>(info.st_size));
  size_t done = 0;
  while (done < data.size()) {
    const ssize_t n = ::read(file, data.data() + done, data.size() - done);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      const std::string reason = n < 0 ? Errno() : "the file became shorter";
      ::close(file);
      return EnvironmentError(path, ": cannot be read: ", reason);
    }
    done += static_cast<size_t>(n);
  }
  ::close(file);
  return data;
}

Status WriteFileAtomically(const std::string& path, std::string_view data) {
  PLUMB_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  PLUMB_RETURN_IF_ERROR(file.Write(data));
  return file.Commit();
}

}  // namespace plumb
