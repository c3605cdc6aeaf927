#include <interleave/scheduler/linkage.hpp>

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <cstring>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/door.hpp>

namespace interleave::engine {
namespace {

// Whoever the program's hooks reach, it should be this library.
bool hooks_are_ours() {
  Dl_info hook, here;
  void* const found = dlsym(RTLD_DEFAULT, "__tsan_func_entry");
  return found == nullptr || dladdr(found, &hook) == 0 || dladdr(reinterpret_cast<void*>(&hooks_are_ours), &here) == 0 ||
         hook.dli_fbase == here.dli_fbase;
}

__attribute__((constructor)) void refuse_two_runtimes() {
  if (hooks_are_ours()) return;
  constexpr char sentence[] =
      "interleave: this program is linked with ThreadSanitizer as well as with Interleave; leave -fsanitize=thread out of its link "
      "options (interleave_add_test makes a program of each kind)\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, sentence, sizeof sentence - 1);
  ::_exit(2);
}

}  // namespace

void require_instrumented_program() {
  static const bool any = dl_iterate_phdr([](dl_phdr_info* object, std::size_t, void*) { return int{instrumented(*object)}; }, nullptr) != 0;
  if (!any)
    throw UsageError("this program was not compiled with -fsanitize=thread, so that its memory accesses cannot be seen; compile its "
                     "sources with it, and link without it (interleave_add_test does both)");
}

}  // namespace interleave::engine
