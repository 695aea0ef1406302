// What the parts of the extension share.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <utility>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::python {

// Raises the class of plumb.errors that belongs to the status's code.
[[noreturn]] void Raise(const Status& status);

inline void RaiseIfError(const Status& status) {
  if (!status.ok()) {
    Raise(status);
  }
}

template <typename T>
T ValueOrRaise(Result<T> result) {
  if (!result.ok()) {
    Raise(result.status());
  }
  return std::move(result).value();
}

// An option's long name and its values as texts, see plumb/cli/option_words.h.
using Keywords = std::vector<std::pair<std::string, std::vector<std::string>>>;

void DefineVerbs(nanobind::module_& module);
void DefineCustomOperators(nanobind::module_& module);
void DefineSession(nanobind::module_& module);
void DefineDetector(nanobind::module_& module);

}  // namespace plumb::python
