// runtime_only MODEL.plumb: loads an artifact, runs it once on inputs that count upwards, prints the outputs.
#include <algorithm>
#include <iostream>

#include "plumb/runtime/plumb_runtime.h"

using plumb::Status;

namespace {

Status RunModel(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(auto artifact, plumb::artifact::ReadArtifact(path));
  PLUMB_ASSIGN_OR_RETURN(auto session,
                         plumb::runtime::Session::Create(plumb::artifact::ProgramOf(artifact), {}));
  const plumb::artifact::Program& program = session->program();
  std::cout << program.name << ": " << program.records.size() << " records, "
            << session->arena_bytes() << " bytes of working memory\n";

  // Inputs by name, in the model's own types. (Filling session->input(i) and calling session->Run() avoids the copies.)
  std::vector<plumb::runtime::NamedTensor> inputs;
  for (const plumb::artifact::Port& port : program.inputs) {
    plumb::Tensor tensor(port.dtype, program.tensors[static_cast<size_t>(port.tensor)].shape);
    if (tensor.dtype() == plumb::DType::kF32) {
      float next = 0;
      for (float& value : tensor.values<float>()) {
        value = next++;
      }
    }
    inputs.push_back({port.name, std::move(tensor)});
  }
  PLUMB_ASSIGN_OR_RETURN(const auto outputs, plumb::runtime::RunNamed(*session, inputs));
  for (const plumb::runtime::NamedTensor& output : outputs) {
    const plumb::Tensor& tensor = output.tensor;
    std::cout << output.name << " " << plumb::DTypeName(tensor.dtype()) << "["
              << plumb::ShapeToString(tensor.shape()) << "]";
    if (tensor.dtype() == plumb::DType::kF32) {
      const auto values = tensor.values<float>();
      for (float value : values.first(std::min<size_t>(values.size(), 8))) {
        std::cout << " " << value;
      }
      std::cout << (values.size() > 8 ? " ..." : "");
    }
    std::cout << "\n";
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: runtime_only MODEL.plumb\n";
    return 2;
  }
  const Status status = RunModel(argv[1]);
  if (!status.ok()) {
    std::cerr << status.message() << "\n";
  }
  return static_cast<int>(status.code());
}
