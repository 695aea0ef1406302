// Functions of one number: as ONNX nodes, and as the values that Plumb itself computes.
#pragma once

#include <string>
#include <string_view>

#include "plumb/export/onnx/onnx_records.h"
#include "plumb/export/onnx/step_table.h"

namespace plumb::exporting {

// True when the nodes of WriteFunction compute the function with the same bits.
[[nodiscard]] bool FunctionIsExact(std::string_view name);

// The function called `name`, with the record's attributes as its parameters, of a float value.
[[nodiscard]] Result<std::string> WriteFunction(const RecordExport& r, std::string_view name,
                                                const std::string& value, std::string_view output);

// Largest slope of the function; refused where none is known.
[[nodiscard]] Result<float> SlopeOf(const RecordExport& r, std::string_view name);

// How much f(t) may differ where t may by `error`: that times the slope, and 2^-19 of f itself where its
// nodes have other last bits, which whoever rounds it adds (2^-11 steps of at most 256).
[[nodiscard]] RealError ErrorBehind(const RecordExport& r, std::string_view name, RealError error);

// The function as the runtime computes it: a program of one record.
[[nodiscard]] Result<FloatFunction> FunctionOf(const RecordExport& r, std::string_view name);

}  // namespace plumb::exporting
