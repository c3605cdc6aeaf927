// FetchUrls with a Lock around the write, acquired and released by hand: no page is ever mixed, and every order is possible.
//
// The page is also *read* under the lock, so downloads wait for each other; and "lock released" is printed before the release,
// so the article's transcript could not show an overlap if there was one. Hence we look at the file.
#include <interleave/scenarios/fetch_urls.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

using namespace fetch_urls;

void two_threads_and_a_lock() {
  Web web;
  Output output;
  Lock lock;
  parallel(
      [&] {
        name_thread("Thread-1");
        run_lock({"Thread-1", urls_of_thread_1(), web, output}, lock);
      },
      [&] {
        name_thread("Thread-2");
        run_lock({"Thread-2", urls_of_thread_2(), web, output}, lock);
      });
  const std::string pages = output.pages();
  outcome(pages);
  require(!pages.empty() && output.pages_missing() == 0, "the file has four whole pages");
}

const Scenario lock{{
    .name = "fetch_urls/lock",
    .summary = "With a lock around the write no page is mixed, in any of six orders",
    .outcomes = page_orders(),
    .body = two_threads_and_a_lock,
}};

// The folder's program of this name: it makes a Lock, not an RLock, and would not need one.
const Scenario rlock_folder{{
    .name = "rlock/folder",
    .summary = "The repository's rlock program uses a plain Lock: it is fetch_urls/lock",
    .outcomes = page_orders(),
    .body = two_threads_and_a_lock,
}};

}  // namespace
}  // namespace interleave::scenarios
