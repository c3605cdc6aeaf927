// The public API where there is no model: libinterleave_stress.a, linked with ThreadSanitizer. Each function is its twin of
// stress.hpp; the same names in libinterleave.so are the engine's.
#include <string>
#include <utility>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/framework.hpp>
#include <interleave/scheduler/services.hpp>
#include "scheduler/stress/stress.hpp"

namespace interleave {

Report explore(std::function<void()> body, Options options, SourceLocation where) {
  return stress(std::move(body), std::move(options), where);
}

void check(std::function<void()> body, Options options, SourceLocation where) {
  if (options.name.empty()) options.name = real::default_name(where);
  const std::string name = options.name;
  Report report = stress(std::move(body), std::move(options), where);
  if (report.verdict == Verdict::pass) return;
  const std::string text = real::describe(report, name);
  detail::deliver_failure(text, std::move(report), where);
}

void require(bool holds, std::string_view message, SourceLocation where) { real::require(holds, message, where); }
void assertion_failed(std::string_view text, SourceLocation where) {
  detail::framework_assertion_failed(std::string(text).c_str(), where.file, where.line);
}
std::size_t choose(std::size_t n) { return real::choose(n); }
void outcome(std::string value) { real::outcome(value); }
void note(std::string) {}
void name_thread(std::string name) { real::name_thread(name); }
bool modelled() noexcept { return false; }
void parallel(const std::vector<std::function<void()>>& bodies) { real::parallel(bodies); }

namespace detail {

Report explore_unsaid(const std::function<void()>& body, Options options, SourceLocation where) {
  return stress(body, std::move(options), where);
}

std::vector<RegisteredStrategy> registered_strategies() { return {}; }
void fail(std::string_view kind, std::string_view message, SourceLocation where) { real::fail(kind, message, where); }
std::uint64_t thread_key() noexcept { return real::thread_key(); }
std::string thread_label() { return real::thread_label(); }
void section_entered(std::uint64_t, std::size_t) noexcept {}
void section_left(std::uint64_t) noexcept {}

bool in_run() noexcept { return real::in_run(); }
void keep_framework_writes() noexcept {}
void unobserved(void (*call)(void*), void* data) {
  const FrameworkTurn turn;
  call(data);
}
bool may_unwind() noexcept { return real::may_unwind(); }

void framework_assertion_failed(const char* text, const char* file, unsigned line) {
  if (real::in_run()) real::fail("require", text, {file, line});
}

}  // namespace detail
}  // namespace interleave
