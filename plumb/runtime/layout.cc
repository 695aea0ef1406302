#include "plumb/runtime/layout.h"

#include <algorithm>
#include <utility>

namespace plumb::runtime {
namespace {

using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;

int64_t LastDim(const Shape& shape) { return shape.empty() ? 1 : shape.back(); }

int64_t Product(const Shape& shape, size_t begin, size_t end) {
  int64_t product = 1;
  for (size_t d = begin; d < end; ++d) {
    product *= shape[d];
  }
  return product;
}

class Planner {
 public:
  explicit Planner(const Program& program) : program_(program) {
    const size_t tensors = program.tensors.size();
    links_.resize(tensors);
    readers_.resize(tensors);
    producer_.assign(tensors, -1);
    port_.assign(tensors, false);
    needs_dense_.assign(tensors, false);
    layout_.skip.assign(program.records.size(), false);
    for (const auto* ports : {&program.inputs, &program.outputs}) {
      for (const artifact::Port& port : *ports) {
        port_[static_cast<size_t>(port.tensor)] = true;
      }
    }
    for (size_t r = 0; r < program.records.size(); ++r) {
      const Record& record = program.records[r];
      const RecordKind* kind = FindRecordKind(record.op, record.version);
      const bool known = kind != nullptr && kind->placement != nullptr && !record.outputs.empty();
      // No instruction set changes how tensors may lie.
      placements_.push_back(known ? kind->placement(BindContext(program, record, Isa::kScalar))
                                  : Placement{});
      for (size_t i = 0; i < record.inputs.size(); ++i) {
        if (record.inputs[i] >= 0) {
          readers_[static_cast<size_t>(record.inputs[i])].emplace_back(r, i);
        }
      }
      for (const int32_t t : record.outputs) {
        producer_[static_cast<size_t>(t)] = static_cast<int64_t>(r);
      }
    }
  }

  Layout Plan() {
    for (size_t r = 0; r < placements_.size(); ++r) {
      if (placements_[r].share == Placement::Share::kInput) {
        ShareInput(r);
      } else if (placements_[r].share == Placement::Share::kParts) {
        ReadParts(r);
      }
    }
    // The outermost concatenation first, so that it is known where an inner one lies.
    for (size_t r = placements_.size(); r-- > 0;) {
      if (placements_[r].share == Placement::Share::kWhole) {
        WriteParts(r);
      }
    }
    for (size_t t = 0; t < links_.size(); ++t) {
      TensorPlace place{t, 0};
      while (links_[place.root].kind != Link::kNone) {
        place.offset += links_[place.root].offset;
        place.root = links_[place.root].parent;
      }
      layout_.place.push_back(place);
      layout_.pitch.push_back(PitchOf(t));
    }
    return std::move(layout_);
  }

 private:
  // A tensor's place in another one: the same bytes, a run of them, or some channels of each row.
  struct Link {
    enum Kind { kNone, kSame, kRun, kChannels } kind = kNone;
    size_t parent = 0;
    int64_t offset = 0;  // elements
  };

  const TensorInfo& Info(size_t t) const { return program_.tensors[t]; }
  const Shape& ShapeOf(size_t t) const { return program_.tensors[t].shape; }
  bool IsConstant(size_t t) const { return Info(t).constant >= 0; }

  int64_t PitchOf(size_t t) const {
    return links_[t].kind == Link::kChannels ? PitchOf(links_[t].parent) : LastDim(ShapeOf(t));
  }
  bool IsDense(size_t t) const { return PitchOf(t) == LastDim(ShapeOf(t)); }

  // Every record that reads it can do so with its rows apart, or reads nothing any more.
  bool ReadersTakeRows(size_t t) const {
    return std::all_of(readers_[t].begin(), readers_[t].end(), [&](const auto& reader) {
      const auto& [record, input] = reader;
      const bool bit = input < 64 && (placements_[record].pitched_inputs >> input & 1) != 0;
      return layout_.skip[record] || bit;
    });
  }
  bool ProducerWritesRows(size_t t) const {
    return producer_[t] >= 0 && placements_[static_cast<size_t>(producer_[t])].pitched_output;
  }

  void ShareInput(size_t r) {
    const Record& record = program_.records[r];
    if (record.inputs.empty() || record.inputs[0] < 0 || record.outputs.size() != 1) {
      return;
    }
    const auto from = static_cast<size_t>(record.inputs[0]);
    const auto to = static_cast<size_t>(record.outputs[0]);
    // Constants stay apart (outputs are writable), and so do the user's own inputs and outputs.
    size_t root = from;
    bool port = port_[from];
    while (links_[root].kind != Link::kNone) {
      root = links_[root].parent;
      port = port || port_[root];
    }
    const bool same = Info(from).dtype == Info(to).dtype &&
                      NumElements(ShapeOf(from)) == NumElements(ShapeOf(to));
    if (!same || IsConstant(root) || !IsDense(from) || (port && port_[to])) {
      return;
    }
    links_[to] = {Link::kSame, from, 0};
    needs_dense_[from] = true;
    layout_.skip[r] = true;
  }

  // Elements of a run along `axis`, whether the parts of `whole` along it are runs or channels;
  // nothing where they are neither.
  static Link::Kind KindOfParts(const Shape& whole, size_t axis) {
    if (Product(whole, 0, axis) == 1) {
      return Link::kRun;
    }
    return axis + 1 == whole.size() ? Link::kChannels : Link::kNone;
  }

  // Whether `part` agrees with `whole` but for its length along the axis.
  bool IsPart(size_t part, size_t whole, size_t axis) const {
    Shape expected = ShapeOf(whole);
    if (ShapeOf(part).size() != expected.size() || axis >= expected.size() ||
        Info(part).dtype != Info(whole).dtype || NumElements(expected) == 0) {
      return false;
    }
    expected[axis] = ShapeOf(part)[axis];
    return ShapeOf(part) == expected && ShapeOf(part)[axis] > 0;
  }

  // The outputs of a slice or split become views of its input, all or none.
  void ReadParts(size_t r) {
    const Record& record = program_.records[r];
    const Placement& placement = placements_[r];
    if (record.inputs.empty() || record.inputs[0] < 0 ||
        record.outputs.size() != placement.starts.size()) {
      return;
    }
    const auto whole = static_cast<size_t>(record.inputs[0]);
    const auto axis = static_cast<size_t>(placement.axis);
    if (IsConstant(whole)) {
      return;
    }
    std::vector<Link> links;
    for (size_t i = 0; i < record.outputs.size(); ++i) {
      const auto part = static_cast<size_t>(record.outputs[i]);
      const int64_t start = placement.starts[i];
      if (!IsPart(part, whole, axis) || port_[part] || start < 0 ||
          start > ShapeOf(whole)[axis] - ShapeOf(part)[axis]) {
        return;
      }
      const Link::Kind kind = KindOfParts(ShapeOf(whole), axis);
      const bool fits = kind == Link::kRun        ? IsDense(whole)
                        : kind == Link::kChannels ? ReadersTakeRows(part)
                                                  : false;
      if (!fits) {
        return;
      }
      const int64_t step =
          kind == Link::kRun ? Product(ShapeOf(whole), axis + 1, ShapeOf(whole).size()) : 1;
      links.push_back({kind, whole, start * step});
    }
    for (size_t i = 0; i < links.size(); ++i) {
      links_[static_cast<size_t>(record.outputs[i])] = links[i];
      needs_dense_[whole] = needs_dense_[whole] || links[i].kind == Link::kRun;
    }
    layout_.skip[r] = true;
  }

  // Inputs of a concatenation are written where its output has them, each one that can be.
  void WriteParts(size_t r) {
    const Record& record = program_.records[r];
    const auto whole = static_cast<size_t>(record.outputs[0]);
    const auto axis = static_cast<size_t>(placements_[r].axis);
    int64_t total = 0;
    for (const int32_t t : record.inputs) {
      if (t < 0 || !IsPart(static_cast<size_t>(t), whole, axis)) {
        return;
      }
      total += ShapeOf(static_cast<size_t>(t))[axis];
    }
    const Link::Kind kind = KindOfParts(ShapeOf(whole), axis);
    if (total != ShapeOf(whole)[axis] || kind == Link::kNone ||
        (kind == Link::kRun && !IsDense(whole))) {
      return;
    }
    const int64_t step =
        kind == Link::kRun ? Product(ShapeOf(whole), axis + 1, ShapeOf(whole).size()) : 1;
    int64_t start = 0;
    size_t placed = 0;
    for (size_t i = 0; i < record.inputs.size();) {
      const size_t parts = Place(record, i, whole, {kind, whole, start * step}, axis);
      placed += parts;
      for (size_t end = i + std::max<size_t>(parts, 1); i < end; ++i) {
        start += ShapeOf(static_cast<size_t>(record.inputs[i]))[axis];
      }
    }
    layout_.skip[r] = placed == record.inputs.size();
  }

  // Places input i, or a tensor whose parts inputs i, i + 1, ... are; gives the number of inputs
  // placed.
  size_t Place(const Record& record, size_t i, size_t whole, const Link& link, size_t axis) {
    auto t = static_cast<size_t>(record.inputs[i]);
    size_t parts = 1;
    if (link.kind == Link::kChannels && links_[t].kind == Link::kChannels) {
      const size_t source = links_[t].parent;
      int64_t covered = 0;
      for (parts = 0; i + parts < record.inputs.size(); ++parts) {
        const auto part = static_cast<size_t>(record.inputs[i + parts]);
        if (links_[part].kind != Link::kChannels || links_[part].parent != source ||
            links_[part].offset != covered) {
          break;
        }
        covered += ShapeOf(part)[axis];
      }
      if (covered != LastDim(ShapeOf(source))) {
        return 0;
      }
      t = source;
    } else if (link.kind == Link::kRun) {
      while (links_[t].kind == Link::kSame && !port_[t]) {
        t = links_[t].parent;
      }
    }
    const bool once = std::count(record.inputs.begin(), record.inputs.end(), record.inputs[i]) == 1;
    const bool free = links_[t].kind == Link::kNone && !port_[t] && !IsConstant(t) &&
                      producer_[t] >= 0 && !LiesIn(whole, t) && once;
    const bool fits = link.kind == Link::kRun ||
                      (!needs_dense_[t] && ProducerWritesRows(t) && ReadersTakeRows(t));
    if (!free || !fits) {
      return 0;
    }
    links_[t] = link;
    return parts;
  }

  bool LiesIn(size_t t, size_t outer) const {
    while (t != outer && links_[t].kind != Link::kNone) {
      t = links_[t].parent;
    }
    return t == outer;
  }

  const Program& program_;
  std::vector<Placement> placements_;                            // by record
  std::vector<Link> links_;                                      // by tensor
  std::vector<std::vector<std::pair<size_t, size_t>>> readers_;  // by tensor: record, input
  std::vector<int64_t> producer_;                                // by tensor: a record, or -1
  std::vector<bool> port_, needs_dense_;                         // by tensor
  Layout layout_;
};

}  // namespace

Layout PlanLayout(const Program& program, Sharing sharing) {
  if (sharing == Sharing::kInPlace) {
    return Planner(program).Plan();
  }
  Layout layout;
  for (size_t t = 0; t < program.tensors.size(); ++t) {
    layout.place.push_back({t, 0});
    layout.pitch.push_back(LastDim(program.tensors[t].shape));
  }
  layout.skip.assign(program.records.size(), false);
  return layout;
}

}  // namespace plumb::runtime
