// Prints a hash of what every record of an artifact makes, or of random layers, so that two machines, builds or
// settings can be compared by `cmp`. Needs the runtime only; same_bits.py runs it.
//
//   record_hashes [options] MODEL.plumb
//   record_hashes [options] --layers FIRST COUNT      seeds FIRST, FIRST + 1, ...
//
//   --isa NAME     instead of PLUMB_ISA or the best
//   --threads N    1
//   --batch N      layers of N samples; an artifact runs N times in one session, with inputs of their own. The hashes of
//                  the first sample are printed: those of a batch of 1.
//   --hostile      the caller's floating-point environment flushes denormals and rounds up
//   --list         the instruction sets that this CPU has, one a line
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/artifact/reader.h"
#include "plumb/runtime/record_hash.h"
#include "plumb/runtime/session.h"
#include "tests/same_bits/hostile_environment.h"
#include "tests/same_bits/random_layers.h"

namespace plumb {
namespace {

struct Options {
  std::string artifact;
  int64_t first_layer = 0, layers = 0;
  int64_t batch = 1;
  bool hostile = false;
  runtime::SessionOptions session;
};

Result<int64_t> Number(std::string_view text) {
  int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || value < 0) {
    return UsageError("expected a number, found '", text, "'");
  }
  return value;
}

Result<Isa> IsaOf(std::string_view name) {
  for (const Isa isa : AvailableIsas()) {
    if (IsaName(isa) == name) {
      return isa;
    }
  }
  return EnvironmentError("this CPU does not have '", name, "'");
}

Result<Options> Parse(const std::vector<std::string_view>& args) {
  Options options;
  for (size_t i = 0; i < args.size(); ++i) {
    const auto next = [&]() -> std::string_view {
      return i + 1 < args.size() ? args[++i] : std::string_view();
    };
    if (args[i] == "--isa") {
      PLUMB_ASSIGN_OR_RETURN(options.session.isa, IsaOf(next()));
    } else if (args[i] == "--threads") {
      PLUMB_ASSIGN_OR_RETURN(const int64_t threads, Number(next()));
      options.session.threads = static_cast<int>(threads);
    } else if (args[i] == "--batch") {
      PLUMB_ASSIGN_OR_RETURN(options.batch, Number(next()));
    } else if (args[i] == "--layers") {
      PLUMB_ASSIGN_OR_RETURN(options.first_layer, Number(next()));
      PLUMB_ASSIGN_OR_RETURN(options.layers, Number(next()));
    } else if (args[i] == "--hostile") {
      options.hostile = true;
    } else {
      options.artifact = args[i];
    }
  }
  if (options.artifact.empty() == (options.layers == 0) || options.batch < 1) {
    return UsageError("expected an artifact or --layers FIRST COUNT, and a batch of 1 or more");
  }
  return options;
}

// The first of `samples` samples of a tensor: all of it where the leading dimension does not count them.
ConstTensorView FirstSample(const TensorView& tensor, int64_t samples,
                            std::vector<int64_t>& shape) {
  shape.assign(tensor.shape.begin(), tensor.shape.end());
  if (samples > 1 && !shape.empty()) {
    shape[0] /= samples;
  }
  return {tensor.dtype, shape, tensor.raw};
}

// Both in the environment asked for; inputs are filled in the usual one.
Result<std::unique_ptr<runtime::Session>> CreateSession(
    const Options& options, std::shared_ptr<const artifact::Program> program) {
  const HostileEnvironment environment(options.hostile);
  return runtime::Session::Create(std::move(program), options.session);
}

Status RunSession(const Options& options, runtime::Session& session,
                  const runtime::RecordObserver& observer) {
  const HostileEnvironment environment(options.hostile);
  PLUMB_RETURN_IF_ERROR(session.Run(observer));
  if (!environment.Untouched()) {
    return {Code::kInternal, "the caller's floating-point environment was not restored"};
  }
  return {};
}

Status RunLayer(const Options& options, uint64_t seed) {
  const RandomLayer layer = MakeRandomLayer(seed, options.batch);
  PLUMB_ASSIGN_OR_RETURN(const auto session, CreateSession(options, layer.program));
  for (size_t i = 0; i < layer.program->inputs.size(); ++i) {
    FillInput(session->input(i), seed + i, 0, options.batch);
  }
  std::string hashes;
  const auto observer = [&](size_t, const artifact::Record&, std::span<const TensorView> outputs) {
    for (const TensorView& output : outputs) {
      std::vector<int64_t> shape;
      char text[32];
      std::snprintf(
          text, sizeof(text), "\t%016llx",
          static_cast<unsigned long long>(HashTensor(FirstSample(output, options.batch, shape))));
      hashes += text;
    }
  };
  PLUMB_RETURN_IF_ERROR(RunSession(options, *session, observer));
  std::printf("%llu\t%s%s\n", static_cast<unsigned long long>(seed), layer.name.c_str(),
              hashes.c_str());
  return {};
}

Status RunArtifact(const Options& options) {
  PLUMB_ASSIGN_OR_RETURN(const auto artifact, artifact::ReadArtifact(options.artifact));
  const std::shared_ptr<const artifact::Program> program(artifact, &artifact->program);
  PLUMB_ASSIGN_OR_RETURN(const auto session, CreateSession(options, program));
  for (int64_t sample = options.batch - 1; sample >= 0; --sample) {
    for (size_t i = 0; i < program->inputs.size(); ++i) {
      FillInput(session->input(i), i, sample, 1);
    }
    const auto observer = [&](size_t index, const artifact::Record& record,
                              std::span<const TensorView> outputs) {
      if (sample == 0) {
        std::printf("%zu\t%s\t%016llx\n", index, record.name.c_str(),
                    static_cast<unsigned long long>(runtime::HashOutputs(outputs)));
      }
    };
    PLUMB_RETURN_IF_ERROR(RunSession(options, *session, observer));
  }
  return {};
}

Status Run(const Options& options) {
  if (!options.artifact.empty()) {
    PLUMB_RETURN_IF_ERROR(RunArtifact(options));
  }
  for (int64_t i = 0; i < options.layers; ++i) {
    const Status status = RunLayer(options, static_cast<uint64_t>(options.first_layer + i));
    if (!status.ok()) {
      return status.WithContext(StrCat("layer ", options.first_layer + i));
    }
  }
  return {};
}

}  // namespace
}  // namespace plumb

int main(int argc, char** argv) {
  const std::vector<std::string_view> args(argv + 1, argv + argc);
  if (args == std::vector<std::string_view>{"--list"}) {
    for (const plumb::Isa isa : plumb::AvailableIsas()) {
      std::printf("%s\n", std::string(plumb::IsaName(isa)).c_str());
    }
    return 0;
  }
  auto options = plumb::Parse(args);
  const plumb::Status status = options.ok() ? plumb::Run(*options) : options.status();
  if (!status.ok()) {
    std::fprintf(stderr, "record_hashes: %s\n", status.message().c_str());
    return static_cast<int>(status.code());
  }
  return 0;
}
