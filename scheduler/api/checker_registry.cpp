#include "scheduler/api/checker_registry.hpp"

#include <algorithm>

#include <interleave/scheduler/services.hpp>
#include "scheduler/support/did_you_mean.hpp"

namespace interleave::hooks {
namespace {

constinit const BeforeExecution* first_call = nullptr;
constinit const Basis* first_basis = nullptr;
constinit const Checker* first_checker = nullptr;

}  // namespace

BeforeExecution::BeforeExecution(void (*call)()) : call_(call), next_(first_call) { first_call = this; }

void BeforeExecution::call_all() {
  for (const BeforeExecution* each = first_call; each != nullptr; each = each->next_) each->call_();
}

Basis::Basis(void (*begin)(const Options&), void (*tell)(Report&)) : begin_(begin), tell_(tell), next_(first_basis) { first_basis = this; }

void Basis::begin_all(const Options& options) {
  for (const Basis* each = first_basis; each != nullptr; each = each->next_)
    if (each->begin_ != nullptr) each->begin_(options);
}

void Basis::tell_all(Report& report) {
  for (const Basis* each = first_basis; each != nullptr; each = each->next_)
    if (each->tell_ != nullptr) each->tell_(report);
}

namespace {

constexpr std::string_view off = "no-";

// Calls `f(name, on)` for each name of a list such as "lock-order,no-deadlock".
template <class F>
void each_name(std::string_view checks, F f) {
  while (!checks.empty()) {
    const std::string_view word = checks.substr(0, checks.find(','));
    checks.remove_prefix(std::min(checks.size(), word.size() + 1));
    if (word.empty()) continue;
    const bool on = !word.starts_with(off);
    f(on ? word : word.substr(off.size()), on);
  }
}

}  // namespace

Checker::Checker(const Declaration& declaration) : declaration_(declaration), next_(first_checker) { first_checker = this; }

std::vector<const Checker::Declaration*> Checker::all() {
  std::vector<const Declaration*> list;
  for (const Checker* each = first_checker; each != nullptr; each = each->next_) list.push_back(&each->declaration_);
  std::sort(list.begin(), list.end(), [](const Declaration* a, const Declaration* b) { return std::string_view(a->name) < b->name; });
  return list;
}

void Checker::validate(std::string_view checks, std::string_view what) {
  const auto known = all();
  each_name(checks, [&](std::string_view name, bool) {
    if (std::any_of(known.begin(), known.end(), [&](const Declaration* each) { return each->name == name; })) return;
    const auto nearest = std::min_element(known.begin(), known.end(), [&](const Declaration* a, const Declaration* b) {
      return engine::edit_distance(name, a->name) < engine::edit_distance(name, b->name);
    });
    throw UsageError(std::string(what) + "=" + std::string(checks) + ": there is no checker '" + std::string(name) + "'; " +
                     (nearest == known.end() ? "none is registered"
                                             : engine::nearest_sentence(name, {(*nearest)->name}) + " (interleave checkers names them all)"));
  });
}

bool Checker::is_on(const Declaration& declaration, std::string_view checks) {
  bool result = declaration.by_default;
  each_name(checks, [&](std::string_view name, bool on) {
    if (declaration.name == name) result = on;  // the last one counts
  });
  return result;
}

std::vector<std::shared_ptr<Observer>> Checker::observers(std::string_view checks) {
  std::vector<std::shared_ptr<Observer>> list;
  for (const Declaration* each : all())
    if (each->observer != nullptr && is_on(*each, checks)) list.push_back(each->observer());
  return list;
}

std::size_t Checker::watching_steps(std::string_view checks) {
  const auto list = all();
  return static_cast<std::size_t>(
      std::count_if(list.begin(), list.end(), [&](const Declaration* each) { return each->observer != nullptr && is_on(*each, checks); }));
}

std::string Checker::explain(std::string_view checks, const std::string& kind, std::span<const ThreadState> threads,
                             std::span<const TraceEvent> trace, const std::string& otherwise) {
  std::string text;
  for (const Declaration* each : all())
    if (text.empty() && each->kind != nullptr && kind == each->kind && is_on(*each, checks)) text = each->explanation(threads, trace);
  return text.empty() ? otherwise : text;
}

}  // namespace interleave::hooks

namespace interleave::detail {

std::vector<RegisteredChecker> registered_checkers() {
  std::vector<RegisteredChecker> list;
  for (const auto* each : hooks::Checker::all()) list.push_back({each->name, each->help, each->watches, each->by_default});
  return list;
}

void validate_checks(std::string_view checks, std::string_view what) { hooks::Checker::validate(checks, what); }

}  // namespace interleave::detail
