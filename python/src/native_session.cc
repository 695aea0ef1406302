// A network ready to run: arrays in, arrays out.
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>

#include "native.h"
#include "native_arrays.h"
#include "native_model.h"
#include "plumb/api/model_session.h"
#include "plumb/cli/console.h"

namespace nb = nanobind;

namespace plumb::python {
namespace {

using AnyArray = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;

nb::object ArrayOf(OutputTensor output) {
  const std::vector<size_t> shape(output.shape.begin(), output.shape.end());
  const nb::capsule owner(new std::shared_ptr<void>(std::move(output.owner)),
                          [](void* p) noexcept { delete static_cast<std::shared_ptr<void>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy>(output.data, shape.size(), shape.data(), owner, nullptr,
                                         TypeOf(output.dtype)),
                  nb::rv_policy::reference);
}

std::string_view ColorName(artifact::Color color) {
  return color == artifact::Color::kRgb ? "rgb" : color == artifact::Color::kBgr ? "bgr" : "gray";
}

nb::dict FactsOf(const PortFacts& port) {
  nb::dict facts;
  const std::string_view dtype = DTypeName(port.dtype), stored = DTypeName(port.stored);
  facts["name"] = port.name;
  facts["dtype"] = nb::str(dtype.data(), dtype.size());
  facts["shape"] = nb::tuple(nb::cast(port.shape));
  facts["stored_dtype"] = nb::str(stored.data(), stored.size());
  facts["stored_shape"] = nb::tuple(nb::cast(port.stored_shape));
  facts["scale"] = port.grid.scale;
  facts["zero_point"] = port.grid.zero_point;
  facts["axis"] = port.grid.axis;
  if (port.picture) {
    const artifact::PictureInput& p = *port.picture;
    const std::string_view color = ColorName(p.color);
    nb::dict picture;
    picture["width"] = p.width;
    picture["height"] = p.height;
    picture["channels"] = p.channels();
    picture["layout"] = p.layout == artifact::PictureLayout::kNchw ? "nchw" : "nhwc";
    picture["color"] = nb::str(color.data(), color.size());
    picture["mean"] = p.mean;
    picture["std"] = p.std;
    facts["picture"] = picture;
  }
  return facts;
}

class NativeSession {
 public:
  NativeSession(const std::string& path, const Keywords& keywords, int threads, bool raw) {
    const nb::gil_scoped_release released;
    Model model = ValueOrRaise(OpenModel(path, keywords));
    Start(std::move(model), threads, raw);
  }
  NativeSession(const NativeSession& other, int threads, bool raw) {
    const nb::gil_scoped_release released;
    Start(other.Open().model(), threads, raw);
  }

  [[nodiscard]] nb::list Ports(bool inputs, size_t variant) const {
    nb::list list;
    const ModelSession& of = Open().variant(variant);
    for (const PortFacts& port : inputs ? of.inputs() : of.outputs()) {
      list.append(FactsOf(port));
    }
    return list;
  }

  // `given`: (name, array, taken as stored).
  nb::list Run(const nb::list& given) {
    const std::shared_ptr<ModelSession> session = session_;  // a close meanwhile waits for nobody
    RaiseIfClosed(session);
    std::vector<AnyArray> arrays;
    std::vector<Shape> shapes;
    std::vector<GivenInput> inputs;
    arrays.reserve(given.size());
    shapes.reserve(given.size());
    for (const nb::handle one : given) {
      const auto item = nb::cast<nb::tuple>(one);
      arrays.push_back(nb::cast<AnyArray>(item[1]));
      const AnyArray& array = arrays.back();
      Shape& shape = shapes.emplace_back();
      for (size_t i = 0; i < array.ndim(); ++i) {
        shape.push_back(static_cast<int64_t>(array.shape(i)));
      }
      const auto name = nb::cast<std::string>(item[0]);
      const Result<DType> dtype = TypeFrom(array.dtype());
      RaiseIfError(dtype.status().WithContext("input '" + name + "'"));
      inputs.push_back({name,
                        {*dtype, shape, array.data()},
                        nb::cast<bool>(item[2]) ? InputForm::kStored : InputForm::kGiven});
    }
    std::vector<OutputTensor> outputs;
    {
      const nb::gil_scoped_release released;
      outputs = ValueOrRaise(session->Run(inputs));
    }
    nb::list arrays_out;
    for (OutputTensor& output : outputs) {
      arrays_out.append(ArrayOf(std::move(output)));
    }
    return arrays_out;
  }

  [[nodiscard]] nb::tuple NetworkSeconds() const {
    const NetworkTime time = Open().network_time();
    return nb::make_tuple(time.seconds, time.cpu_seconds, time.input_cpu_seconds);
  }
  void Close() { session_.reset(); }
  [[nodiscard]] bool closed() const { return session_ == nullptr; }
  [[nodiscard]] int threads() const { return Open().threads(); }
  [[nodiscard]] size_t variant_count() const { return Open().variant_count(); }
  [[nodiscard]] size_t memory_bytes() const { return Open().arena_bytes() + Open().packed_bytes(); }

 private:
  void Start(Model model, int threads, bool raw) {
    cli::Console console;
    console.threads = threads;
    session_ = ValueOrRaise(ModelSession::Create(std::move(model), {console.Threads(), raw}));
  }
  static void RaiseIfClosed(const std::shared_ptr<ModelSession>& session) {
    if (session == nullptr) {
      Raise(UsageError("the session is closed"));
    }
  }
  [[nodiscard]] const ModelSession& Open() const {
    RaiseIfClosed(session_);
    return *session_;
  }

  std::shared_ptr<ModelSession> session_;
};

}  // namespace

void DefineSession(nb::module_& module) {
  nb::class_<NativeSession>(module, "Session")
      .def(nb::init<const std::string&, const Keywords&, int, bool>(), nb::arg("path"),
           nb::arg("keywords"), nb::arg("threads"), nb::arg("raw"))
      .def(nb::init<const NativeSession&, int, bool>(), nb::arg("other"), nb::arg("threads"),
           nb::arg("raw"))
      .def("ports", &NativeSession::Ports, nb::arg("inputs"), nb::arg("variant"))
      .def("run", &NativeSession::Run, nb::arg("given"))
      .def("close", &NativeSession::Close)
      .def_prop_ro("closed", &NativeSession::closed)
      .def_prop_ro("network_seconds", &NativeSession::NetworkSeconds)
      .def_prop_ro("variant_count", &NativeSession::variant_count)
      .def_prop_ro("threads", &NativeSession::threads)
      .def_prop_ro("memory_bytes", &NativeSession::memory_bytes);
}

}  // namespace plumb::python
