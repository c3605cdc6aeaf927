// One permit, which is out, and R threads that give it back: R - 1 of them are wrong and must be told so.
//
// Python 2.6 makes the test before it takes the lock (CPython issue bpo-19158): all may pass it before one of them adds.
#include <string>
#include <vector>

#include <interleave/primitives/python26.hpp>
#include <interleave/primitives/semaphore.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

std::string text(int errors, std::ptrdiff_t value) {
  return std::to_string(errors) + (errors == 1 ? " error, value " : " errors, value ") + std::to_string(value);
}

template <class Bounded>
void release_too_often(int releasers) {
  Bounded semaphore{1};
  semaphore.acquire();
  std::vector<int> refused(static_cast<std::size_t>(releasers), 0);
  std::vector<std::function<void()>> threads;
  for (int& error : refused) {
    threads.push_back([&semaphore, &error] {
      try {
        semaphore.release();
      } catch (const ValueError&) {
        error = 1;
      }
    });
  }
  parallel(std::move(threads));
  int errors = 0;
  for (int error : refused) errors += error;
  outcome(text(errors, semaphore.value()));
  require(errors == releasers - 1 && semaphore.value() == 1, "all but one of the releases are refused");
}

Definition python26_form(int releasers) {
  std::vector<std::string> outcomes;
  for (int missed = 0; missed < releasers; ++missed) outcomes.push_back(text(releasers - 1 - missed, 1 + missed));
  return {.name = "bounded_semaphore/python26_" + std::to_string(releasers),
          .summary = "The test is made before the lock is taken: a release too many may go unnoticed",
          .expect = Verdict::fail,
          .failure_kind = "require",
          .outcomes = std::move(outcomes),
          .body = [releasers] { release_too_often<python26::BoundedSemaphore>(releasers); }};
}

Definition current_form(int releasers) {
  return {.name = "bounded_semaphore/current_" + std::to_string(releasers),
          .summary = "The test is made under the lock: every release too many is refused",
          .outcomes = {text(releasers - 1, 1)},
          .body = [releasers] { release_too_often<BoundedSemaphore>(releasers); }};
}

const Scenario python26_2{python26_form(2)};
const Scenario python26_3{python26_form(3)};
const Scenario current_2{current_form(2)};
const Scenario current_3{current_form(3)};

}  // namespace
}  // namespace interleave::scenarios
