// FetchUrls when something fails for Thread-1: its first page (facebook) or its second (google) cannot be opened, or its first
// breaks while it is read.
//
//                        unlocked              lock, by hand                          with a guard
//   first unreachable    Thread-1 dies         Thread-1 dies *with the lock*:         Thread-1 dies,
//                                              Thread-2 may hang for ever             nobody hangs
//   second unreachable   one page is missing, and reported as fetched: the handler falls through to the write, and what is
//                        read from the last page after its end is empty
//   first breaks         as first unreachable, in all three forms
//
// A missing page is a failure of conservation. Where the point is whether anybody hangs, pages missing are the outcome, which
// an execution that hangs records too: as many as were missing when it stopped.
#include <interleave/checkers/conservation.hpp>
#include <interleave/scenarios/fetch_urls.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

using namespace fetch_urls;

enum class Form { unlocked, lock, with };
enum class Judge { pages, termination };

struct Case {
  Url faulty;
  Web::Fault fault;
  Form form;
  Judge judge;
};

void record_missing(const Output& output) {
  const std::size_t missing = output.pages_missing();
  outcome(std::to_string(missing) + (missing == 1 ? " page missing" : " pages missing"));
}

void settle(const Output& output) {
  Ledger<std::string_view> pages{"pages"};
  for (const Url url : all_urls) pages.put(name_of(url));
  for (const Url url : all_urls)
    if (output.has(url)) pages.take(name_of(url));
  pages.settle();
}

void run(const Case& c) {
  Web web{c.faulty, c.fault};
  Output output;
  Lock lock;
  const auto fetch = [&](std::string_view name, std::vector<Url> urls) {
    name_thread(std::string(name));
    die_alone(name, [&] {
      Fetcher self{name, std::move(urls), web, output};
      switch (c.form) {
        case Form::unlocked: return run_unlocked(std::move(self));
        case Form::lock: return run_lock(std::move(self), lock, [&] { record_missing(output); });
        case Form::with: return run_with(std::move(self), lock);
      }
    });
  };
  record_missing(output);
  parallel([&] { fetch("Thread-1", urls_of_thread_1()); }, [&] { fetch("Thread-2", urls_of_thread_2()); });
  record_missing(output);
  if (c.judge == Judge::pages) settle(output);
}

Definition failing(std::string name, std::string summary, std::string kind, std::vector<std::string> outcomes, Case c) {
  const bool hangs = kind == "deadlock";
  return {.name = "fetch_urls/failure_" + name,
          .summary = std::move(summary),
          .expect = kind.empty() ? Verdict::pass : Verdict::fail,
          .failure_kind = std::move(kind),
          .outcomes = std::move(outcomes),
          .hangs = hangs,
          .body = [c] { run(c); }};
}

constexpr auto first = Url::facebook;
constexpr auto second = Url::google;
constexpr auto unreachable = Web::Fault::unreachable;
constexpr auto breaks = Web::Fault::breaks;

const Scenario first_unlocked{failing("first_unlocked", "The first page fails: the thread dies and two pages are missing",
                                      "conservation", {"2 pages missing"},
                                      {first, unreachable, Form::unlocked, Judge::pages})};
const Scenario first_lock{failing("first_lock", "The first page fails: the thread dies with the lock, and the other may hang",
                                  "deadlock", {"4 pages missing", "3 pages missing", "2 pages missing"},
                                  {first, unreachable, Form::lock, Judge::termination})};
const Scenario first_with{failing("first_with", "The first page fails: the thread dies, its guard lets go, nobody hangs", "",
                                  {"2 pages missing"}, {first, unreachable, Form::with, Judge::termination})};

const Scenario second_unlocked{failing("second_unlocked", "The second page fails: it is missing, and reported as fetched",
                                       "conservation", {"1 page missing"},
                                       {second, unreachable, Form::unlocked, Judge::pages})};
const Scenario second_lock{failing("second_lock", "The second page fails: it is missing, and reported as fetched",
                                   "conservation", {"1 page missing"},
                                   {second, unreachable, Form::lock, Judge::pages})};
const Scenario second_with{failing("second_with", "The second page fails: it is missing, and reported as fetched",
                                   "conservation", {"1 page missing"},
                                   {second, unreachable, Form::with, Judge::pages})};

const Scenario read_unlocked{failing("read_unlocked", "Reading the first page fails: the thread dies", "conservation",
                                     {"2 pages missing"}, {first, breaks, Form::unlocked, Judge::pages})};
const Scenario read_lock{failing("read_lock", "Reading the first page fails: the thread dies with the lock, the other may hang",
                                 "deadlock", {"4 pages missing", "3 pages missing", "2 pages missing"},
                                 {first, breaks, Form::lock, Judge::termination})};
const Scenario read_with{failing("read_with", "Reading the first page fails: the thread dies, its guard lets go", "",
                                 {"2 pages missing"}, {first, breaks, Form::with, Judge::termination})};

// The repair: a page that fails is skipped, and counted as failed. The lock then protects only what can be protected.
const Scenario repaired{{
    .name = "fetch_urls/failure_repaired",
    .summary = "A page that fails is skipped: three pages are written, one is known to have failed",
    .outcomes = {"3 written, 1 failed"},
    .body = [] {
      Web web{first, unreachable};
      Output output;
      Lock lock;
      std::array<int, 2> failed{};
      const auto fetch = [&](std::string_view name, std::vector<Url> urls, int& failures) {
        name_thread(std::string(name));
        Fetcher self{name, std::move(urls), web, output};
        while (!self.urls.empty()) {
          const Url url = self.next();
          std::optional<Page> page;
          self.open(url, page);
          if (!page) {
            ++failures;
            continue;
          }
          Guard guard{lock};
          output.write(page->read());
          self.written();
        }
      };
      parallel([&] { fetch("Thread-1", urls_of_thread_1(), failed[0]); },
               [&] { fetch("Thread-2", urls_of_thread_2(), failed[1]); });
      outcome(std::to_string(all_urls.size() - output.pages_missing()) + " written, " + std::to_string(failed[0] + failed[1]) +
              " failed");
      require(!output.pages().empty(), "the chunks of one page stay together");
    },
}};

}  // namespace
}  // namespace interleave::scenarios
