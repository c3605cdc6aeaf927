#include <interleave/scheduler/framework.hpp>

#include <utility>

#include "scheduler/support/tsan_ignored_mutex.hpp"

namespace interleave::detail {
namespace {

// Written before main, by the adapter's registration.
constinit FrameworkHooks framework;

constinit real::TsanIgnoredMutex framework_mutex;

}  // namespace

void set_framework(FrameworkHooks hooks) noexcept { framework = hooks; }

bool has_framework() noexcept { return framework.fail != nullptr; }
unsigned framework_columns() noexcept { return framework.columns; }

void deliver_failure(const std::string& text, Report report, SourceLocation where) {
  if (framework.fail != nullptr) framework.fail(text.c_str(), where.file, where.line);
  throw Failed(text, std::move(report));
}

FrameworkTurn::FrameworkTurn() : taken_(!modelled()) {
  if (taken_) framework_mutex.lock();
}

FrameworkTurn::~FrameworkTurn() {
  if (taken_) framework_mutex.unlock();
}

}  // namespace interleave::detail
