// plumb._native: the C++ API for the modules of python/plumb, which hold what a user sees.
#include "native.h"

#include <nanobind/stl/string.h>

#include "plumb/api/version.h"
#include "plumb/api/yaml_tree.h"

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

namespace {

// Maps as dicts, lists as lists, everything else as the text that stands there.
nb::object ObjectOf(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kText) {
    return nb::str(node.text.c_str(), node.text.size());
  }
  nb::list list;
  nb::dict map;
  for (size_t i = 0; i < node.items.size(); ++i) {
    if (node.kind == YamlNode::Kind::kList) {
      list.append(ObjectOf(node.items[i]));
    } else {
      map[nb::str(node.keys[i].c_str(), node.keys[i].size())] = ObjectOf(node.items[i]);
    }
  }
  return node.kind == YamlNode::Kind::kList ? nb::object(list) : nb::object(map);
}

nb::object ParseText(const std::string& text) {
  const auto root = ParseYaml(text);
  if (!root.ok()) {
    Raise(root.status());
  }
  return ObjectOf(*root);
}

}  // namespace

}  // namespace plumb::python

NB_MODULE(_native, module) {
  module.attr("release") = nb::str(plumb::Release().c_str());
  module.attr("version") = nb::str(plumb::VersionText().c_str());
  module.def("parse_yaml", &plumb::python::ParseText, nb::arg("text"));
  plumb::python::DefineVerbs(module);
  plumb::python::DefineCustomOperators(module);
  plumb::python::DefineSession(module);
  plumb::python::DefineDetector(module);
}
