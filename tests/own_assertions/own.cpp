// Assertions of the program's own that count in a static: without the hook a warning that names it, with it a failure.
#include <atomic>
#include <cstdio>
#include <thread>

#include <interleave/interleave.hpp>

static int failures = 0;

#ifdef WITH_HOOK
#define EXPECT(x) do { if (!(x)) { interleave::assertion_failed(#x); ++failures; } } while (0)
#else
#define EXPECT(x) do { if (!(x)) ++failures; } while (0)
#endif

int main() {
  try {
    interleave::check([] {
      std::atomic<int> n = 0;
      std::thread a([&] { n = n + 1; }), b([&] { n = n + 1; });
      a.join();
      b.join();
      EXPECT(n == 2);
    });
  } catch (const interleave::Failed&) {
    ++failures;
  }
  std::printf("%d failures\n", failures);
  return failures != 0 ? 1 : 0;
}
