// Something that is made at first use, by whoever comes first. The flag is looked at without the lock, so that all later uses
// are cheap, and has to be looked at again under the lock.
#include "standard.hpp"

#include <atomic>
#include <memory>
#include <mutex>

namespace {

class Lazy {
 public:
  enum class Check { once, twice, flag_first };

  explicit Lazy(Check check) : check_(check) {}

  // Made on demand, and never more than once.
  int& get() {
    if (!ready_.load(std::memory_order_acquire)) {
      const std::lock_guard lock(mutex_);
      if (check_ == Check::once || !ready_.load(std::memory_order_relaxed)) make();
    }
    return *value_.load(std::memory_order_acquire);
  }
  int made() const { return made_; }
  ~Lazy() { delete value_.load(); }

 private:
  void make() {
    ++made_;
    if (check_ == Check::flag_first) ready_.store(true, std::memory_order_release);
    delete value_.exchange(new int(42), std::memory_order_acq_rel);
    ready_.store(true, std::memory_order_release);
  }

  const Check       check_;
  std::mutex        mutex_;
  std::atomic<bool> ready_{false};
  std::atomic<int*> value_{nullptr};
  int               made_ = 0;  // guarded by mutex_
};

void two_users(Lazy::Check check) {
  Lazy lazy(check);
  const auto use = [&] { lazy.get(); };
  interleave::parallel(use, use);
  REQUIRE(lazy.made() == 1);
}

// The flag before the value: a user that trusts the flag finds nothing.
bool sees_a_value_behind_the_flag(Lazy::Check check) {
  std::atomic<bool> ready = false;
  std::atomic<int> value = 0;
  int seen = 42;
  interleave::parallel(
      [&] {
        if (check == Lazy::Check::flag_first) ready = true;
        value = 42;
        ready = true;
      },
      [&] {
        if (ready) seen = value;
      });
  return seen == 42;
}

}  // namespace

TEST_CASE("a double-checked flag that is not checked again: made twice") {
  found([] { two_users(Lazy::Check::once); }, "require", false);
}

TEST_CASE("a double-checked flag that is checked again: made once, proved") {
  proved([] { two_users(Lazy::Check::twice); });
}

TEST_CASE("the flag set before the value: used before it is there") {
  found([] { REQUIRE(sees_a_value_behind_the_flag(Lazy::Check::flag_first)); }, "require", false);
}

TEST_CASE("the value set before the flag: proved") {
  proved([] { REQUIRE(sees_a_value_behind_the_flag(Lazy::Check::twice)); });
}

TEST_CASE("std::call_once and a function-local static do it for everybody: proved") {
  proved([] {
    std::once_flag once;
    int made = 0;
    const auto use = [&] { std::call_once(once, [&] { ++made; }); };
    interleave::parallel(use, use);
    REQUIRE(made == 1);
  });
  static int constructed = 0;
  struct Counts {
    Counts() { ++constructed; }
  };
  proved([] {
    constructed = 0;
    const auto use = [] {
      static Counts counts;
      (void)&counts;
    };
    interleave::parallel(use, use);
    if (interleave::modelled()) REQUIRE(constructed == 1);  // on real threads it is made once in the life of the process
  });
}

TEST_CASE("check() makes such a failure the test's, with its token") {
  // [!shouldfail] would hide a wrong text, so the failure is looked at as a report.
  if (!linked_with_the_model()) return;
  const auto report = interleave::explore([] { two_users(Lazy::Check::once); });
  REQUIRE(report.failure.has_value());
  CHECK_THAT(report.failure->message, Catch::Contains("lazy.made() == 1"));
  CHECK_THAT(report.failure->message, Catch::Contains("2 == 1"));
  CHECK_THAT(report.failure->schedule, Catch::StartsWith("il1:"));
}

TEST_CASE("a test that fails with check() counts once, whatever the model did", "[!shouldfail]") {
  if (!linked_with_the_model()) FAIL("on real threads the failure is a matter of chance");
  interleave::check([] { two_users(Lazy::Check::once); });
}
