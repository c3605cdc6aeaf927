#include "scheduler/symbols/data_layout.hpp"

#include <dwarf.h>
#include <link.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "scheduler/symbols/debug_information.hpp"
#include "scheduler/symbols/stack_text.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave {
namespace {

constexpr unsigned depth_max = 24;  // of types within types

std::string_view name_of(const Dwarf_Die& die) {
  Dwarf_Die copy = die;
  const char* name = dwarf_diename(&copy);
  return name != nullptr ? name : "";
}

bool has(Dwarf_Die& die, unsigned attribute) { return dwarf_hasattr_integrate(&die, attribute) != 0; }

std::optional<std::uint64_t> number(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr_integrate(&die, name, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0) return std::nullopt;
  return value;
}

bool is_class(int tag) { return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type; }

// Names that a standard library reserves for itself: no reader knows them.
bool is_reserved(std::string_view name) {
  return name.starts_with("__") || (name.size() > 1 && name[0] == '_' && name[1] >= 'A' && name[1] <= 'Z') || name.starts_with("._");
}

// The type of a lambda's object; clang gives it no name, and g++ calls what it captures "__x".
bool is_closure(Dwarf_Die type) {
  const std::string_view name = name_of(type);
  return (name.empty() && dwarf_tag(&type) == DW_TAG_class_type) || name.starts_with("<lambda") || name.starts_with("{lambda");
}

std::string_view without_prefix(std::string_view name) {
  while (name.starts_with('_')) name.remove_prefix(1);
  return name;
}

// Classes of the standard library that refer to what others keep: no reader names an object by them.
bool only_refers(std::string_view type) {
  for (const std::string_view each :
       {"lock_guard<", "unique_lock<", "shared_lock<", "scoped_lock<", "weak_ptr<", "__weak_ptr<", "__normal_iterator<", "function<",
        "_Rb_tree_iterator<", "_List_iterator<", "initializer_list<", "basic_string_view<", "basic_string<", "_Guard"})
    if (type.starts_with(each)) return true;
  return false;
}

bool is_template(std::string_view type, std::string_view of) { return type.starts_with(of) && type.substr(of.size()).starts_with('<'); }

template <class F>
void each_child(Dwarf_Die& parent, F f) {
  Dwarf_Die child;
  for (int more = dwarf_child(&parent, &child); more == 0; more = dwarf_siblingof(&child, &child)) f(child);
}

const char* linkage_name(Dwarf_Die& die) {
  Dwarf_Attribute attribute;
  for (const unsigned wanted : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name})
    if (dwarf_attr_integrate(&die, wanted, &attribute) != nullptr) return dwarf_formstring(&attribute);
  return nullptr;
}

struct Location {
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
};

// The location of a variable where the program stands; `count` 0: it has none there, or one of several parts.
Location location(Dwarf_Die& die, unsigned name, Dwarf_Addr pc) {
  Dwarf_Attribute attribute;
  Location found;
  if (dwarf_attr_integrate(&die, name, &attribute) == nullptr) return {};
  if (dwarf_getlocation_addr(&attribute, pc, &found.operations, &found.count, 1) != 1) return {};
  return found;
}

bool is_register(const Dwarf_Op& operation) { return operation.atom >= DW_OP_reg0 && operation.atom <= DW_OP_reg31; }
bool is_based(const Dwarf_Op& operation) { return operation.atom >= DW_OP_breg0 && operation.atom <= DW_OP_breg31; }

std::optional<std::uintptr_t> register_value(unsigned number, const FrameState& frame) {
  if (number == 7) return frame.stack_pointer;
  const bool is_saved = number == 3 || number == 6 || (number >= 12 && number <= 15);
  return is_saved ? std::optional(frame.registers[number]) : std::nullopt;
}

std::optional<std::uintptr_t> frame_base(const Location& base, const FrameState& frame) {
  if (base.count != 1) return std::nullopt;
  if (base.operations->atom == DW_OP_call_frame_cfa) return frame.canonical_address;
  if (is_register(*base.operations)) return register_value(base.operations->atom - DW_OP_reg0, frame);
  if (!is_based(*base.operations)) return std::nullopt;
  const auto value = register_value(base.operations->atom - DW_OP_breg0, frame);
  return value ? std::optional(*value + base.operations->number) : std::nullopt;
}

}  // namespace

struct DataLayout::Inside {
  explicit Inside(Symbols& the_symbols) : symbols(the_symbols) {}

  // ---- types ----

  TypeId id_of(Dwarf_Die& type) {
    const auto [known, fresh] = ids.try_emplace(type.addr, static_cast<TypeId>(types.size()));
    if (fresh) types.push_back(type);
    return known->second;
  }

  // Without typedefs, const and volatile, and its definition where it is only declared.
  std::optional<Dwarf_Die> type_of(Dwarf_Die& die) {
    Dwarf_Attribute attribute;
    Dwarf_Die type, peeled;
    if (dwarf_attr_integrate(&die, DW_AT_type, &attribute) == nullptr || dwarf_formref_die(&attribute, &type) == nullptr)
      return std::nullopt;
    if (dwarf_peel_type(&type, &peeled) != 0) return std::nullopt;
    return defined(peeled);
  }

  Dwarf_Die defined(Dwarf_Die type) {
    if (!is_class(dwarf_tag(&type)) || dwarf_hasattr(&type, DW_AT_declaration) == 0) return type;
    const auto found = definitions.find(std::string(name_of(type)));
    return found != definitions.end() ? found->second : type;
  }

  static std::size_t size_of(Dwarf_Die type) {
    Dwarf_Word size = 0;
    return dwarf_aggregate_size(&type, &size) == 0 ? size : 0;
  }

  // ---- members ----

  struct Member {
    Dwarf_Die die;
    Dwarf_Die type;
    std::uintptr_t offset = 0;
    std::size_t size = 0;
    bool base = false, bits = false;
  };

  // Those of a class, its bases first; not static ones, and no virtual bases, whose place differs from object to object.
  std::vector<Member> members(Dwarf_Die& type) {
    std::vector<Member> found;
    const bool is_union = dwarf_tag(&type) == DW_TAG_union_type;
    each_child(type, [&](Dwarf_Die& child) {
      const int tag = dwarf_tag(&child);
      if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return;
      auto member_type = type_of(child);
      if (!member_type) return;
      Member member{.die = child, .type = *member_type, .size = size_of(*member_type), .base = tag == DW_TAG_inheritance};
      if (member.base && member.size == 1 && members(*member_type).empty()) return;  // it takes no room
      auto offset = number(child, DW_AT_data_member_location);
      if (const auto bits = number(child, DW_AT_bit_size)) {
        member.bits = true;
        if (const auto at = number(child, DW_AT_data_bit_offset)) {
          offset = *at / 8;
          member.size = (*at % 8 + *bits + 7) / 8;
        } else if (const auto from_top = number(child, DW_AT_bit_offset); from_top && offset) {
          const std::uint64_t at_bit = number(child, DW_AT_byte_size).value_or(member.size) * 8 - *from_top - *bits;
          offset = *offset + at_bit / 8;
          member.size = (at_bit % 8 + *bits + 7) / 8;
        }
      }
      if (!offset && !is_union && (has(child, DW_AT_external) || has(child, DW_AT_declaration) || has(child, DW_AT_data_member_location)))
        return;
      member.offset = offset.value_or(0);
      found.push_back(member);
    });
    // A type that is only declared has no size: it takes what room there is.
    const std::size_t whole = size_of(type);
    for (Member& member : found) {
      if (member.size != 0 || member.bits) continue;
      std::uintptr_t end = whole;
      for (const Member& other : found)
        if (other.offset > member.offset) end = std::min(end, other.offset);
      member.size = end > member.offset ? end - member.offset : 0;
    }
    std::stable_sort(found.begin(), found.end(), [](const Member& a, const Member& b) { return a.base && !b.base; });
    return found;
  }

  struct Array {
    Dwarf_Die element;
    std::size_t size = 0;                // of an element
    std::vector<std::uint64_t> counts;   // a dimension each; 0: not known
  };

  std::optional<Array> array(Dwarf_Die& type) {
    const auto element = type_of(type);
    if (!element) return std::nullopt;
    Array found{.element = *element, .size = size_of(*element), .counts = {}};
    each_child(type, [&](Dwarf_Die& child) {
      if (dwarf_tag(&child) != DW_TAG_subrange_type) return;
      const auto count = number(child, DW_AT_count), last = number(child, DW_AT_upper_bound);
      found.counts.push_back(count ? *count : last ? *last + 1 : 0);
    });
    return found.size == 0 || found.counts.empty() ? std::nullopt : std::optional(found);
  }

  // A step from a type into a part of it.
  struct Step {
    std::string path;      // empty: nothing that a reader knows by name
    Dwarf_Die type;
    std::uintptr_t offset = 0;
    bool hidden = false;   // within what a standard type does not show
  };

  static std::string member_path(Dwarf_Die& of, const Member& member) {
    const std::string_view name = name_of(member.die);
    if (member.base) {
      constexpr std::string_view head = "_Head_base<";  // of std::tuple
      const std::string_view base = name_of(member.type);
      if (!base.starts_with(head)) return "";
      const std::string_view index = base.substr(head.size(), base.find_first_not_of("0123456789", head.size()) - head.size());
      return fmt::format(".get<{}>()", index);
    }
    if (name.empty()) return "";
    if (is_closure(of)) return "." + std::string(without_prefix(name));
    return is_reserved(name) ? "" : "." + std::string(name);
  }

  // Into the part that holds the bytes; nothing: there is none, or they are more than a part.
  std::optional<Step> into(Dwarf_Die& type, std::uintptr_t offset, std::size_t size, bool hidden) {
    const std::size_t bytes = std::max<std::size_t>(size, 1);
    const int tag = dwarf_tag(&type);
    if (tag == DW_TAG_array_type) {
      const auto found = array(type);
      if (!found) return std::nullopt;
      std::uint64_t index = offset / found->size;
      const std::uintptr_t rest = offset % found->size;
      if (rest + bytes > found->size) return std::nullopt;
      std::string path;
      for (std::size_t i = found->counts.size(); i-- > 0;) {
        const std::uint64_t count = i == 0 || found->counts[i] == 0 ? ~std::uint64_t{0} : found->counts[i];
        path.insert(0, fmt::format("[{}]", index % count));
        index /= count;
      }
      return Step{hidden ? "" : path, found->element, rest, hidden};
    }
    if (!is_class(tag)) return std::nullopt;
    const std::vector<Member> all = members(type);
    const auto holds = [&](const Member& m) { return offset >= m.offset && offset + bytes <= m.offset + m.size; };
    auto found = std::find_if(all.begin(), all.end(), [&](const Member& m) { return holds(m) && m.size == size && m.offset == offset; });
    if (found == all.end() || tag != DW_TAG_union_type) found = std::find_if(all.begin(), all.end(), holds);
    if (found == all.end() || found->bits) return bit_fields(type, all, offset, bytes);
    const std::string path = hidden && found->base ? "" : member_path(type, *found);
    const std::string_view name = name_of(found->die);
    const bool is_hidden = path.empty() && !found->base && !name.empty();
    const bool shows = is_template(name_of(type), "array");  // std::array shows its elements
    return Step{path, found->type, offset - found->offset, (hidden || is_hidden) && !shows && path.empty()};
  }

  static std::optional<Step> bit_fields(Dwarf_Die&, const std::vector<Member>& all, std::uintptr_t offset, std::size_t bytes) {
    std::string names;
    const Member* first = nullptr;
    for (const Member& m : all) {
      if (!m.bits || m.offset >= offset + bytes || offset >= m.offset + m.size) continue;
      if (first == nullptr) first = &m;
      const std::string_view name = name_of(m.die);
      if (!name.empty()) names += (names.empty() ? "." : "|") + std::string(name);
    }
    if (first == nullptr) return std::nullopt;
    return Step{names, first->type, 0, false};
  }

  // ---- variables of calls ----

  struct Local {
    std::string name, function;
    TypeId type = no_type;
    std::size_t size = 0;
    Location where, base;
    bool closure = false, in_scope = true;
  };

  void add_local(Dwarf_Die& variable, Dwarf_Die& function, const Location& base, Dwarf_Addr pc, bool in_scope, std::vector<Local>& to) {
    const Location where = location(variable, DW_AT_location, pc);
    if (where.count == 0 || where.count > 2) return;
    const std::string_view name = name_of(variable);
    auto type = type_of(variable);
    if (name.empty() || !type) return;
    const char* of = linkage_name(function);
    if (of == nullptr) of = dwarf_diename(&function);
    std::size_t size = size_of(*type);
    const int tag = dwarf_tag(&*type);
    if (tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type) size = sizeof(void*);
    bool closure = name == "__closure";
    if (name == "this" && tag == DW_TAG_pointer_type)
      if (auto pointee = type_of(*type)) closure = is_closure(*pointee);
    to.push_back({std::string(name), of != nullptr ? demangled(of) : "", id_of(*type), size, where, base, closure, in_scope});
  }

  void list_locals(Dwarf_Die& parent, Dwarf_Die& function, const Location& base, Dwarf_Addr pc, bool in_scope, std::vector<Local>& to) {
    each_child(parent, [&](Dwarf_Die& child) {
      switch (dwarf_tag(&child)) {
        case DW_TAG_variable:
        case DW_TAG_formal_parameter: add_local(child, function, base, pc, in_scope, to); break;
        case DW_TAG_inlined_subroutine: list_locals(child, child, base, pc, in_scope && dwarf_haspc(&child, pc) > 0, to); break;
        case DW_TAG_lexical_block: list_locals(child, function, base, pc, in_scope && dwarf_haspc(&child, pc) > 0, to); break;
        default: break;
      }
    });
  }

  const std::vector<Local>& locals(const void* return_address) {
    const auto [known, fresh] = locals_at.try_emplace(return_address);
    if (!fresh) return known->second;
    FunctionAt at{};
    const auto* call = reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(return_address) - 1);
    if (!symbols.function_at(call, at)) return known->second;
    read(call);
    list_locals(at.function, at.function, location(at.function, DW_AT_frame_base, at.pc), at.pc, true, known->second);
    // What the optimiser has moved is found by its place all the same, but after what is in scope.
    std::stable_sort(known->second.begin(), known->second.end(), [](const Local& a, const Local& b) { return !a.in_scope && b.in_scope; });
    return known->second;
  }

  // ---- global variables ----

  struct Global {
    std::uintptr_t address = 0;
    std::size_t size = 0;
    TypeId type = no_type;
    std::string name;
  };

  // Of one that another unit defines.
  void declare(Dwarf_Die& die, const std::string& scope) {
    const std::string_view name = name_of(die);
    auto type = name.empty() ? std::nullopt : type_of(die);
    if (!type) return;
    const char* linked = linkage_name(die);
    declared.try_emplace(linked != nullptr ? demangled(linked) : scope + std::string(name), id_of(*type));
  }

  void add_global(Dwarf_Die& die, const std::string& scope, Dwarf_Addr bias) {
    Dwarf_Attribute attribute;
    Dwarf_Op* operations = nullptr;
    std::size_t count = 0;
    if (dwarf_attr(&die, DW_AT_location, &attribute) == nullptr) return declare(die, scope);
    if (dwarf_getlocation(&attribute, &operations, &count) != 0 || count == 0) return;
    const auto last = operations[count - 1].atom;
    const bool per_thread = last == DW_OP_form_tls_address || last == DW_OP_GNU_push_tls_address;
    if (!per_thread && (count != 1 || (last != DW_OP_addr && last != DW_OP_addrx && last != DW_OP_GNU_addr_index))) return;
    auto type = type_of(die);
    const std::string_view name = name_of(die);
    if (!type || name.empty()) return;
    std::uintptr_t address = operations[0].number;
    if (last != DW_OP_addr && !per_thread) {
      Dwarf_Attribute indexed;
      if (dwarf_getlocation_attr(&attribute, operations, &indexed) != 0 || dwarf_formaddr(&indexed, &address) != 0) return;
    }
    const char* linked = linkage_name(die);
    const Global global{per_thread ? address : address + bias, size_of(*type), id_of(*type),
                        linked != nullptr ? demangled(linked) : scope + std::string(name)};
    (per_thread ? thread_locals : globals)[global.address] = global;
  }

  void read(Dwarf_Die& parent, const std::string& scope, Dwarf_Addr bias) {
    each_child(parent, [&](Dwarf_Die& child) {
      switch (dwarf_tag(&child)) {
        case DW_TAG_variable: add_global(child, scope, bias); break;
        case DW_TAG_namespace: {
          const std::string_view name = name_of(child);
          read(child, scope + (name.empty() ? "(anonymous namespace)" : std::string(name)) + "::", bias);
          break;
        }
        case DW_TAG_structure_type:
        case DW_TAG_class_type:
        case DW_TAG_union_type: {
          const std::string name(name_of(child));
          if (!name.empty() && dwarf_hasattr(&child, DW_AT_declaration) == 0) definitions.try_emplace(name, child);
          if (dwarf_haschildren(&child) > 0) read(child, scope + name + "::", bias);
          break;
        }
        case DW_TAG_subprogram:
        case DW_TAG_inlined_subroutine:
        case DW_TAG_lexical_block:
          if (dwarf_haschildren(&child) > 0) read(child, scope, bias);
          break;
        default: break;
      }
    });
  }

  // The unit that has the code.
  void read(const void* code) {
    UnitAt at{};
    if (!symbols.unit_at(code, at) || !units.insert(at.unit.addr).second) return;
    read(at.unit, "", at.bias);
    pointers_listed = false;
  }

  const Global* global_at(std::uintptr_t address) {
    auto after = globals.upper_bound(address);
    if (after == globals.begin()) return nullptr;
    const Global& before = std::prev(after)->second;
    return address - before.address < std::max<std::size_t>(before.size, 1) ? &before : nullptr;
  }

  // ---- pointers ----

  void each_pointer(Dwarf_Die type, std::uintptr_t offset, const std::string& path, const void* owner, PointerMember::Kind kind,
                    bool hidden, unsigned depth, const std::function<void(const PointerMember&)>& f) {
    if (depth > depth_max) return;
    const int tag = dwarf_tag(&type);
    if (tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type) {
      auto pointee = type_of(type);
      if (!pointee) return;  // void
      const int to = dwarf_tag(&*pointee);
      const std::string_view name = name_of(*pointee);
      if (to == DW_TAG_subroutine_type || (to == DW_TAG_base_type && size_of(*pointee) == 1 && hidden)) return;
      if (is_template(name, "_Sp_counted_base")) kind = PointerMember::counts;
      else if (pointee->addr == owner) kind = PointerMember::changing;
      else if (tag != DW_TAG_pointer_type && kind == PointerMember::single) kind = PointerMember::reference;
      f({offset, path, id_of(*pointee), kind});
      return;
    }
    if (tag == DW_TAG_array_type) {
      constexpr std::uint64_t shown_max = 64;
      const auto found = array(type);
      if (!found || found->counts.size() != 1) return;
      for (std::uint64_t i = 0; i < std::min(found->counts[0], shown_max); ++i)
        each_pointer(found->element, offset + i * found->size, path + (hidden ? "" : fmt::format("[{}]", i)), owner, kind, hidden,
                     depth + 1, f);
      return;
    }
    if (!is_class(tag)) return;
    const std::string_view name = name_of(type);
    if (only_refers(name)) return;
    if (is_template(name, "atomic") || is_template(name, "__atomic_base")) kind = PointerMember::changing;
    if (is_template(name, "vector")) kind = PointerMember::elements;
    if (is_template(name, "deque") || is_template(name, "list") || is_template(name, "map") || is_template(name, "set") ||
        is_template(name, "multimap") || is_template(name, "multiset") || name.starts_with("unordered_"))
      kind = PointerMember::nodes;
    const bool is_union = tag == DW_TAG_union_type;
    for (Member& member : members(type)) {
      const std::string own = hidden && member.base ? "" : member_path(type, member);
      const std::string_view member_name = name_of(member.die);
      if (member_name.starts_with("_vptr") || member_name == "_M_finish" || member_name == "_M_end_of_storage" ||
          member_name == "_M_last") {
        if (kind != PointerMember::nodes || member_name != "_M_finish") continue;
      }
      if (is_union && hidden && member.type.addr != nullptr && member_name == "_M_local_buf") continue;
      const bool is_hidden = hidden || (own.empty() && !member.base && !member_name.empty());
      const bool shows = is_template(name, "array") || !own.empty();
      // A base stands for the object of which it is a part: a pointer to it leads to one of the same kind.
      each_pointer(member.type, offset + member.offset, path + own,
                   member.base   ? owner
                   : own.empty() ? owner
                                 : type.addr,
                   kind, is_hidden && !shows, depth + 1, f);
    }
  }

  // ---- data ----

  Symbols& symbols;
  std::unordered_map<const void*, TypeId> ids;
  std::vector<Dwarf_Die> types;
  std::unordered_map<std::string, Dwarf_Die> definitions;  // by name, of the units that were read
  std::unordered_map<const void*, std::vector<Local>> locals_at;
  std::map<std::string, TypeId> declared;
  std::set<const void*> units;
  std::map<std::uintptr_t, Global> globals, thread_locals;  // by address; by offset in the module's block
  std::vector<Variable> with_pointers;
  bool pointers_listed = false;
};

DataLayout::DataLayout(Symbols& symbols) : inside_(std::make_unique<Inside>(symbols)) {}
DataLayout::~DataLayout() = default;

std::vector<Variable> DataLayout::variables(const FrameState& frame) {
  std::vector<Variable> found;
  for (const Inside::Local& local : inside_->locals(frame.return_address)) {
    Variable variable{.name = local.name,
                      .function = local.function,
                      .type = local.type,
                      .size = local.size,
                      .in_scope = local.in_scope,
                      .closure = local.closure};
    const Dwarf_Op& first = local.where.operations[0];
    const bool computed = local.where.count == 2 && local.where.operations[1].atom == DW_OP_stack_value;
    if (local.where.count == 2 && !computed) continue;
    std::optional<std::uintptr_t> place;
    if (first.atom == DW_OP_fbreg) {
      if (const auto base = frame_base(local.base, frame)) place = *base + first.number;
    } else if (is_based(first)) {
      if (const auto base = register_value(first.atom - DW_OP_breg0, frame)) place = *base + first.number;
    } else if (is_register(first)) {
      const auto value = register_value(first.atom - DW_OP_reg0, frame);
      if (!value || local.size > sizeof(void*)) continue;
      variable.value = *value;
      found.push_back(std::move(variable));
      continue;
    }
    if (!place || *place == 0) continue;
    (computed ? variable.value : variable.address) = *place;
    found.push_back(std::move(variable));
  }
  return found;
}

void DataLayout::read(const void* code) { inside_->read(code); }

TypeId DataLayout::declared(const std::string& name) {
  const auto found = inside_->declared.find(name);
  return found != inside_->declared.end() ? found->second : no_type;
}

std::optional<Variable> DataLayout::global(const void* address) {
  const Inside::Global* found = inside_->global_at(reinterpret_cast<std::uintptr_t>(address));
  if (found == nullptr) return std::nullopt;
  return Variable{.name = found->name, .function = {}, .type = found->type, .size = found->size, .address = found->address};
}

const std::vector<Variable>& DataLayout::globals_with_pointers() {
  if (std::exchange(inside_->pointers_listed, true)) return inside_->with_pointers;
  inside_->with_pointers.clear();
  for (const auto& [address, global] : inside_->globals) {
    bool any = false;
    each_pointer(global.type, [&](const PointerMember&) { any = true; });
    if (any)
      inside_->with_pointers.push_back({.name = global.name, .function = {}, .type = global.type, .size = global.size, .address = address});
  }
  return inside_->with_pointers;
}

// The program's own block ends at the thread pointer, as far as its alignment allows.
std::uintptr_t DataLayout::thread_local_offset(std::uintptr_t before_thread_pointer) const {
  std::uintptr_t size = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* to) {
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr)& segment = info->dlpi_phdr[i];
          const std::uintptr_t alignment = std::max<std::uintptr_t>(segment.p_align, 1);
          if (segment.p_type == PT_TLS) *static_cast<std::uintptr_t*>(to) = (segment.p_memsz + alignment - 1) / alignment * alignment;
        }
        return 1;
      },
      &size);
  return size - before_thread_pointer;
}

std::optional<Variable> DataLayout::thread_local_variable(std::uintptr_t before_thread_pointer) {
  const std::uintptr_t offset = thread_local_offset(before_thread_pointer);
  const auto after = inside_->thread_locals.upper_bound(offset);
  if (after == inside_->thread_locals.begin()) return std::nullopt;
  const Inside::Global& found = std::prev(after)->second;
  if (offset - found.address >= std::max<std::size_t>(found.size, 1)) return std::nullopt;
  return Variable{.name = found.name, .function = {}, .type = found.type, .size = found.size, .address = found.address};
}

std::string DataLayout::part(TypeId type, std::uintptr_t offset, std::size_t size) {
  const auto rest = [&] { return offset == 0 ? std::string() : fmt::format("+{}", offset); };
  if (type == no_type) return rest();
  Dwarf_Die at = inside_->types[type];
  std::string path;
  bool hidden = false;
  for (unsigned depth = 0; depth < depth_max; ++depth) {
    const auto next = inside_->into(at, offset, size, hidden);
    if (!next) break;
    path += next->path;
    at = next->type;
    offset = next->offset;
    hidden = next->hidden;
  }
  return hidden ? path : path + rest();
}

namespace {

// An enumerator's name for a value; empty: it has none.
std::string enumerator(Dwarf_Die& type, std::uint64_t value) {
  std::string found;
  each_child(type, [&](Dwarf_Die& child) {
    if (dwarf_tag(&child) == DW_TAG_enumerator && found.empty() && number(child, DW_AT_const_value) == value) found = name_of(child);
  });
  return found;
}

}  // namespace

TypeId DataLayout::innermost(TypeId type, std::uintptr_t offset) {
  if (type == no_type) return no_type;
  Dwarf_Die at = inside_->types[type];
  for (unsigned depth = 0; depth < depth_max; ++depth) {
    const auto next = inside_->into(at, offset, 0, true);
    if (!next) break;
    at = next->type;
    offset = next->offset;
  }
  return offset == 0 ? inside_->id_of(at) : no_type;
}

std::string DataLayout::value(TypeId type, std::uint64_t value) {
  if (type == no_type) return "";
  Dwarf_Die at = inside_->types[type];
  const int tag = dwarf_tag(&at);
  if (tag == DW_TAG_pointer_type) return value == 0 ? "nullptr" : "";
  if (tag == DW_TAG_enumeration_type) return enumerator(at, value);
  const auto encoding = tag == DW_TAG_base_type ? number(at, DW_AT_encoding) : std::nullopt;
  if (!encoding) return "";
  const std::size_t size = Inside::size_of(at);
  if (*encoding == DW_ATE_boolean && value <= 1) return value == 0 ? "false" : "true";
  if ((*encoding == DW_ATE_signed || *encoding == DW_ATE_signed_char) && size <= 8 && size > 0) {
    const unsigned unused = static_cast<unsigned>(64 - size * 8);
    return std::to_string(static_cast<std::int64_t>(value << unused) >> unused);
  }
  if (*encoding == DW_ATE_float && size == sizeof(double)) return fmt::format("{}", std::bit_cast<double>(value));
  if (*encoding == DW_ATE_float && size == sizeof(float)) return fmt::format("{}", std::bit_cast<float>(static_cast<std::uint32_t>(value)));
  if (*encoding == DW_ATE_unsigned || *encoding == DW_ATE_unsigned_char) return std::to_string(value);
  return "";
}

bool DataLayout::within(TypeId type, std::uintptr_t offset, std::string_view class_name) {
  if (type == no_type) return false;
  Dwarf_Die at = inside_->types[type];
  for (unsigned depth = 0; depth < depth_max; ++depth) {
    if (name_of(at) == class_name) return true;
    const auto next = inside_->into(at, offset, 0, false);
    if (!next) return false;
    at = next->type;
    offset = next->offset;
  }
  return false;
}

std::string DataLayout::name(TypeId type) {
  if (type == no_type) return "";
  Dwarf_Die at = inside_->types[type];
  const std::string_view name = name_of(at);
  return !is_class(dwarf_tag(&at)) || is_closure(at) ? "" : std::string(name.substr(0, name.find('<')));
}

std::size_t DataLayout::size(TypeId type) { return type == no_type ? 0 : Inside::size_of(inside_->types[type]); }

std::optional<TypeId> DataLayout::pointee(TypeId type) {
  if (type == no_type) return std::nullopt;
  Dwarf_Die at = inside_->types[type];
  const int tag = dwarf_tag(&at);
  if (tag != DW_TAG_pointer_type && tag != DW_TAG_reference_type && tag != DW_TAG_rvalue_reference_type) return std::nullopt;
  auto to = inside_->type_of(at);
  return to ? std::optional(inside_->id_of(*to)) : std::nullopt;
}

void DataLayout::each_pointer(TypeId type, const std::function<void(const PointerMember&)>& f) {
  if (type != no_type) inside_->each_pointer(inside_->types[type], 0, "", nullptr, PointerMember::single, false, 0, f);
}

}  // namespace interleave
