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
      auto mine = std::make_shared<Tracked>(objects, 1);
      parallel([a = mine]() mutable { a->use(0); a.reset(); },
               [b = mine]() mutable { auto copy = b; b.reset(); copy->use(1); },
               [c = std::move(mine)]() mutable { c.reset(); });
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
      parallel(
          [watcher = std::weak_ptr<Tracked>(owner)] {
            for (int i = 0; i < 2; ++i)
              if (auto locked = watcher.lock()) locked->use(0);
          },
          [last = std::move(owner)]() mutable {
            last->use(1);
            last.reset();
          });
      objects.settle();
    },
}};

}  // namespace
}  // namespace interleave::scenarios
