#include "scheduler/modules/instrumentation_check.hpp"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include "scheduler/modules/dynamic_section.hpp"
#include "scheduler/modules/instrumented.hpp"
#include "scheduler/modules/code_origin.hpp"

namespace interleave::engine {
namespace {

// A sanitizer that watches memory or threads by replacing what we replace. (UndefinedBehaviorSanitizer replaces nothing.)
struct Sanitizer {
  const char* name;
  const char* flag;
  const char* function;  // that only its runtime defines
};

constexpr Sanitizer others[] = {
    {"ThreadSanitizer", "thread", "__tsan_func_entry"},
#if !INTERLEAVE_SANITIZED  // the engine itself is, in preset asan
    {"AddressSanitizer", "address", "__asan_init"},
    {"LeakSanitizer", "leak", "__lsan_init"},
#endif
    {"HWAddressSanitizer", "hwaddress", "__hwasan_init"},
    {"MemorySanitizer", "memory", "__msan_init"},
};

// The file of the module that defines a function; empty if none does, or the engine itself.
std::string_view foreign_definition(void* handle, const char* function) {
  Dl_info found, here;
  void* const address = dlsym(handle, function);
  if (address == nullptr || dladdr(address, &found) == 0 || dladdr(reinterpret_cast<void*>(&foreign_definition), &here) == 0) return {};
  return found.dli_fbase == here.dli_fbase ? std::string_view{} : std::string_view(found.dli_fname);
}

// Which modules have been linked with the runtime: those that need its file, or else the one that holds it.
std::string linked_with(std::string_view runtime) {
  struct Search {
    std::string_view runtime;
    std::string names;
  } search{base_name(runtime), {}};
  dl_iterate_phdr([](dl_phdr_info* module, std::size_t, void* data) {
    auto& to = *static_cast<Search*>(data);
    const DynamicSection section(*module);
    if (!section.needs(to.runtime)) return 0;
    const bool program = module->dlpi_name == nullptr || *module->dlpi_name == '\0';
    to.names += fmt::format("{}{}", to.names.empty() ? "" : ", ", program ? "this program" : base_name(module->dlpi_name));
    return 0;
  }, &search);
  return search.names.empty() ? "this program" : search.names;
}

__attribute__((constructor)) void refuse_other_runtimes() {
  for (const Sanitizer& other : others) {
    // Before us in the order of search, or behind.
    std::string_view runtime = foreign_definition(RTLD_DEFAULT, other.function);
    if (runtime.empty()) runtime = foreign_definition(RTLD_NEXT, other.function);
    if (runtime.empty()) continue;
    const bool threads = other.flag == std::string_view("thread");
    const std::string sentence = fmt::format(
        "interleave: {} is linked with {} as well as with Interleave, and the two cannot work in one process; "
        "leave -fsanitize={} out of its link options{}\n",
        linked_with(runtime), other.name, other.flag,
        threads ? " (its sources keep it; interleave_add_test makes a program of each kind)"
                : " and out of its compile options, and test that in a program of its own");
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, sentence.data(), sentence.size());
    ::_exit(2);
  }
}

}  // namespace

void require_instrumented_program() {
  static const bool any = dl_iterate_phdr([](dl_phdr_info* object, std::size_t, void*) { return int{instrumented(*object)}; }, nullptr) != 0;
  if (!any)
    throw UsageError("this program is not instrumented, so that its memory accesses cannot be seen; compile its sources with "
                     "-fsanitize=thread (and, with g++ and -flto, with -fno-lto: g++ instruments at link time then), and link without it "
                     "(interleave_add_test does both)");
}

}  // namespace interleave::engine
