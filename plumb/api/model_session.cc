#include "plumb/api/model_session.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <set>

#include "plumb/api/stopwatch.h"
#include "plumb/artifact/variants.h"
#include "plumb/base/thread_pool.h"
#include "plumb/runtime/port_convert.h"
#include "plumb/vision/pixel_bytes.h"

namespace plumb {
namespace {

const artifact::TensorInfo& InfoOf(const artifact::Program& program, const artifact::Port& port) {
  return program.tensors[static_cast<size_t>(port.tensor)];
}

// Of a whole run.
Shape OfRun(const artifact::Program& program, Shape shape) {
  if (program.batch > 1) {
    shape[0] *= program.batch;
  }
  return shape;
}

PortFacts FactsOf(const artifact::Program& program, const artifact::Port& port) {
  const artifact::TensorInfo& info = InfoOf(program, port);
  const Shape shape = OfRun(program, info.shape);
  return {port.name, port.dtype, shape, info.dtype, shape, info.quantization, std::nullopt};
}

std::string TypeText(DType dtype, std::span<const int64_t> shape) {
  return StrCat(DTypeName(dtype), " ", ShapeToString(shape));
}

// How often `expected` lies in `found` along the first dimension; 0 when it does not.
int64_t RunsOf(std::span<const int64_t> expected, std::span<const int64_t> found, bool free_batch) {
  if (std::ranges::equal(expected, found)) {
    return 1;
  }
  const bool same_rest = free_batch && !expected.empty() && found.size() == expected.size() &&
                         std::ranges::equal(expected.subspan(1), found.subspan(1));
  return same_rest && expected[0] > 0 && found[0] > 0 && found[0] % expected[0] == 0
             ? found[0] / expected[0]
             : 0;
}

// The same of the bytes of a picture; where a run takes one, it may come without the batch.
int64_t PicturesOf(const artifact::PictureInput& picture, std::span<const int64_t> found,
                   const artifact::Program& program) {
  const Shape whole = {program.batch, picture.height, picture.width, picture.channels()};
  const std::span<const int64_t> expected(whole);
  if (program.batch == 1 &&
      (std::ranges::equal(expected.subspan(1), found) ||
       (picture.channels() == 1 && std::ranges::equal(expected.subspan(1, 2), found)))) {
    return 1;
  }
  return RunsOf(expected, found, program.symbolic_batch);
}

std::string ExpectedText(const PortFacts& port, const artifact::Program& program) {
  std::string text = TypeText(port.dtype, port.shape);
  if (port.picture) {
    text += StrCat(program.batch > 1
                       ? StrCat(", or ", program.batch, " pictures as u8 ", program.batch, "x")
                       : ", or a picture as u8 ",
                   port.picture->height, "x", port.picture->width, "x", port.picture->channels());
  }
  if (program.batch > 1) {
    text += StrCat(" (the artifact was made for ", program.batch, " at a time)");
  }
  return text + (program.symbolic_batch ? ", or several along the first dimension" : "");
}

// Channel c of the bytes is the network's channel c.
artifact::PictureInput InOwnOrder(artifact::PictureInput picture) {
  if (picture.color == artifact::Color::kBgr) {
    picture.color = artifact::Color::kRgb;
  }
  return picture;
}

double ThreadCpuSeconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

ModelSession::ModelSession(Model model, const ModelSessionOptions& options)
    : model_(std::move(model)), options_(options) {
  if (model_.artifact != nullptr) {
    model_.program = artifact::ProgramOf(model_.artifact);  // with its batch
  }
  const artifact::Program& program = *model_.program;
  for (const artifact::Port& port : program.inputs) {
    inputs_.push_back(FactsOf(program, port));
  }
  for (const artifact::Port& port : program.outputs) {
    outputs_.push_back(FactsOf(program, port));
  }
  tables_.resize(inputs_.size());
  std::shared_ptr<const artifact::Program> changed = model_.program;
  for (const artifact::PictureInput& contract : model_.io.pictures) {
    const auto index = static_cast<size_t>(contract.input);
    PortFacts& port = inputs_[index];
    port.picture = InOwnOrder(contract);
    if (auto pixels = TakePixels(*changed, *port.picture)) {
      const artifact::TensorInfo& info = InfoOf(*pixels->program, pixels->program->inputs[index]);
      port.stored = info.dtype;
      port.stored_shape = OfRun(*changed, info.shape);
      port.grid = info.quantization;
      tables_[index] = pixels->tables;
      changed = std::move(pixels->program);
      pixels_.program = changed;
    }
    port.picture->color = contract.color;
  }
  tensors_.program = model_.program;
  memory_ = std::make_shared<OutputMemory>(2 * outputs_.size());
}

Result<std::unique_ptr<ModelSession>> ModelSession::Create(Model model,
                                                           const ModelSessionOptions& options) {
  std::unique_ptr<ModelSession> session(new ModelSession(std::move(model), options));
  PLUMB_RETURN_IF_ERROR(session->SetTypes());
  PLUMB_RETURN_IF_ERROR(session->AddOthers());
  Workplaces& likely = session->pixels_.program ? session->pixels_ : session->tensors_;
  PLUMB_RETURN_IF_ERROR(session->FindFree(likely).status());
  return session;
}

Status ModelSession::AddOthers() {
  if (model_.artifact == nullptr) {
    return {};
  }
  for (const std::shared_ptr<const artifact::Artifact>& variant : model_.artifact->variants) {
    Model model;
    model.path = model_.path;
    model.is_artifact = true;
    model.artifact = variant;
    model.program = artifact::ProgramOf(variant);
    model.io = variant->io;
    model.decode = variant->decode;
    others_.emplace_back(new ModelSession(std::move(model), options_));
    PLUMB_RETURN_IF_ERROR(others_.back()->SetTypes());
  }
  return {};
}

Status ModelSession::SetTypes() {
  const artifact::Program& program = *model_.program;
  std::set<int32_t> taken;
  for (const artifact::Port& port : program.inputs) {
    taken.insert(port.tensor);
  }
  for (const artifact::Port& port : program.outputs) {
    const artifact::TensorInfo& info = InfoOf(program, port);
    const DType type = runtime::OutputType(info, port, options_.raw);
    types_.push_back(type == DType::kBF16 ? DType::kF32 : type);
    if (!runtime::CanConvert(info, types_.back())) {
      return InvalidModel("output '", port.name, "' is computed as ", DTypeName(info.dtype),
                          " and cannot be given as ", DTypeName(types_.back()));
    }
    in_place_.push_back(info.dtype == types_.back() && info.constant < 0 &&
                        taken.insert(port.tensor).second);
  }
  return {};
}

Result<std::shared_ptr<runtime::Session>> ModelSession::FindFree(Workplaces& places) {
  // The list holds one reference; others are held by outputs.
  const auto free = std::ranges::find_if(
      places.sessions, [](const auto& session) { return session.use_count() == 1; });
  if (free != places.sessions.end()) {
    std::atomic_thread_fence(std::memory_order_acquire);
    return *free;
  }
  runtime::SessionOptions options;
  options.threads = options_.threads;
  PLUMB_ASSIGN_OR_RETURN(std::unique_ptr<runtime::Session> made,
                         runtime::Session::Create(places.program, options));
  if (places.sessions.empty()) {
    constexpr size_t kWorthIt = 1 << 18;  // below, copies take next to no time
    constexpr size_t kMostMemory = 8;     // times the outputs, for each memory
    size_t bytes = 0;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      bytes += in_place_[i] ? made->output(i).bytes() : 0;
    }
    places.lends = bytes >= kWorthIt && made->arena_bytes() <= kMostMemory * bytes;
  }
  places.sessions.push_back(std::move(made));
  return places.sessions.back();
}

bool ModelSession::MayLend(const Workplaces& places) const {
  // The one that computed is held by the caller of this; another must be left for the next run, whatever happens.
  constexpr size_t kMost = 3;
  return places.lends && (places.sessions.size() < kMost ||
                          std::ranges::any_of(places.sessions, [](const auto& session) {
                            return session.use_count() == 1;
                          }));
}

size_t ModelSession::arena_bytes() const {
  const std::scoped_lock lock(running_);
  size_t bytes = 0;
  for (const Workplaces* places : {&tensors_, &pixels_}) {
    for (const auto& session : places->sessions) {
      bytes += session->arena_bytes();
    }
  }
  for (const auto& other : others_) {
    bytes += other->arena_bytes();
  }
  return bytes;
}

size_t ModelSession::packed_bytes() const {
  const std::scoped_lock lock(running_);
  size_t bytes = 0;
  for (const Workplaces* places : {&tensors_, &pixels_}) {
    bytes += places->sessions.empty() ? 0 : places->sessions[0]->packed_bytes();
  }
  for (const auto& other : others_) {
    bytes += other->packed_bytes();
  }
  return bytes;
}

Result<ModelSession::Use> ModelSession::UseOf(size_t input, const GivenInput& given) const {
  const PortFacts& port = inputs_[input];
  const ConstTensorView& tensor = given.tensor;
  const artifact::Program& program = *model_.program;
  const bool free_batch = program.symbolic_batch;
  if (given.form == InputForm::kStored) {
    const int64_t runs = RunsOf(port.stored_shape, tensor.shape, free_batch);
    if (runs == 0 || tensor.dtype != port.stored) {
      return UsageError("input '", port.name, "', passed through: expected ",
                        TypeText(port.stored, port.stored_shape), ", found ",
                        TypeText(tensor.dtype, tensor.shape));
    }
    return Use{&given, tables_[input] ? Path::kPixels : Path::kTensor, runs * program.batch};
  }
  const artifact::TensorInfo& info = InfoOf(program, program.inputs[input]);
  int64_t runs = RunsOf(port.shape, tensor.shape, free_batch);
  const bool type_fits = tensor.dtype == port.dtype || tensor.dtype == info.dtype ||
                         (IsFloat(tensor.dtype) && IsFloat(port.dtype));
  if (runs > 0 && type_fits && runtime::CanConvert(info, tensor.dtype)) {
    return Use{&given, Path::kTensor, runs * program.batch};
  }
  if (port.picture && tensor.dtype == DType::kU8) {
    runs = PicturesOf(*port.picture, tensor.shape, program);
    if (runs > 0) {
      return Use{&given, Path::kPixels, runs * program.batch};
    }
  }
  return UsageError("input '", port.name, "': expected ", ExpectedText(port, program), ", found ",
                    TypeText(tensor.dtype, tensor.shape));
}

Result<std::vector<ModelSession::Use>> ModelSession::Match(
    std::span<const GivenInput> given) const {
  std::vector<Use> uses(inputs_.size());
  int64_t runs = model_.program->batch;
  for (const GivenInput& one : given) {
    const auto port = std::ranges::find(inputs_, one.name, &PortFacts::name);
    if (port == inputs_.end()) {
      std::string names;
      for (const PortFacts& known : inputs_) {
        names += StrCat(names.empty() ? "'" : ", '", known.name, "'");
      }
      return UsageError("the network has no input '", one.name, "'; its inputs are: ", names);
    }
    const auto index = static_cast<size_t>(port - inputs_.begin());
    if (uses[index].given != nullptr) {
      return UsageError("input '", one.name, "' is given twice");
    }
    PLUMB_ASSIGN_OR_RETURN(uses[index], UseOf(index, one));
    if (uses[index].runs > 1 && runs > 1 && uses[index].runs != runs) {
      return UsageError("input '", one.name, "' holds ", uses[index].runs,
                        " batches, another one holds ", runs);
    }
    runs = std::max(runs, uses[index].runs);
  }
  for (size_t i = 0; i < uses.size(); ++i) {
    if (uses[i].given == nullptr) {
      return UsageError("input '", inputs_[i].name, "' is missing; expected ",
                        ExpectedText(inputs_[i], *model_.program));
    }
  }
  return uses;
}

void ModelSession::Write(runtime::Session& session, size_t input, const Use& use, int64_t run) {
  const PortFacts& port = inputs_[input];
  const ConstTensorView& tensor = use.given->tensor;
  const auto* from =
      static_cast<const std::byte*>(tensor.raw) +
      (use.runs > 1 ? static_cast<size_t>(run) * (tensor.bytes() / static_cast<size_t>(use.runs))
                    : 0);
  const TensorView to = session.input(input);
  if (use.given->form == InputForm::kStored) {
    std::memcpy(to.raw, from, to.bytes());
    return;
  }
  const artifact::TensorInfo& info = InfoOf(session.program(), session.program().inputs[input]);
  if (use.path == Path::kTensor) {
    runtime::FromUser(info, tensor.dtype, from, to.raw);
    return;
  }
  const artifact::PictureInput contract = InOwnOrder(*port.picture);
  const auto size = static_cast<size_t>(to.size());
  if (tables_[input] && to.dtype == DType::kS8) {
    vision::QuantizeBytes({reinterpret_cast<const uint8_t*>(from), size}, contract, *tables_[input],
                          {static_cast<int8_t*>(to.raw), size});
    return;
  }
  if (picture_.width != contract.width || picture_.height != contract.height ||
      picture_.channels != contract.channels()) {
    picture_ = Picture(contract.width, contract.height, contract.channels());
  }
  std::memcpy(picture_.pixels.data(), from, size);
  if (to.dtype == DType::kF32) {
    vision::WriteFloat(picture_, contract, {static_cast<float*>(to.raw), size});
  } else if (to.dtype == DType::kU8) {
    const Tensor bytes = vision::ToBytes(picture_, contract);
    std::memcpy(to.raw, bytes.raw(), bytes.bytes());
  } else {
    const Tensor values = vision::ToFloat(picture_, contract);
    runtime::FromUser(info, DType::kF32, values.raw(), to.raw);
  }
}

Result<ModelSession*> ModelSession::Choose(std::span<const GivenInput> given) {
  const Status status = Match(given).status();
  if (status.ok() || others_.empty()) {
    return this;
  }
  for (const auto& other : others_) {
    if (other->Match(given).ok()) {
      return other.get();
    }
  }
  return UsageError(status.message(),
                    ". The artifact takes these sets of shapes: ", VariantsText(*model_.artifact));
}

Result<std::vector<OutputTensor>> ModelSession::Run(std::span<const GivenInput> given) {
  PLUMB_ASSIGN_OR_RETURN(ModelSession* const chosen, Choose(given));
  if (chosen == this) {
    return RunThis(given);
  }
  const std::scoped_lock one_at_a_time(running_);
  auto outputs = chosen->RunThis(given);
  network_time_ = chosen->network_time();
  return outputs;
}

Result<std::vector<OutputTensor>> ModelSession::RunThis(std::span<const GivenInput> given) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Use> uses, Match(given));
  int64_t runs = model_.program->batch;
  // Bytes go through the tables when every input that has one comes as bytes.
  bool pixels = pixels_.program != nullptr;
  for (size_t i = 0; i < uses.size(); ++i) {
    runs = std::max(runs, uses[i].runs);
    pixels = pixels && (!tables_[i] || uses[i].path == Path::kPixels);
  }
  for (size_t i = 0; i < uses.size(); ++i) {
    if (!pixels && tables_[i] && uses[i].given->form == InputForm::kStored) {
      return UsageError("input '", inputs_[i].name,
                        "' is passed through, another picture input comes as a tensor; pass both "
                        "through, or none");
    }
  }
  const std::scoped_lock one_at_a_time(running_);
  return Compute(pixels ? pixels_ : tensors_, uses, runs);
}

Result<std::vector<OutputTensor>> ModelSession::Compute(Workplaces& places,
                                                        std::span<const Use> uses, int64_t runs) {
  PLUMB_ASSIGN_OR_RETURN(const std::shared_ptr<runtime::Session> session, FindFree(places));
  const bool lend = runs == 1 && MayLend(places);
  const artifact::Program& program = *model_.program;
  std::vector<OutputTensor> outputs;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    Shape shape = outputs_[i].shape;
    if (runs > 1 && model_.program->batch == 1) {
      if (shape.empty()) {
        return UsageError("output '", outputs_[i].name, "' is a scalar; run one batch at a time");
      }
      shape[0] *= runs;
    }
    OutputTensor& output = outputs.emplace_back(OutputTensor{types_[i], std::move(shape), {}});
    if (lend && in_place_[i]) {
      output.owner = session;
    } else {
      output.owner =
          memory_->Take(static_cast<size_t>(NumElements(output.shape)) * DTypeSize(output.dtype));
      output.data = output.owner.get();
    }
  }
  const FloatEnvironment environment;
  NetworkTime time;
  for (int64_t run = 0; run < runs; ++run) {
    const double start = ThreadCpuSeconds();
    for (size_t i = 0; i < uses.size(); ++i) {
      Write(*session, i, uses[i], run);
    }
    Stopwatch watch;
    const double cpu = ThreadCpuSeconds();
    time.input_cpu_seconds += cpu - start;
    PLUMB_RETURN_IF_ERROR(session->Run());
    time.cpu_seconds += ThreadCpuSeconds() - cpu;
    time.seconds += watch.Lap() / 1000;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (outputs[i].owner == session) {
        // The session's own memory, which it only shows as constant.
        outputs[i].data = const_cast<void*>(session->output(i).raw);
        continue;
      }
      const artifact::TensorInfo& info = InfoOf(program, program.outputs[i]);
      const size_t bytes = static_cast<size_t>(NumElements(info.shape)) * DTypeSize(types_[i]);
      runtime::ToUser(info, types_[i], session->output(i).raw,
                      static_cast<std::byte*>(outputs[i].data) + static_cast<size_t>(run) * bytes);
    }
  }
  network_time_ = time;
  return outputs;
}

NetworkTime ModelSession::network_time() const {
  const std::scoped_lock lock(running_);
  return network_time_;
}

}  // namespace plumb
