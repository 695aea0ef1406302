// Structural checks of a program, whoever made it: after them every index, shape, size and grid can
// be used without another look. What one kind of record requires of its tensors is checked by its
// binding.
#pragma once

#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"

namespace plumb::artifact {

inline constexpr size_t kMaxRank = 16;
inline constexpr int32_t kMaxBatch = 4096;

// Bytes of a dense tensor; an error where a dimension is negative or the product does not fit 2^47
// bytes.
[[nodiscard]] Result<size_t> TensorBytes(DType dtype, const Shape& shape);

// Every tensor has a valid type, shape and grid; constants have the bytes that their shape asks
// for; ports are valid and named differently; every tensor is written exactly once (as a constant,
// an input or by a record) and not read before. An invalid-model error names the record or tensor.
Status ValidateProgram(const Program& program);

// Enumerations have known values, indices name ports, numbers are in their ranges; pictures fit the
// input they name.
Status ValidateContracts(const Artifact& artifact);

// As many hashes as records, inputs that the program and the I/O contract have room for. Requires that both have been
// validated. Coded pictures are looked at when they are decoded.
Status ValidateGolden(const Artifact& artifact);

// All of it, and that the variants are the same network for shapes that differ: the same ports but
// for their shapes, the same batch.
Status ValidateArtifact(const Artifact& artifact);

}  // namespace plumb::artifact
