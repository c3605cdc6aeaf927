#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/guard.hpp>

#include "probe.hpp"

namespace interleave::scenarios {
namespace {

struct Shared {
  Lock lock;
  Condition changed{lock};
  bool flag = false;
  int tokens = 0;

  void await_flag() {
    lock.acquire();
    if (!flag) {
      changed.wait();
      require(flag, "it was woken, but nobody notified");
    }
    lock.release();
  }
  void take_token() {
    lock.acquire();
    while (tokens == 0) changed.wait();
    --tokens;
    lock.release();
  }
  void give_tokens() {
    for (int i = 0; i < 2; ++i) {
      lock.acquire();
      ++tokens;
      changed.notify();
      lock.release();
    }
  }
};

const Scenario one_waiter{probe("condition/one_waiter", {}, [] {
  Shared shared;
  parallel([&] { shared.await_flag(); },
           [&] {
             shared.lock.acquire();
             shared.flag = true;
             shared.changed.notify();
             shared.lock.release();
           });
})};

const Scenario notify_all{probe("condition/notify_all", {}, [] {
  Shared shared;
  parallel([&] { shared.await_flag(); }, [&] { shared.await_flag(); },
           [&] {
             shared.lock.acquire();
             shared.flag = true;
             shared.changed.notify_all();
             shared.lock.release();
           });
})};

const Scenario two_waiters{probe("condition/two_waiters", {}, [] {
  Shared shared;
  parallel([&] { shared.take_token(); }, [&] { shared.take_token(); }, [&] { shared.give_tokens(); });
})};

// The second waits once the first does, and each notify wakes one.
const Scenario first_come{probe("condition/first_come", {"1 2"}, [] {
  Lock lock;
  Condition changed{lock};
  Gate first, second, woken;
  std::string order;
  std::size_t back = 0, notified = 0;
  const auto come_back = [&](const char* who) {
    require(++back <= notified, "more were woken than notified");
    order.append(order.empty() ? "" : " ").append(who);
  };
  parallel(
      [&] {
        lock.acquire();
        first.open();
        changed.wait();
        come_back("1");
        lock.release();
        woken.open();
      },
      [&] {
        first.pass();
        lock.acquire();
        second.open();
        changed.wait();
        come_back("2");
        lock.release();
        woken.open();
      },
      [&] {
        second.pass();
        for (int i = 0; i < 2; ++i) {
          lock.acquire();
          ++notified;
          changed.notify();
          lock.release();
          if (i == 0) woken.pass();
        }
      });
  outcome(order);
  require(order == "1 2", "who has waited longest is woken first");
})};

const Scenario wait_unowned{probe("condition/wait_unowned", {}, [] {
  Shared shared;
  Section inside{"inside"};
  bool told = false;
  parallel(
      [&] {
        shared.lock.acquire();
        visit(inside);
        shared.lock.release();
      },
      [&] { told = refused<RuntimeError>([&] { shared.changed.wait(); }); });
  require(told, "who does not hold the lock may not wait");
})};

const Scenario notify_unowned{probe("condition/notify_unowned", {}, [] {
  Shared shared;
  require(refused<RuntimeError>([&] { shared.changed.notify(); }), "who does not hold the lock may not notify");
})};

// A wait that nobody ended, and then one that is notified.
const Scenario timed_out{probe("condition/timed_out", {}, [] {
  Shared shared;
  shared.lock.acquire();
  require(!shared.changed.wait(Seconds{1}), "nobody notified");
  shared.lock.release();
  parallel([&] { shared.await_flag(); },
           [&] {
             shared.lock.acquire();
             shared.flag = true;
             shared.changed.notify();
             shared.lock.release();
           });
})};

// Two sleep; one gives up, and sets what the other waits for.
const Scenario gives_up{probe("condition/gives_up_and_notifies", {}, [] {
  Shared shared;
  parallel([&] { shared.await_flag(); },
           [&] {
             shared.lock.acquire();
             if (!shared.flag) shared.changed.wait(Seconds{1});
             shared.flag = true;
             shared.changed.notify();
             shared.lock.release();
           });
})};

// A waiter with a timeout beside one without; there are two tokens, so the second gets one.
const Scenario timed_beside{probe("condition/timed_beside", {"0 left", "1 left"}, [] {
  Shared shared;
  parallel(
      [&] {
        shared.lock.acquire();
        if (shared.tokens == 0) shared.changed.wait(Seconds{1});
        if (shared.tokens > 0) --shared.tokens;
        shared.lock.release();
      },
      [&] { shared.take_token(); }, [&] { shared.give_tokens(); });
  outcome(std::to_string(shared.tokens) + " left");
})};

const Scenario two_steps{probe("condition/two_steps", {}, [] {
  Shared shared;
  parallel(
      [&] {
        shared.lock.acquire();
        require(shared.changed.wait_for([&] { return shared.tokens == 2; }), "it waits until the predicate is true");
        require(shared.tokens == 2, "the predicate is true");
        shared.lock.release();
      },
      [&] { shared.give_tokens(); });
})};

}  // namespace
}  // namespace interleave::scenarios
