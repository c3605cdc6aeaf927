// std::atomic<std::shared_ptr>, as libstdc++ 12 has it: a lock in the lowest bit of the pointer to the counts, for which threads
// wait by spinning.
#include <atomic>
#include <memory>
#include <string>

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/zoo/tracked.hpp>

namespace interleave::scenarios {
namespace {

using zoo::Tracked;

const Scenario atomic_exchange{{
    .name = "zoo/atomic_shared_ptr_exchange",
    .summary = "std::atomic<std::shared_ptr>, two threads exchange: each object comes out once",
    .outcomes = {"1 2", "3 1"},
    .effort = Effort::search_reduced,
    .classes = 8,
    .spins = true,
    .body = [] {
      Ledger<int> objects{"objects"};
      {
        std::atomic<std::shared_ptr<Tracked>> shared{std::make_shared<Tracked>(objects, 1)};
        int got[2] = {};
        const auto trade = [&](int by) { got[by] = shared.exchange(std::make_shared<Tracked>(objects, by + 2))->id(); };
        parallel([&] { trade(0); }, [&] { trade(1); });
        require(got[0] != got[1]);
        outcome(std::to_string(got[0]) + " " + std::to_string(got[1]));
      }
      objects.settle();
    },
}};

const Scenario atomic_compare_exchange{{
    .name = "zoo/atomic_shared_ptr_compare_exchange",
    .summary = "std::atomic<std::shared_ptr>, two threads compare and exchange: one succeeds, the other sees its object",
    .outcomes = {"0 2", "3 0"},
    .effort = Effort::search_reduced,
    .classes = 124,
    .spins = true,
    .body = [] {
      Ledger<int> objects{"objects"};
      {
        const auto first = std::make_shared<Tracked>(objects, 1);
        std::atomic<std::shared_ptr<Tracked>> shared{first};
        int seen[2] = {};
        const auto attempt = [&](int by) {
          auto expected = first;
          if (!shared.compare_exchange_strong(expected, std::make_shared<Tracked>(objects, by + 2))) seen[by] = expected->id();
        };
        parallel([&] { attempt(0); }, [&] { attempt(1); });
        outcome(std::to_string(seen[0]) + " " + std::to_string(seen[1]));
      }
      objects.settle();
    },
}};

const Scenario atomic_load{{
    .name = "zoo/atomic_shared_ptr_load",
    .summary = "std::atomic<std::shared_ptr>: load gives its lock back by a relaxed operation, so its read of the pointer races",
    .expect = Verdict::fail,
    .failure_kind = "data-race",
    .outcomes = {"2"},
    .effort = Effort::search_reduced,
    .classes = 12,
    .failing_classes = 8,
    .spins = true,
    .body = [] {
      Ledger<int> objects{"objects"};
      {
        std::atomic<std::shared_ptr<Tracked>> shared{std::make_shared<Tracked>(objects, 1)};
        int seen = 0;
        parallel([&] { shared.store(std::make_shared<Tracked>(objects, 2)); },
                 [&] {
                   const auto loaded = shared.load();
                   loaded->use(0);
                   seen = loaded->id();
                 });
        outcome(std::to_string(seen));
      }
      objects.settle();
    },
}};

}  // namespace
}  // namespace interleave::scenarios
