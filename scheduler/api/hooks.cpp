#include "scheduler/api/hooks.hpp"

namespace interleave::hooks {
namespace {

constinit const BeforeExecution* first_call = nullptr;
constinit const Basis* first_basis = nullptr;
constinit const Explainer* first_explainer = nullptr;

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

Explainer::Explainer(const char* kind, Function function) : kind_(kind), function_(function), next_(first_explainer) {
  first_explainer = this;
}

std::string Explainer::explain(const std::string& kind, std::span<const ThreadState> threads, std::span<const TraceEvent> trace,
                               const std::string& otherwise) {
  std::string text;
  for (const Explainer* each = first_explainer; each != nullptr && text.empty(); each = each->next_)
    if (kind == each->kind_) text = each->function_(threads, trace);
  return text.empty() ? otherwise : text;
}

}  // namespace interleave::hooks
