// std::shared_ptr and std::weak_ptr, as libstdc++ 12 has them.
#include <memory>
#include <string>

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/zoo/tracked.hpp>

namespace interleave::scenarios {
namespace {

using zoo::Tracked;

const Scenario last_release{{
    .name = "zoo/shared_ptr_release",
    .summary = "std::shared_ptr, two owners and a third that copies: the last one destroys, and sees what the others did",
    .effort = Effort::search_reduced,
    .classes = 20,
    .body = [] {
      Ledger<int> objects{"objects"};
      auto a = std::make_shared<Tracked>(objects, 1), b = a, c = a;
      parallel([&] { a->use(0); a.reset(); },
               [&] { auto copy = b; b.reset(); copy->use(1); },
               [&] { c.reset(); });
      objects.settle();
    },
}};

const Scenario weak_lock{{
    .name = "zoo/weak_ptr_lock",
    .summary = "std::weak_ptr::lock against the last release: an object or none, never a dead one",
    .outcomes = {"0 0", "0 1", "1 0", "1 1"},
    .effort = Effort::search_reduced,
    .classes = 286,
    .body = [] {
      Ledger<int> objects{"objects"};
      auto owner = std::make_shared<Tracked>(objects, 1);
      std::weak_ptr<Tracked> watcher = owner;
      int seen[2] = {};
      const auto look = [&](int by) {
        if (auto locked = watcher.lock()) {
          locked->use(by);
          seen[by] = locked->id();
        }
      };
      parallel([&] { owner.reset(); }, [&] { look(0); }, [&] { look(1); });
      objects.settle();
      outcome(std::to_string(seen[0]) + " " + std::to_string(seen[1]));
    },
}};

const Scenario from_this{{
    .name = "zoo/weak_ptr_two_locks",
    .summary = "std::weak_ptr, two threads lock and release what nobody else owns: one of them destroys it",
    .effort = Effort::search_reduced,
    .classes = 9,
    .body = [] {
      Ledger<int> objects{"objects"};
      auto owner = std::make_shared<Tracked>(objects, 1);
      const std::weak_ptr<Tracked> watcher = owner;
      parallel(
          [&] {
            for (int i = 0; i < 2; ++i)
              if (auto locked = watcher.lock()) locked->use(0);
          },
          [&] {
            owner->use(1);
            owner.reset();
          });
      objects.settle();
    },
}};

const Scenario free_functions{{
    .name = "zoo/shared_ptr_atomic_functions",
    .summary = "std::atomic_load and std::atomic_store of a std::shared_ptr, by locks inside libstdc++",
    .outcomes = {"1", "2"},
    .effort = Effort::search_reduced,
    .classes = 3,
    .body = [] {
      Ledger<int> objects{"objects"};
      {
        auto shared = std::make_shared<Tracked>(objects, 1);
        int seen = 0;
        parallel([&] { std::atomic_store(&shared, std::make_shared<Tracked>(objects, 2)); },
                 [&] {
                   const auto loaded = std::atomic_load(&shared);
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
