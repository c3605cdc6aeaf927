// Compiled or linked in a wrong way: a lost update, which would go unseen.
#include <interleave/interleave.hpp>

#include <atomic>
#include <cstdio>

int main() {
  try {
    interleave::check([] {
      std::atomic<int> n = 0;
      const auto increment = [&] { n = n + 1; };
      interleave::parallel(increment, increment);
      interleave::require(n == 2);
    });
  } catch (const interleave::UsageError& error) {
    std::printf("refused: %s\n", error.what());
    return 2;
  }
  return 0;
}
