// FetchUrls with a guard, the article's `with`: the same orders as with acquire and release by hand.
#include <interleave/scenarios/fetch_urls.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

using namespace fetch_urls;

const Scenario with{{
    .name = "fetch_urls/with",
    .summary = "With a guard around the write no page is mixed, in any of six orders",
    .outcomes = page_orders(),
    .body = [] {
      Web web;
      Output output;
      Lock lock;
      parallel(
          [&] {
            name_thread("Thread-1");
            run_with({"Thread-1", urls_of_thread_1(), web, output}, lock);
          },
          [&] {
            name_thread("Thread-2");
            run_with({"Thread-2", urls_of_thread_2(), web, output}, lock);
          });
      const std::string pages = output.pages();
      outcome(pages);
      require(!pages.empty() && output.pages_missing() == 0, "the file has four whole pages");
    },
}};

}  // namespace
}  // namespace interleave::scenarios
