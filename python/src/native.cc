// plumb._native: the C++ API for the modules of python/plumb, which hold what a user sees.
#include "native.h"

#include "plumb/api/version.h"

namespace nb = nanobind;

namespace plumb::python {

void Raise(const Status& status) {
  const nb::gil_scoped_acquire gil;
  const nb::object error =
      nb::module_::import_("plumb.errors")
          .attr("of_exit_code")(static_cast<int>(status.code()), nb::str(status.message().c_str()));
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
  throw nb::python_error();
}

}  // namespace plumb::python

NB_MODULE(_native, module) {
  module.attr("release") = nb::str(plumb::Release().c_str());
  module.attr("version") = nb::str(plumb::VersionText().c_str());
  plumb::python::DefineVerbs(module);
  plumb::python::DefineSession(module);
  plumb::python::DefineDetector(module);
}
