// FetchUrls without a lock, the article's "big mess": the chunks of two pages get mixed in 774 of 924 schedules.
#include <thread>

#include <interleave/scenarios/fetch_urls.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

using namespace fetch_urls;

std::vector<std::string> page_orders_or_mixed() {
  std::vector<std::string> orders = page_orders();
  orders.push_back("mixed");
  return orders;
}

const Scenario unlocked{{
    .name = "fetch_urls/unlocked",
    .summary = "Two threads write pages to one file without a lock: pages get mixed",
    .expect = Verdict::fail,
    .failure_kind = "require",
    .outcomes = page_orders_or_mixed(),
    .body = [] {
      Web web;
      Output output;
      parallel(
          [&] {
            name_thread("Thread-1");
            run_unlocked({"Thread-1", urls_of_thread_1(), web, output});
          },
          [&] {
            name_thread("Thread-2");
            run_unlocked({"Thread-2", urls_of_thread_2(), web, output});
          });
      const std::string pages = output.pages();
      outcome(pages.empty() ? "mixed" : pages);
      require(!pages.empty(), "the chunks of one page stay together");
    },
}};

// The same as one would write it in C++, where nothing makes the write to a shared object atomic: a data race. The model shows
// what it costs when the other thread's write falls between reading the end of the file and moving it.
struct PlainFile {
  std::array<int, 2> chunks{};
  std::size_t size = 0;

  void write(int chunk) {
    std::this_thread::yield();
    const std::size_t at = size;
    std::this_thread::yield();
    chunks[at] = chunk;
    size = at + 1;
  }
};

const Scenario unlocked_plain{{
    .name = "fetch_urls/unlocked_plain",
    .summary = "The same with an ordinary C++ object for a file: a data race, and chunks get lost",
    .expect = Verdict::fail,
    .failure_kind = "require",
    .outcomes = {"1 chunk", "2 chunks"},
    // The lost update goes through plain memory, which is no step: a reduction may leave out what shows it.
    .options = {.strategy = "dfs", .races = "ignore"},
    .canary = true,
    .body = [] {
      PlainFile file;
      const auto write = [&](const char* name, int chunk) {
        name_thread(name);
        file.write(chunk);
      };
      parallel([&] { write("Thread-1", 1); }, [&] { write("Thread-2", 2); });
      outcome(file.size == 1 ? "1 chunk" : "2 chunks");
      require(file.size == 2, "the file has both chunks");
    },
}};

}  // namespace
}  // namespace interleave::scenarios
