#include "scheduler/api/uncaught.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <interleave/interleave.hpp>

namespace interleave {
namespace {

// The one that every program has, unless it sets its own.
const std::terminate_handler original = std::get_terminate();

std::string& printed() {
  static auto* text = new std::string;
  return *text;
}

[[noreturn]] void end_with(int status, const std::string& text) {
  std::fflush(stdout);
  if (!text.empty()) std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
  std::_Exit(status);
}

[[noreturn]] void on_uncaught() {
  if (std::current_exception() != nullptr) {
    try {
      throw;
    } catch (const Failed& failed) {
      end_with(1, failed.what() == printed() ? "" : failed.what());
    } catch (const UsageError& error) {
      end_with(2, std::string("interleave: ") + error.what());
    } catch (...) {
    }
  }
  original();
  std::abort();
}

}  // namespace

void watch_uncaught() {
  if (std::get_terminate() == original) std::set_terminate(&on_uncaught);
}

void was_printed(const std::string& text) { printed() = text; }

}  // namespace interleave
