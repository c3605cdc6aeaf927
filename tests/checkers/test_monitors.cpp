// The monitors, in both worlds: every test holds in the model and on real threads unless it says otherwise.
#include <catch2/catch.hpp>

#include <semaphore.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <interleave/checkers/conservation.hpp>
#include <interleave/checkers/mutual_exclusion.hpp>
#include <interleave/checkers/order.hpp>
#include <interleave/interleave.hpp>

// There only where ThreadSanitizer's runtime is linked.
extern "C" [[gnu::weak]] void __tsan_testonly_barrier_init(unsigned long long*, unsigned);

namespace interleave {
namespace {

using Catch::Matchers::Contains;

Report run(const std::function<void()>& body) {
  Options options;
  options.name = "monitors";
  if (__tsan_testonly_barrier_init != nullptr) options.executions_max = 20;
  return explore(body, options);
}

bool passes(const std::function<void()>& body) { return run(body).verdict == Verdict::pass; }

// "kind: message", or nothing for a pass.
std::string complaint(const std::function<void()>& body) {
  const Report report = run(body);
  return report.failure ? report.failure->kind + ": " + report.failure->message : "";
}

// A semaphore of few steps.
class Signal {
 public:
  Signal() { sem_init(&semaphore_, 0, 0); }
  ~Signal() { sem_destroy(&semaphore_); }
  void give() { sem_post(&semaphore_); }
  void await() { sem_wait(&semaphore_); }

 private:
  sem_t semaphore_;
};

// ---- mutual exclusion -----------------------------------------------------------------------------------------------

TEST_CASE("two threads in a section for one are a failure that names them") {
  const auto said = complaint([] {
    Section file("file");
    Signal entered, seen;
    parallel(
        [&] {
          name_thread("reader");
          const Section::Visit inside(file);
          entered.give();
          seen.await();
        },
        [&] {
          name_thread("writer");
          entered.await();
          { const Section::Visit inside(file); }
          seen.give();
        });
  });
  CHECK_THAT(said, Contains("mutual-exclusion: "));
  CHECK_THAT(said, Contains("file admits 1 thread at a time, but 2 are inside: reader, writer"));
}

TEST_CASE("a section behind a mutex is never entered by two") {
  CHECK(passes([] {
    Section file("file");
    std::mutex mutex;
    const auto visit = [&] {
      const std::lock_guard lock(mutex);
      const Section::Visit inside(file);
    };
    parallel(visit, visit);
  }));
}

TEST_CASE("a section for two admits two and refuses the third") {
  const auto crowd = [](int threads) {
    return [threads] {
      Section room("room", 2);
      Signal entered, leave;
      std::vector<std::function<void()>> bodies;
      for (int i = 0; i < threads; ++i) {
        bodies.emplace_back([&] {
          const Section::Visit inside(room);
          entered.give();
          leave.await();
        });
      }
      bodies.emplace_back([&] {
        for (int i = 0; i < threads; ++i) entered.await();
        for (int i = 0; i < threads; ++i) leave.give();
      });
      parallel(bodies);
    };
  };
  CHECK(passes(crowd(2)));
  CHECK_THAT(complaint(crowd(3)), Contains("room admits 2 threads at a time, but 3 are inside: "));
}

TEST_CASE("a thread that enters twice counts once, and is inside until it has left twice") {
  const auto body = [](int leaves) {
    return [leaves] {
      Section file("file");
      file.enter();
      file.enter();
      for (int i = 0; i < leaves; ++i) file.leave();
      parallel([&] { const Section::Visit inside(file); });
    };
  };
  CHECK(passes(body(2)));
  CHECK_THAT(complaint(body(1)), Contains("but 2 are inside"));
}

TEST_CASE("leaving a section without having entered it is a failure") {
  CHECK_THAT(complaint([] { Section("file").leave(); }), Contains("mutual-exclusion: ") && Contains("without having entered"));
}

TEST_CASE("a section at the address of an earlier one starts empty") {
  CHECK(passes([] {
    alignas(Section) unsigned char place[sizeof(Section)];
    auto* first = new (place) Section("first");
    first->enter();
    std::destroy_at(first);
    auto* second = new (place) Section("second");
    parallel([&] { const Section::Visit inside(*second); });
    std::destroy_at(second);
  }));
}

// ---- conservation ---------------------------------------------------------------------------------------------------

TEST_CASE("what is put and taken once is conserved") {
  CHECK(passes([] {
    Ledger<int> jobs;
    std::mutex mutex;
    std::vector<int> box;
    const auto hand_over = [&](int job) {
      jobs.put(job);
      const std::lock_guard lock(mutex);
      box.push_back(job);
    };
    parallel([&] { hand_over(1); }, [&] { hand_over(2); });
    for (const int job : box) jobs.take(job);
    jobs.settle();
  }));
}

TEST_CASE("a ledger complains of what was never put, taken twice, or lost") {
  CHECK_THAT(complaint([] { Ledger<int>("jobs").take(7); }),
             Contains("conservation: ") && Contains("jobs: ") && Contains(" took 7, which was never put"));
  CHECK_THAT(complaint([] {
               Ledger<int> jobs("jobs");
               jobs.put(7);
               parallel([&] { name_thread("first"); jobs.take(7); });
               jobs.take(7);
             }),
             Contains("took 7, which was put once and last taken by first"));
  CHECK_THAT(complaint([] {
               Ledger<std::string> jobs("jobs");
               for (const char* job : {"wash", "dry", "fold", "dry"}) jobs.put(job);
               jobs.take("wash");
               jobs.take("dry");
               jobs.settle();
             }),
             Contains("jobs: put but never taken: dry (put twice, taken once), fold"));
}

TEST_CASE("what is left over may be shown to the ledger when it is settled") {
  CHECK(passes([] {
    Ledger<int> jobs;
    for (const int job : {1, 2, 3}) jobs.put(job);
    jobs.take(2);
    jobs.settle(std::vector<int>{3, 1});
  }));
  CHECK(passes([] {
    Ledger<char> letters;
    letters.put('a');
    letters.settle({'a'});
  }));
  CHECK_THAT(complaint([] { Ledger<int>("jobs").settle({4}); }), Contains("took 4, which was never put"));
}

TEST_CASE("a ledger knows numbers, characters, enumerators, truth values, pointers and text") {
  enum class Color { red, green };
  CHECK_THAT(complaint([] { Ledger<long>().take(-12); }), Contains(" took -12,"));
  CHECK_THAT(complaint([] { Ledger<char>().take('x'); }), Contains(" took x,"));
  CHECK_THAT(complaint([] { Ledger<Color>().take(Color::green); }), Contains(" took 1,"));
  CHECK_THAT(complaint([] { Ledger<bool>().take(true); }), Contains(" took true,"));
  CHECK_THAT(complaint([] { Ledger<void*>().take(nullptr); }), Contains(" took 0x0,"));
  CHECK_THAT(complaint([] { Ledger<const char*>().take("text"); }), Contains(" took text,"));
  CHECK_THAT(complaint([] { Ledger<std::uint64_t>().take(18446744073709551615u); }), Contains(" took 18446744073709551615,"));
}

// ---- order ----------------------------------------------------------------------------------------------------------

TEST_CASE("each consumer may skip, and sources may be mixed, as long as each source stays in order") {
  CHECK(passes([] {
    Order order;
    for (const int value : {1, 2, 3}) order.produced("a", value);
    for (const int value : {1, 2}) order.produced("b", value);
    order.consumed("first", "a", 1);
    order.consumed("first", "b", 2);
    order.consumed("first", "a", 3);
    order.consumed("second", "a", 2);
    order.consumed("second", "b", 1);
  }));
}

TEST_CASE("equal values of one source may each be received") {
  CHECK(passes([] {
    Order order;
    for (const int value : {5, 6, 5}) order.produced(0, value);
    for (const int value : {5, 6, 5}) order.consumed(0, 0, value);
  }));
}

TEST_CASE("an order complains of what comes too late, again, or from nowhere") {
  const auto received = [](std::vector<int> values) {
    return complaint([values] {
      Order order("mail");
      for (const int value : {1, 2, 3}) order.produced("ann", value);
      for (const int value : values) order.consumed("bob", "ann", value);
    });
  };
  CHECK(received({1, 2, 3}).empty());
  CHECK_THAT(received({1, 3, 2}), Contains("order: "));
  CHECK_THAT(received({1, 3, 2}), Contains("mail: bob received 2 from ann after 3, which was produced later"));
  CHECK_THAT(received({1, 1}), Contains("mail: bob received 1 from ann again"));
  CHECK_THAT(received({4}), Contains("mail: bob received 4 from ann, which did not produce it"));
}

// ---- watching changes nothing ---------------------------------------------------------------------------------------

TEST_CASE("monitors add no step and no execution to the model") {
  const auto body = [](bool watched) {
    return [watched] {
      Section section;
      Ledger<int> ledger;
      Order order;
      std::mutex mutex;
      const auto visit = [&] {
        if (watched) ledger.put(1), order.produced("a", 1);
        const std::lock_guard lock(mutex);
        if (watched) section.enter(), ledger.take(1), order.consumed("b", "a", 1), section.leave();
      };
      parallel([&] { visit(); }, [&] { std::lock_guard{mutex}; });
    };
  };
  const Report with = run(body(true)), without = run(body(false));
  CHECK(with.verdict == Verdict::pass);
  CHECK(with.executions > 1);
  CHECK(with.executions == without.executions);
  CHECK(with.steps == without.steps);
}

TEST_CASE("an execution knows nothing of the monitors of the last, though they live outside and it was abandoned") {
  static Section file("file");
  Options options;
  options.name = "monitors";
  options.stop_at_first_failure = false;
  options.executions_max = 50;
  const auto report = explore(
      [] {
        const bool second = choose(2) == 1;
        const auto visit = [](bool fails) {
          const Section::Visit inside(file);
          require(!fails);
        };
        parallel([&] { if (!second) visit(true); }, [&] { if (second) visit(false); });
      },
      options);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "require");
  if (report.complete) {  // the model: both values of the choice, one of which fails
    CHECK(report.executions == 2 * report.failing);
  }
}

// ---- ThreadSanitizer is not blinded (real threads only) -------------------------------------------------------------

// Two threads use `shared` one long after the other, so that only an order between them could excuse it. It is alone in its
// line: ThreadSanitizer remembers only the last four accesses to eight bytes.
void touch_in_turn(const std::function<void(int& shared)>& touch) {
  alignas(64) int shared = 0;
  std::thread first([&] { touch(shared); });
  std::thread second([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    touch(shared);
  });
  first.join();
  second.join();
}

TEST_CASE("canary: a race between visits to every monitor", "[.]") {
  Section section;
  Ledger<int> ledger;
  Order order;
  touch_in_turn([&](int& shared) {
    section.enter(), ledger.put(1), order.produced("a", 1);
    ++shared;
    section.leave(), ledger.take(1), order.consumed("b", "a", 1);
  });
}

TEST_CASE("canary: no race, for a mutex orders the visits", "[.]") {
  Section section;
  std::mutex mutex;
  touch_in_turn([&](int& shared) {
    const std::lock_guard lock(mutex);
    const Section::Visit inside(section);
    ++shared;
  });
}

TEST_CASE("ThreadSanitizer still sees a race between visits, and none in the monitors themselves") {
  if (__tsan_testonly_barrier_init == nullptr) return;  // only ThreadSanitizer's runtime has it
  const auto exit_status = [](const std::string& canary) {
    const auto command = "TSAN_OPTIONS=exitcode=66 /proc/$PPID/exe '" + canary + "' >/dev/null 2>&1";
    return WEXITSTATUS(std::system(command.c_str()));
  };
  CHECK(exit_status("canary: a race between visits to every monitor") == 66);
  CHECK(exit_status("canary: no race*") == 0);
}

}  // namespace
}  // namespace interleave
