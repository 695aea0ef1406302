#include <charconv>
#include <cstring>

#include "plumb/ir/text.h"

namespace plumb::ir {
namespace {

class Parser {
 public:
  Parser(std::string_view text, std::span<const std::byte> blob) : text_(text), blob_(blob) {}

  Result<Graph> Run() {
    while (true) {
      SkipSpace();
      if (at_ == text_.size()) {
        return std::move(graph_);
      }
      if (const Status status = Statement(); !status.ok()) {
        return status.WithContext(StrCat("line ", line_));
      }
    }
  }

 private:
  // --- characters ---
  void SkipSpace() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') {
          ++at_;
        }
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        line_ += c == '\n';
        ++at_;
      } else {
        return;
      }
    }
  }
  [[nodiscard]] char Peek() {
    SkipSpace();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Accept(char c) {
    if (Peek() != c) {
      return false;
    }
    ++at_;
    return true;
  }
  Status Expect(char c) {
    if (Accept(c)) {
      return {};
    }
    return InvalidModel("expected '", c, "', found ", Found());
  }
  [[nodiscard]] std::string Found() {
    SkipSpace();
    return at_ < text_.size()
               ? StrCat("'", text_.substr(at_, text_.substr(at_, 20).find('\n')), "'")
               : "the end";
  }
  static bool IsWord(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
  }
  std::string_view Word() {
    SkipSpace();
    const size_t begin = at_;
    while (at_ < text_.size() && IsWord(text_[at_])) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }
  bool AcceptWord(std::string_view word) {
    SkipSpace();
    if (text_.substr(at_, word.size()) != word ||
        (at_ + word.size() < text_.size() && IsWord(text_[at_ + word.size()]))) {
      return false;
    }
    at_ += word.size();
    return true;
  }
  Result<std::string> String() {
    PLUMB_RETURN_IF_ERROR(Expect('"'));
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      char c = text_[at_++];
      line_ += c == '\n';
      if (c == '\\' && at_ < text_.size()) {
        c = text_[at_++];
        c = c == 'n' ? '\n' : c;
      }
      out += c;
    }
    PLUMB_RETURN_IF_ERROR(Expect('"'));
    return out;
  }
  // A number's characters, with sign, point, exponent; or inf, nan.
  std::string_view NumberText() {
    SkipSpace();
    const size_t begin = at_;
    while (at_ < text_.size() && (IsWord(text_[at_]) || text_[at_] == '-' || text_[at_] == '+')) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }
  template <typename T>
  Result<T> Number() {
    const std::string_view digits = NumberText();
    T value{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      return InvalidModel("expected a number of its type, found '", digits, "'");
    }
    return value;
  }
  Result<std::string> Name() {
    PLUMB_RETURN_IF_ERROR(Expect('%'));
    if (Peek() == '"') {
      return String();
    }
    const std::string_view word = Word();
    if (word.empty()) {
      return InvalidModel("expected a name after %, found ", Found());
    }
    return std::string(word);
  }
  Result<ValueId> KnownValue() {
    PLUMB_ASSIGN_OR_RETURN(const std::string name, Name());
    const std::optional<ValueId> id = graph_.FindValue(name);
    if (!id) {
      return InvalidModel("value '", name, "' is used before it is declared");
    }
    return *id;
  }

  // --- parts ---
  struct Declared {
    std::string name;
    TensorType type;
    Quantization grid;
  };
  Result<DType> ElementType() {
    const std::string_view word = Word();
    if (word == "none") {
      return DType::kNone;
    }
    const std::optional<DType> type = DTypeFromName(word);
    if (!type) {
      return InvalidModel("expected an element type, found '", word, "'");
    }
    return *type;
  }
  Result<Dim> OneDim() {
    if (Peek() == '"') {
      PLUMB_ASSIGN_OR_RETURN(std::string symbol, String());
      return Dim{-1, std::move(symbol)};
    }
    if (Accept('?')) {
      return Dim{};
    }
    Dim dim;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), dim.size);
    if (error != std::errc() || dim.size < 0) {
      return InvalidModel("expected a dimension, found ", Found());
    }
    at_ = static_cast<size_t>(end - text_.data());
    return dim;
  }
  Result<TensorType> Type() {
    TensorType type;
    PLUMB_ASSIGN_OR_RETURN(type.dtype, ElementType());
    PLUMB_RETURN_IF_ERROR(Expect('['));
    if (Accept('*')) {
      PLUMB_RETURN_IF_ERROR(Expect(']'));
      return type;
    }
    type.ranked = true;
    while (!Accept(']')) {
      if (!type.dims.empty()) {
        PLUMB_RETURN_IF_ERROR(Expect('x'));
      }
      PLUMB_ASSIGN_OR_RETURN(Dim dim, OneDim());
      type.dims.push_back(std::move(dim));
    }
    return type;
  }
  template <typename T>
  Status Numbers(std::vector<T>& list) {
    PLUMB_RETURN_IF_ERROR(Expect('('));
    while (!Accept(')')) {
      if (!list.empty()) {
        PLUMB_RETURN_IF_ERROR(Expect(','));
      }
      PLUMB_ASSIGN_OR_RETURN(const T value, Number<T>());
      list.push_back(value);
    }
    return {};
  }
  Result<Declared> Declaration() {
    Declared declared;
    PLUMB_ASSIGN_OR_RETURN(declared.name, Name());
    if (graph_.FindValue(declared.name)) {
      return InvalidModel("value '", declared.name, "' is declared twice");
    }
    PLUMB_RETURN_IF_ERROR(Expect(':'));
    PLUMB_ASSIGN_OR_RETURN(declared.type, Type());
    if (AcceptWord("scale")) {
      PLUMB_RETURN_IF_ERROR(Numbers(declared.grid.scale));
      if (AcceptWord("zero_point")) {
        PLUMB_RETURN_IF_ERROR(Numbers(declared.grid.zero_point));
      }
      if (AcceptWord("axis")) {
        PLUMB_RETURN_IF_ERROR(Expect('('));
        PLUMB_ASSIGN_OR_RETURN(declared.grid.axis, Number<int>());
        PLUMB_RETURN_IF_ERROR(Expect(')'));
      }
    }
    return declared;
  }
  Result<Attribute> List(std::string_view kind) {
    PLUMB_RETURN_IF_ERROR(Expect('['));
    std::vector<Attribute> items;
    while (!Accept(']')) {
      if (!items.empty()) {
        PLUMB_RETURN_IF_ERROR(Expect(','));
      }
      if (Peek() == '[' || AcceptWord("ints") || AcceptWord("floats") || AcceptWord("strings")) {
        return InvalidModel("a list of lists");
      }
      PLUMB_ASSIGN_OR_RETURN(Attribute item, AttributeValue());
      if (!items.empty() && item.index() != items[0].index()) {
        return InvalidModel("a list of mixed types");
      }
      items.push_back(std::move(item));
    }
    const auto as = [&]<typename T>(T) {
      std::vector<T> list;
      for (Attribute& item : items) {
        if (T* value = std::get_if<T>(&item)) {
          list.push_back(std::move(*value));
        }
      }
      return Attribute(std::move(list));
    };
    const size_t index = !items.empty()      ? items[0].index()
                         : kind == "floats"  ? 1
                         : kind == "strings" ? 2
                                             : 0;
    return index == 0 ? as(int64_t{}) : index == 1 ? as(float{}) : as(std::string{});
  }
  Result<Attribute> AttributeValue() {
    const char c = Peek();
    if (c == '"') {
      PLUMB_ASSIGN_OR_RETURN(std::string text, String());
      return Attribute(std::move(text));
    }
    for (std::string_view kind : {"ints", "floats", "strings"}) {
      if (AcceptWord(kind)) {
        return List(kind);
      }
    }
    if (c == '[') {
      return List("ints");
    }
    const size_t begin = at_;
    const std::string_view digits = NumberText();
    at_ = begin;
    if (digits.find_first_of(".eni") == std::string_view::npos) {
      PLUMB_ASSIGN_OR_RETURN(const int64_t value, Number<int64_t>());
      return Attribute(value);
    }
    PLUMB_ASSIGN_OR_RETURN(const float value, Number<float>());
    return Attribute(value);
  }
  Result<Attributes> AttributeList() {
    Attributes attributes;
    if (!Accept('{')) {
      return attributes;
    }
    while (!Accept('}')) {
      if (attributes.size() > 0) {
        PLUMB_RETURN_IF_ERROR(Expect(','));
      }
      const std::string name(Word());
      PLUMB_RETURN_IF_ERROR(Expect('='));
      PLUMB_ASSIGN_OR_RETURN(Attribute value, AttributeValue());
      attributes.Set(name, std::move(value));
    }
    return attributes;
  }

  // --- constants ---
  Status ReadElement(Tensor& tensor, int64_t i) {
    const auto store = [&]<typename T>(T) -> Status {
      PLUMB_ASSIGN_OR_RETURN(const T value, Number<T>());
      std::memcpy(static_cast<std::byte*>(tensor.raw()) + static_cast<size_t>(i) * sizeof(T),
                  &value, sizeof(T));
      return {};
    };
    switch (tensor.dtype()) {
      case DType::kF32:
        return store(float{});
      case DType::kF64:
        return store(double{});
      case DType::kS8:
        return store(int8_t{});
      case DType::kU8:
      case DType::kBool:
        return store(uint8_t{});
      case DType::kS16:
        return store(int16_t{});
      case DType::kU16:
      case DType::kF16:
      case DType::kBF16:
        return store(uint16_t{});
      case DType::kS32:
        return store(int32_t{});
      case DType::kU32:
        return store(uint32_t{});
      case DType::kS64:
        return store(int64_t{});
      case DType::kU64:
        return store(uint64_t{});
      case DType::kNone:
        break;
    }
    return InvalidModel("a constant without an element type");
  }
  Result<Tensor> Contents(const TensorType& type) {
    constexpr int64_t kMostBytes = int64_t{1} << 34;
    int64_t bytes = static_cast<int64_t>(DTypeSize(type.dtype));
    for (const Dim& dim : type.dims) {
      if (dim.size < 0 || (dim.size > 0 && bytes > kMostBytes / dim.size)) {
        return InvalidModel("constant of type ", type.ToString(),
                            "; expected known sizes of at most 16 GiB together");
      }
      bytes *= dim.size;
    }
    if (!type.known()) {
      return InvalidModel("constant of type ", type.ToString(), "; expected a known one");
    }
    if (AcceptWord("omitted")) {
      return InvalidModel("the elements of this constant were left out when the text was printed");
    }
    // What the text cannot hold is not made room for: an element takes a character or more.
    constexpr int64_t kMostFilled = int64_t{1} << 30;
    const char first = Peek();
    if ((first == '{' && NumElements(type.shape()) > static_cast<int64_t>(text_.size() - at_)) ||
        (first == '@' && bytes > static_cast<int64_t>(blob_.size())) ||
        (first == 'f' && bytes > kMostFilled)) {
      return InvalidModel("constant of type ", type.ToString(), "; found fewer elements");
    }
    Tensor tensor(type.dtype, type.shape());
    if (Accept('@')) {
      while (at_ < text_.size() && text_[at_] != ':' && text_[at_] != '\n') {
        ++at_;  // the file's name, which the caller has dealt with
      }
      PLUMB_RETURN_IF_ERROR(Expect(':'));
      PLUMB_ASSIGN_OR_RETURN(const size_t offset, Number<size_t>());
      PLUMB_RETURN_IF_ERROR(Expect(':'));
      PLUMB_ASSIGN_OR_RETURN(const size_t length, Number<size_t>());
      if (length != tensor.bytes() || offset > blob_.size() || length > blob_.size() - offset) {
        return InvalidModel("bytes ", offset, " + ", length, " of ", blob_.size(),
                            " for a constant of ", tensor.bytes());
      }
      if (length > 0) {
        std::memcpy(tensor.raw(), blob_.data() + offset, length);
      }
      return tensor;
    }
    if (AcceptWord("fill")) {
      PLUMB_RETURN_IF_ERROR(Expect('('));
      const size_t begin = at_;
      for (int64_t i = 0; i < std::max<int64_t>(tensor.size(), 1); ++i) {
        at_ = begin;
        Tensor one(type.dtype, {1});
        PLUMB_RETURN_IF_ERROR(tensor.size() > 0 ? ReadElement(tensor, i) : ReadElement(one, 0));
      }
      PLUMB_RETURN_IF_ERROR(Expect(')'));
      return tensor;
    }
    PLUMB_RETURN_IF_ERROR(Expect('{'));
    for (int64_t i = 0; i < tensor.size(); ++i) {
      if (i > 0) {
        PLUMB_RETURN_IF_ERROR(Expect(','));
      }
      PLUMB_RETURN_IF_ERROR(ReadElement(tensor, i));
    }
    PLUMB_RETURN_IF_ERROR(Expect('}'));
    return tensor;
  }

  // --- statements ---
  Status Statement() {
    if (AcceptWord("graph")) {
      PLUMB_ASSIGN_OR_RETURN(graph_.name, String());
      return {};
    }
    if (AcceptWord("input")) {
      PLUMB_ASSIGN_OR_RETURN(Declared declared, Declaration());
      const ValueId id = graph_.AddInput(declared.name, std::move(declared.type));
      graph_.value(id).quantization = std::move(declared.grid);
      if (AcceptWord("as")) {
        PLUMB_ASSIGN_OR_RETURN(graph_.inputs.back().dtype, ElementType());
      }
      return {};
    }
    if (AcceptWord("const")) {
      PLUMB_ASSIGN_OR_RETURN(Declared declared, Declaration());
      PLUMB_RETURN_IF_ERROR(Expect('='));
      PLUMB_ASSIGN_OR_RETURN(Tensor tensor, Contents(declared.type));
      graph_.AddConstant(declared.name, std::move(tensor), std::move(declared.grid));
      return {};
    }
    if (AcceptWord("output")) {
      PLUMB_ASSIGN_OR_RETURN(const std::string name, String());
      std::optional<DType> shown;
      if (AcceptWord("as")) {
        PLUMB_ASSIGN_OR_RETURN(shown, ElementType());
      }
      PLUMB_RETURN_IF_ERROR(Expect('='));
      PLUMB_ASSIGN_OR_RETURN(const ValueId value, KnownValue());
      graph_.AddOutput(name, value);
      graph_.outputs.back().dtype = shown.value_or(graph_.outputs.back().dtype);
      return {};
    }
    return NodeStatement();
  }
  Status NodeStatement() {
    std::vector<Declared> made;  // without a name: left out
    do {
      if (AcceptWord("_")) {
        made.emplace_back();
        continue;
      }
      PLUMB_ASSIGN_OR_RETURN(Declared declared, Declaration());
      made.push_back(std::move(declared));
    } while (Accept(','));
    PLUMB_RETURN_IF_ERROR(Expect('='));
    const std::string op(Word());
    if (op.empty()) {
      return InvalidModel("expected an operator, found ", Found());
    }
    std::vector<ValueId> inputs;
    PLUMB_RETURN_IF_ERROR(Expect('('));
    while (!Accept(')')) {
      if (!inputs.empty()) {
        PLUMB_RETURN_IF_ERROR(Expect(','));
      }
      if (AcceptWord("_")) {
        inputs.push_back(kNone);
        continue;
      }
      PLUMB_ASSIGN_OR_RETURN(const ValueId value, KnownValue());
      inputs.push_back(value);
    }
    PLUMB_ASSIGN_OR_RETURN(Attributes attributes, AttributeList());
    std::string name;
    std::string origin;
    if (Peek() == '"') {
      PLUMB_ASSIGN_OR_RETURN(name, String());
    } else {
      for (const Declared& declared : made) {
        name = name.empty() ? declared.name : name;
      }
    }
    if (AcceptWord("from")) {
      PLUMB_ASSIGN_OR_RETURN(origin, String());
    }
    std::vector<ValueId> outputs;
    for (Declared& declared : made) {
      if (declared.name.empty()) {
        outputs.push_back(kNone);
        continue;
      }
      if (graph_.FindValue(declared.name)) {
        return InvalidModel("value '", declared.name, "' is declared twice");
      }
      outputs.push_back(graph_.AddValue(declared.name, std::move(declared.type)));
      graph_.value(outputs.back()).quantization = std::move(declared.grid);
    }
    graph_.AddNode(op, name, std::move(inputs), std::move(outputs), std::move(attributes), origin);
    return {};
  }

  std::string_view text_;
  std::span<const std::byte> blob_;
  size_t at_ = 0;
  int line_ = 1;
  Graph graph_;
};

}  // namespace

Result<Graph> Parse(std::string_view text, std::span<const std::byte> blob) {
  return Parser(text, blob).Run();
}

}  // namespace plumb::ir
