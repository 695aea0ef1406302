// Status and Result: how every library of Plumb reports that something did not work.
//
// A message names the thing, says what was expected and what was found, and what to do next. The code is also the
// program's exit code. Errors of ours (a broken invariant) are not Status: see check.h.
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

#include "plumb/base/check.h"

namespace plumb {

// Values are the documented exit codes of the program.
enum class Code : int {
  kOk = 0,
  kInternal = 1,
  kUsage = 2,
  kVerificationFailed = 3,
  kInvalidModel = 4,
  kIncompatible = 5,
  kResource = 6,
  kEnvironment = 7,
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  [[nodiscard]] bool ok() const { return code_ == Code::kOk; }
  [[nodiscard]] Code code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  // The same error with "context: " before its message.
  [[nodiscard]] Status WithContext(std::string_view context) const {
    return ok() ? *this : Status(code_, std::string(context) + ": " + message_);
  }

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

// Joins its arguments as operator<< prints them.
template <typename... Args>
[[nodiscard]] std::string StrCat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

template <typename... Args>
Status UsageError(const Args&... args) {
  return {Code::kUsage, StrCat(args...)};
}
template <typename... Args>
Status InvalidModel(const Args&... args) {
  return {Code::kInvalidModel, StrCat(args...)};
}
template <typename... Args>
Status Incompatible(const Args&... args) {
  return {Code::kIncompatible, StrCat(args...)};
}
template <typename... Args>
Status ResourceError(const Args&... args) {
  return {Code::kResource, StrCat(args...)};
}
template <typename... Args>
Status EnvironmentError(const Args&... args) {
  return {Code::kEnvironment, StrCat(args...)};
}
template <typename... Args>
Status VerificationFailed(const Args&... args) {
  return {Code::kVerificationFailed, StrCat(args...)};
}

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<1>, std::move(value)) {}  // NOLINT: implicit by design
  Result(Status status) : state_(std::in_place_index<0>, std::move(status)) {  // NOLINT
    PLUMB_CHECK(!std::get<0>(state_).ok()) << "a Result made from an ok Status holds no value";
  }
  [[nodiscard]] bool ok() const { return state_.index() == 1; }
  [[nodiscard]] Status status() const { return ok() ? Status() : std::get<0>(state_); }
  T& value() & {
    Require();
    return std::get<1>(state_);
  }
  const T& value() const& {
    Require();
    return std::get<1>(state_);
  }
  T&& value() && {
    Require();
    return std::get<1>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  void Require() const {
    PLUMB_CHECK(ok()) << "value() of a failed Result: " << std::get<0>(state_).message();
  }
  std::variant<Status, T> state_;
};

}  // namespace plumb

#define PLUMB_CONCAT_(a, b) a##b
#define PLUMB_CONCAT(a, b) PLUMB_CONCAT_(a, b)

// Returns from the calling function when `expr`, a Status, is not ok.
#define PLUMB_RETURN_IF_ERROR(expr)                        \
  do {                                                     \
    if (::plumb::Status status_ = (expr); !status_.ok()) { \
      return status_;                                      \
    }                                                      \
  } while (false)

// PLUMB_ASSIGN_OR_RETURN(auto x, MakeX()): the value, or returns its Status.
#define PLUMB_ASSIGN_OR_RETURN(decl, expr) \
  PLUMB_ASSIGN_OR_RETURN_(PLUMB_CONCAT(result_, __LINE__), decl, expr)
#define PLUMB_ASSIGN_OR_RETURN_(tmp, decl, expr) \
  auto tmp = (expr);                             \
  if (!tmp.ok()) {                               \
    return tmp.status();                         \
  }                                              \
  decl = std::move(tmp).value()
