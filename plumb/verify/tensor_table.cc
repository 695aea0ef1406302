#include "plumb/verify/tensor_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "plumb/runtime/session.h"
#include "plumb/verify/axis_order.h"
#include "plumb/verify/diagnose/program_part.h"
#include "plumb/verify/grid_values.h"
#include "plumb/verify/shown_run.h"

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;
using Values = std::vector<float>;

template <typename T>
Values Cast(ConstTensorView tensor) {
  const T* x = tensor.data<T>();
  return Values(x, x + tensor.size());
}

// As real numbers; nothing where the type holds none.
std::optional<Values> NumbersOf(ConstTensorView tensor, const Quantization& grid) {
  const bool on_grid = !grid.empty() && (tensor.dtype == DType::kS8 || tensor.dtype == DType::kS16);
  if (on_grid || tensor.dtype == DType::kF32) {
    return RealValues(tensor, grid);
  }
  switch (tensor.dtype) {
    case DType::kS8:
      return Cast<int8_t>(tensor);
    case DType::kU8:
      return Cast<uint8_t>(tensor);
    case DType::kS32:
      return Cast<int32_t>(tensor);
    case DType::kS64:
      return Cast<int64_t>(tensor);
    case DType::kBool:
      return Cast<bool>(tensor);
    default:
      return std::nullopt;
  }
}

bool IsReal(const TensorInfo& info) {
  return info.dtype == DType::kF32 ||
         ((info.dtype == DType::kS8 || info.dtype == DType::kS16) && !info.quantization.empty());
}

struct Sums {
  double model = 0, artifact = 0, dot = 0, difference = 0;
  bool any = false;

  void Add(std::span<const float> a, std::span<const float> b) {
    any = true;
    for (size_t i = 0; i < a.size(); ++i) {
      const double x = a[i], y = b[i];
      model += x * x;
      artifact += y * y;
      dot += x * y;
      difference += (x - y) * (x - y);
    }
  }
  [[nodiscard]] std::optional<Distance> Result() const {
    if (!any) {
      return std::nullopt;
    }
    // One root of the product: of equal tensors it is exactly their dot product.
    const double lengths = std::sqrt(model * artifact);
    const double cosine = model == 0 && artifact == 0 ? 1 : lengths == 0 ? 0 : dot / lengths;
    return Distance{cosine, std::sqrt(difference)};
  }
};

double Noise(std::span<const float> a, std::span<const float> b) {
  Sums sums;
  sums.Add(a, b);
  return sums.difference;
}

// "Conv" of "Conv 'model.0/conv' (onnx)".
std::string OperatorOf(const ir::Node& node) {
  const size_t end = node.origin.find(" '");
  return end == std::string::npos ? node.op : node.origin.substr(0, end);
}

// A tensor of the model: its shape there, and how the plain program has it.
struct ModelTensor {
  std::string op;
  bool is_input = false;
  Shape shape;
  AxisOrder order;  // from the plain program's to the model's
  Values values;    // of the current sample, in the model's order
};

// What a tensor of the artifact stands for.
struct Held {
  int row = -1;
  std::string model;      // tensor of the model; empty: none
  std::string canonical;  // tensor of the canonical graph
  std::vector<AxisOrder>
      orders;  // from the artifact's to the model's; one, once they are told apart
};

class Comparison {
 public:
  Comparison(const TensorTableInput& input, ShowTensor show)
      : input_(input), show_(std::move(show)) {
    FindModelTensors();
    FindHeld();
    MakeRows();
  }

  [[nodiscard]] const std::vector<TensorRow>& rows() const { return rows_; }

  Result<std::vector<TensorRow>> Run(std::span<const std::vector<Tensor>> samples,
                                     const TableProgress& progress) {
    runtime::SessionOptions options;
    options.threads = input_.threads;
    options.in_place = false;  // what is written into a tensor is what the next record reads
    PLUMB_ASSIGN_OR_RETURN(plain_, runtime::Session::Create(input_.plain, options));
    PLUMB_ASSIGN_OR_RETURN(canonical_, runtime::Session::Create(input_.canonical, options));
    PLUMB_ASSIGN_OR_RETURN(artifact_, runtime::Session::Create(input_.artifact, options));
    using Step = Status (Comparison::*)(std::span<const Tensor>);
    constexpr std::array<Step, 4> kSteps = {&Comparison::RunModel, &Comparison::RunCanonical,
                                            &Comparison::RunEntire, &Comparison::RunSingle};
    size_t done = 0;
    for (const std::vector<Tensor>& sample : samples) {
      for (const Step step : kSteps) {
        PLUMB_RETURN_IF_ERROR((this->*step)(sample));
        if (progress) {
          progress("compare layers", ++done, samples.size() * kSteps.size());
        }
      }
      PLUMB_RETURN_IF_ERROR(Show(progress));
    }
    for (size_t r = 0; r < rows_.size(); ++r) {
      rows_[r].entire = entire_[r].Result();
      rows_[r].single = single_[r].Result();
    }
    return std::move(rows_);
  }

 private:
  static const TensorInfo& InfoOf(const Program& program, int32_t tensor) {
    return program.tensors[static_cast<size_t>(tensor)];
  }

  // Whether the value is one that an operator of the model file is made of here, and not one of the model's own.
  [[nodiscard]] bool IsHelper(const ir::Node& node, ir::ValueId value) const {
    const std::vector<ir::NodeId> users = input_.model->Users(value);
    return !node.origin.empty() && !users.empty() && !input_.model->IsOutput(value) &&
           std::ranges::all_of(users, [&](ir::NodeId user) {
             return input_.model->node(user).origin == node.origin;
           });
  }

  void AddModelTensor(ir::ValueId id, std::string op, bool is_input, bool moves) {
    const ir::Value& value = input_.model->value(id);
    if (id == ir::kNone || value.constant || !value.type.known()) {
      return;
    }
    ModelTensor tensor{std::move(op), is_input, value.type.shape(), {}, {}};
    if (moves) {
      Shape plain = tensor.shape;  // channels, the second axis, go last
      std::rotate(plain.begin() + 1, plain.begin() + 2, plain.end());
      // The order of all axes that have more than one element.
      std::vector<size_t> axes, order;
      for (size_t axis = 0; axis < plain.size(); ++axis) {
        if (plain[axis] != 1) {
          axes.push_back(axis);
        }
      }
      for (size_t axis = 0; axis < plain.size(); ++axis) {
        const size_t from = axis == 0 ? 0 : axis == 1 ? plain.size() - 1 : axis - 1;
        const auto at = std::ranges::find(axes, from);
        if (at != axes.end()) {
          order.push_back(static_cast<size_t>(at - axes.begin()));
        }
      }
      tensor.order = AxisOrder(plain, std::move(order));
    }
    names_.push_back(value.name);
    model_.emplace(value.name, std::move(tensor));
  }

  void FindModelTensors() {
    for (const ir::Input& port : input_.model->inputs) {
      AddModelTensor(port.value, "Input", true, false);
    }
    for (const ir::NodeId id : input_.model->Order()) {
      const ir::Node& node = input_.model->node(id);
      const bool moves = node.attributes.String("layout", "") == "nchw";
      for (const ir::ValueId out : node.outputs) {
        if (out != ir::kNone && !IsHelper(node, out)) {
          AddModelTensor(out, OperatorOf(node), false, moves);
        }
      }
    }
  }

  // The model's tensor that record `record` of the artifact makes in another form; null when it does more than that.
  [[nodiscard]] const std::string* Converted(const Record& record, int32_t out) const {
    const Program& program = *input_.artifact;
    const bool rescales = record.op == "table" && InfoOf(program, out).name.ends_with(".rescaled");
    if (record.op != "quantize" && record.op != "dequantize" && !rescales) {
      return nullptr;
    }
    for (const int32_t t : {out, record.inputs[0]}) {
      const auto known = model_.find(ValueNameOf(InfoOf(program, t).name));
      if (known != model_.end()) {
        return &known->first;
      }
    }
    return nullptr;
  }

  void FindHeld() {
    const Program& program = *input_.artifact;
    held_.resize(program.tensors.size());
    converts_.resize(program.tensors.size(), nullptr);
    const std::vector<bool> inside = InsideLayers(program);
    const auto hold = [&](int32_t t, const std::string& model) {
      Held& held = held_[static_cast<size_t>(t)];
      const TensorInfo& info = InfoOf(program, t);
      held.canonical = ValueNameOf(info.name);
      const auto known = model_.find(model);
      if (known == model_.end()) {
        return;
      }
      held.orders = OrdersBetween(info.shape, known->second.shape);
      if (!held.orders.empty()) {
        held.model = model;
        forms_[model].push_back(t);
      }
    };
    for (const artifact::Port& port : program.inputs) {
      hold(port.tensor, port.name);
    }
    for (const Record& record : program.records) {
      for (const int32_t t : record.outputs) {
        if (t < 0 || inside[static_cast<size_t>(t)]) {
          continue;
        }
        const TensorInfo& info = InfoOf(program, t);
        if (const std::string* of = Converted(record, t)) {
          converts_[static_cast<size_t>(t)] = &record;
          hold(t, *of);
        } else {
          hold(t, model_.contains(info.name) ? info.name : ValueNameOf(info.name));
        }
      }
    }
    HoldOutputs(hold);
  }

  // An output of the model whose name the passes did not keep.
  template <typename Hold>
  void HoldOutputs(const Hold& hold) {
    const std::vector<artifact::Port>& ports = input_.artifact->outputs;
    for (size_t i = 0; i < std::min(ports.size(), input_.model->outputs.size()); ++i) {
      const std::string& name = input_.model->value(input_.model->outputs[i].value).name;
      const Held& held = held_[static_cast<size_t>(ports[i].tensor)];
      if (!forms_.contains(name) && held.model.empty()) {
        hold(ports[i].tensor, name);
      }
    }
  }

  static std::string FormName(DType dtype) {
    return dtype == DType::kS8 ? "int8" : dtype == DType::kS16 ? "int16" : "float";
  }

  void MakeRows() {
    std::set<std::string> taken(names_.begin(), names_.end());
    const auto other_name = [&](const std::string& tensor, DType held) {
      std::string name = tensor + "_" + FormName(held);
      while (!taken.insert(name).second) {
        name.insert(tensor.size(), "_");  // y_int8, y__int8, ...
      }
      return name;
    };
    for (const std::string& name : names_) {
      const ModelTensor& tensor = model_.at(name);
      const std::vector<int32_t>& forms = forms_[name];
      // The form that is of the model's own type has the model's name: the last one that does where there are several.
      size_t own = 0;
      for (size_t f = 0; f < forms.size(); ++f) {
        own = InfoOf(*input_.artifact, forms[f]).dtype == DType::kF32 ? f : own;
      }
      if (forms.empty()) {
        rows_.push_back({TensorRow::Kind::kLayer, name, name, tensor.op, DType::kNone, {}, {}});
      }
      for (size_t f = 0; f < forms.size(); ++f) {
        const auto t = static_cast<size_t>(forms[f]);
        const DType dtype = InfoOf(*input_.artifact, forms[f]).dtype;
        held_[t].row = static_cast<int>(rows_.size());
        const Record* conversion = converts_[t];
        const TensorRow::Kind kind = conversion != nullptr ? TensorRow::Kind::kConversion
                                     : tensor.is_input     ? TensorRow::Kind::kInput
                                                           : TensorRow::Kind::kLayer;
        rows_.push_back({kind,
                         f == own ? name : other_name(name, dtype),
                         name,
                         conversion != nullptr ? conversion->op : tensor.op,
                         dtype,
                         {},
                         {}});
      }
    }
    entire_.resize(rows_.size());
    single_.resize(rows_.size());
  }

  Status RunModel(std::span<const Tensor> sample) {
    PLUMB_RETURN_IF_ERROR(FillInputs(*plain_, sample));
    const auto keep = [&](int32_t t, ConstTensorView made) {
      const TensorInfo& info = InfoOf(*input_.plain, t);
      const auto known = model_.find(info.name);
      if (known == model_.end()) {
        return;
      }
      const std::optional<Values> numbers = NumbersOf(made, info.quantization);
      known->second.values = numbers ? known->second.order.Apply(*numbers) : Values();
    };
    for (size_t i = 0; i < sample.size(); ++i) {
      keep(input_.plain->inputs[i].tensor, sample[i].view());
    }
    return RunShowing(*plain_, keep);
  }

  // Tells orders of axes apart that the shapes allow alike, and keeps what only the passes have names for.
  Status RunCanonical(std::span<const Tensor> sample) {
    PLUMB_RETURN_IF_ERROR(FillInputs(*canonical_, sample));
    std::map<std::string_view, std::vector<Held*>> wanted;
    for (Held& held : held_) {
      if (!held.canonical.empty() && (held.model.empty() || held.orders.size() > 1)) {
        wanted[held.canonical].push_back(&held);
      }
    }
    between_.clear();
    const auto look = [&](int32_t t, ConstTensorView made) {
      const std::string& name = InfoOf(*input_.canonical, t).name;
      const auto found = wanted.find(name);
      if (found == wanted.end() || made.dtype != DType::kF32) {
        return;
      }
      const Values values(made.data<float>(), made.data<float>() + made.size());
      for (Held* held : found->second) {
        if (held->model.empty()) {
          between_[name] = values;
        } else {
          ChooseOrder(*held, values);
        }
      }
    };
    for (size_t i = 0; i < sample.size(); ++i) {
      look(input_.canonical->inputs[i].tensor, sample[i].view());
    }
    return RunShowing(*canonical_, look);
  }

  void ChooseOrder(Held& held, const Values& values) {
    const Values& model = model_.at(held.model).values;
    if (held.orders.size() < 2 || values.size() != model.size()) {
      return;
    }
    size_t best = 0;
    double least = 0;
    for (size_t i = 0; i < held.orders.size(); ++i) {
      const double noise = Noise(model, held.orders[i].Apply(values));
      if (i == 0 || noise < least) {
        best = i;
        least = noise;
      }
    }
    held.orders = {held.orders[best]};
  }

  // The tensor that is held, as numbers in the model's order; nothing where there are none to compare with.
  std::optional<Values> Seen(Held& held, int32_t t, ConstTensorView made) {
    if (held.row < 0) {
      return std::nullopt;
    }
    const Values& model = model_.at(held.model).values;
    const std::optional<Values> numbers = NumbersOf(made, InfoOf(*input_.artifact, t).quantization);
    if (!numbers || numbers->size() != model.size() || model.empty()) {
      return std::nullopt;
    }
    ChooseOrder(held, *numbers);  // where the canonical graph had none of the name
    return held.orders[0].Apply(*numbers);
  }

  Status RunEntire(std::span<const Tensor> sample) {
    PLUMB_RETURN_IF_ERROR(FillInputs(*artifact_, sample));
    const auto compare = [&](int32_t t, ConstTensorView made) {
      Held& held = held_[static_cast<size_t>(t)];
      std::optional<Values> seen = Seen(held, t, made);
      if (!seen) {
        return;
      }
      const auto row = static_cast<size_t>(held.row);
      entire_[row].Add(model_.at(held.model).values, *seen);
      if (show_) {
        to_show_.emplace_back(row, std::move(*seen));
      }
    };
    for (size_t i = 0; i < sample.size(); ++i) {
      compare(input_.artifact->inputs[i].tensor, sample[i].view());
    }
    return RunShowing(*artifact_, compare);
  }

  // Behind the runs, which nothing may interrupt.
  Status Show(const TableProgress& progress) {
    for (size_t i = 0; i < to_show_.size(); ++i) {
      const auto& [row, values] = to_show_[i];
      const ModelTensor& model = model_.at(rows_[row].tensor);
      PLUMB_RETURN_IF_ERROR(show_(rows_[row], {model.shape, model.values, values}));
      if (progress) {
        progress("write layers", i + 1, to_show_.size());
      }
    }
    to_show_.clear();
    return {};
  }

  Status RunSingle(std::span<const Tensor> sample) {
    PLUMB_RETURN_IF_ERROR(FillInputs(*artifact_, sample));
    const auto compare = [&](int32_t t, ConstTensorView made) {
      Held& held = held_[static_cast<size_t>(t)];
      if (const std::optional<Values> seen = Seen(held, t, made)) {
        single_[static_cast<size_t>(held.row)].Add(model_.at(held.model).values, *seen);
      }
    };
    for (size_t i = 0; i < sample.size(); ++i) {
      compare(input_.artifact->inputs[i].tensor, sample[i].view());
    }
    return RunShowing(*artifact_, [&](int32_t t, const TensorView& made) {
      compare(t, made);
      Feed(held_[static_cast<size_t>(t)], InfoOf(*input_.artifact, t), made);
    });
  }

  // The model's own values, for the layers behind.
  void Feed(const Held& held, const TensorInfo& info, const TensorView& made) const {
    if (!IsReal(info)) {
      return;
    }
    const auto size = static_cast<size_t>(made.size());
    if (!held.model.empty()) {
      if (const Values& values = model_.at(held.model).values; values.size() == size) {
        WriteQuantized(held.orders[0].Undo(values), info.quantization, made);
      }
      return;
    }
    const auto found = between_.find(held.canonical);
    if (found != between_.end() && found->second.size() == size) {
      WriteQuantized(found->second, info.quantization, made);
    }
  }

  const TensorTableInput& input_;
  ShowTensor show_;
  std::vector<std::string> names_;  // of the model's tensors, in execution order
  std::map<std::string, ModelTensor, std::less<>> model_;
  std::vector<Held> held_;  // by tensor of the artifact
  std::vector<const Record*>
      converts_;  // by tensor of the artifact: the conversion that makes it, or null
  std::map<std::string, std::vector<int32_t>>
      forms_;  // by name of the model: tensors of the artifact
  std::map<std::string, Values, std::less<>> between_;  // of the canonical graph alone, one sample
  std::vector<TensorRow> rows_;
  std::vector<Sums> entire_, single_;
  std::vector<std::pair<size_t, Values>> to_show_;  // of one sample, by row
  std::unique_ptr<runtime::Session> plain_, canonical_, artifact_;
};

}  // namespace

std::string_view TensorRowKindName(TensorRow::Kind kind) {
  return kind == TensorRow::Kind::kInput   ? "input"
         : kind == TensorRow::Kind::kLayer ? "layer"
                                           : "conversion";
}

std::vector<TensorRow> ListTensors(const TensorTableInput& input) {
  return Comparison(input, nullptr).rows();
}

Result<std::vector<TensorRow>> CompareTensors(const TensorTableInput& input,
                                              std::span<const std::vector<Tensor>> samples,
                                              const ShowTensor& show,
                                              const TableProgress& progress) {
  return Comparison(input, show).Run(samples, progress);
}

}  // namespace plumb::verify
