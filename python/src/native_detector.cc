// Boxes and classes of pictures.
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <mutex>

#include "native.h"
#include "native_model.h"
#include "plumb/api/detect.h"
#include "plumb/cli/console.h"
#include "plumb/pictures/read_picture.h"

namespace nb = nanobind;

namespace plumb::python {
namespace {

// u8 height x width x 3 in R, G, B order, or height x width.
using PictureArray = nb::ndarray<const uint8_t, nb::c_contig, nb::device::cpu>;

Picture PictureOf(const PictureArray& array, bool bgr) {
  const bool gray = array.ndim() == 2;
  const size_t channels = gray ? 1 : array.ndim() == 3 ? array.shape(2) : 0;
  if ((channels != 1 && channels != 3) || array.size() == 0 ||
      array.shape(0) > pictures::kMaxSide || array.shape(1) > pictures::kMaxSide) {
    Shape shape;
    for (size_t i = 0; i < array.ndim(); ++i) {
      shape.push_back(static_cast<int64_t>(array.shape(i)));
    }
    Raise(UsageError("a picture: expected u8 height x width x 3, or height x width, found u8 ",
                     ShapeToString(shape)));
  }
  Picture picture(static_cast<int>(array.shape(1)), static_cast<int>(array.shape(0)),
                  static_cast<int>(channels));
  std::memcpy(picture.pixels.data(), array.data(), picture.pixels.size());
  if (bgr && channels == 3) {
    for (size_t i = 0; i < picture.pixels.size(); i += 3) {
      std::swap(picture.pixels[i], picture.pixels[i + 2]);
    }
  }
  return picture;
}

class NativeDetector {
 public:
  NativeDetector(const std::string& path, const Keywords& keywords, int threads,
                 bool trust_contract, bool check, nb::object note)
      : note_(std::move(note)) {
    const nb::gil_scoped_release released;
    const Model model = ValueOrRaise(OpenModel(path, keywords));
    cli::Console console;
    console.threads = threads;
    PictureModelOptions options;
    options.threads = console.Threads();
    options.trust_contract = trust_contract;
    options.check = check;
    options.note = [this](const std::string& text) {
      const nb::gil_scoped_acquire gil;
      note_(nb::str(text.data(), text.size()));
    };
    model_ = std::make_unique<PictureModel>(ValueOrRaise(PictureModel::Create(model, options)));
  }

  nb::list DetectArray(const PictureArray& array, bool bgr, std::optional<float> score,
                       std::optional<float> iou, int most) {
    return Detect([&] { return PictureOf(array, bgr); }, score, iou, most);
  }
  nb::list DetectFile(const std::string& path, std::optional<float> score, std::optional<float> iou,
                      int most) {
    return Detect([&] { return ValueOrRaise(pictures::ReadPicture(path)); }, score, iou, most);
  }
  nb::list ClassifyArray(const PictureArray& array, bool bgr, int k) {
    return Classify([&] { return PictureOf(array, bgr); }, k);
  }
  nb::list ClassifyFile(const std::string& path, int k) {
    return Classify([&] { return ValueOrRaise(pictures::ReadPicture(path)); }, k);
  }

  void Close() {
    const nb::gil_scoped_release released;
    const std::scoped_lock lock(mutex_);
    model_.reset();
  }
  [[nodiscard]] bool closed() const { return model_ == nullptr; }

  // (rule, applies, fired, fails, finding, evidence, fix)
  nb::list CheckResults() {
    std::vector<verify::RuleResult> results;
    {
      const nb::gil_scoped_release released;
      const std::scoped_lock lock(mutex_);
      results = Open().CheckResults();
    }
    nb::list list;
    for (const verify::RuleResult& r : results) {
      list.append(
          nb::make_tuple(r.rule, r.applies, r.fired, r.fails, r.finding, r.evidence, r.fix));
    }
    return list;
  }
  std::vector<std::string> Labels() {
    const nb::gil_scoped_release released;
    const std::scoped_lock lock(mutex_);
    return Open().model().decode.labels;
  }

 private:
  template <typename Load>
  nb::list Detect(const Load& load, std::optional<float> score, std::optional<float> iou,
                  int most) {
    std::vector<vision::Detection> found;
    std::vector<std::string> names;
    {
      const nb::gil_scoped_release released;
      const std::scoped_lock lock(mutex_);
      PictureModel& model = Open();
      vision::BoxOptions options;
      options.score = score;
      options.iou = iou;
      options.max_detections = most;
      found = ValueOrRaise(model.Detect(load(), options));
      for (const vision::Detection& d : found) {
        names.push_back(LabelOf(model.model().decode, d.label));
      }
    }
    nb::list boxes;
    for (size_t i = 0; i < found.size(); ++i) {
      const vision::Detection& d = found[i];
      boxes.append(nb::make_tuple(d.x1, d.y1, d.x2, d.y2, d.score, d.label, names[i], d.keypoints));
    }
    return boxes;
  }
  template <typename Load>
  nb::list Classify(const Load& load, int k) {
    std::vector<vision::ClassScore> top;
    std::vector<std::string> names;
    {
      const nb::gil_scoped_release released;
      const std::scoped_lock lock(mutex_);
      PictureModel& model = Open();
      top = ValueOrRaise(model.Classify(load(), k));
      for (const vision::ClassScore& one : top) {
        names.push_back(LabelOf(model.model().decode, one.label));
      }
    }
    nb::list classes;
    for (size_t i = 0; i < top.size(); ++i) {
      classes.append(nb::make_tuple(top[i].label, names[i], top[i].score));
    }
    return classes;
  }
  PictureModel& Open() {
    if (model_ == nullptr) {
      Raise(UsageError("the detector is closed"));
    }
    return *model_;
  }

  nb::object note_;
  std::mutex mutex_;  // a PictureModel takes one picture at a time
  std::unique_ptr<PictureModel> model_;
};

}  // namespace

void DefineDetector(nb::module_& module) {
  nb::class_<NativeDetector>(module, "Detector")
      .def(nb::init<const std::string&, const Keywords&, int, bool, bool, nb::object>(),
           nb::arg("path"), nb::arg("keywords"), nb::arg("threads"), nb::arg("trust_contract"),
           nb::arg("check"), nb::arg("note"))
      .def("detect_array", &NativeDetector::DetectArray, nb::arg("picture"), nb::arg("bgr"),
           nb::arg("score").none(), nb::arg("iou").none(), nb::arg("most"))
      .def("detect_file", &NativeDetector::DetectFile, nb::arg("path"), nb::arg("score").none(),
           nb::arg("iou").none(), nb::arg("most"))
      .def("classify_array", &NativeDetector::ClassifyArray, nb::arg("picture"), nb::arg("bgr"),
           nb::arg("k"))
      .def("classify_file", &NativeDetector::ClassifyFile, nb::arg("path"), nb::arg("k"))
      .def("check_results", &NativeDetector::CheckResults)
      .def("close", &NativeDetector::Close)
      .def_prop_ro("closed", &NativeDetector::closed)
      .def_prop_ro("labels", &NativeDetector::Labels);
}

}  // namespace plumb::python
