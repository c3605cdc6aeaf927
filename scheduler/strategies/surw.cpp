// Selectively uniform random walk: "Selectively Uniform Concurrency Testing" (Zhao, Wolff, Mathur, Roychoudhury, ASPLOS'25).
//
// The order of the operations on one object, drawn for each execution with a probability proportional to how often it is
// accessed, is drawn as urw would; everything else goes by random priorities of operations. A thread about to access the object
// out of turn is held back until the one whose turn it is has done so.
//
// The objects, locks among them, and how often each thread accesses them are those of the executions that were measured, the
// highest number of each; or one object is given.
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scheduler/strategies/sampler.hpp"

namespace interleave::engine {
namespace {

constexpr std::uint32_t nobody = ~std::uint32_t{0};

class Surw final : public Sampler {
 public:
  Surw(std::uint64_t seed, std::uint64_t object, std::vector<std::uint64_t> counts)
      : Sampler(seed, counts.empty()), given_(!counts.empty()), object_(object), counts_(std::move(counts)) {}
  std::string spec() const override { return "surw"; }

 private:
  void measure(const ChoicePoint& at, const Candidate& chosen) override {
    threads_.meet(at);
    if (chosen.operation->object == nullptr) return;
    Counts& counts = objects_[view_->name_of(chosen.operation->object)];
    if (counts.now.size() <= chosen.thread) counts.now.resize(chosen.thread + 1);
    ++counts.now[chosen.thread];
  }
  void measured() override {
    accesses_ = 0;
    for (auto& [name, counts] : objects_) {
      counts.most.resize(std::max(counts.most.size(), counts.now.size()));
      for (std::size_t t = 0; t < counts.now.size(); ++t) counts.most[t] = std::max(counts.most[t], std::exchange(counts.now[t], 0));
      for (const std::uint64_t count : counts.most) accesses_ += count;
    }
  }
  std::string exact() const override { return fmt::format("surw:object={},counts={}", object_, fmt::join(counts_, ".")); }

  void begin() override {
    if (!given_) draw_object();
    ahead_.begin(counts_);
    address_ = view_->named(object_);
    priorities_.clear();
    held_.clear();
    intended_ = nobody;
  }

  void draw_object() {
    if (accesses_ == 0) {
      counts_.assign(1, 0);
      return;
    }
    std::uint64_t drawn = Random(seed() ^ 0x0b1ec7).below(accesses_);
    for (const auto& [name, counts] : objects_) {
      std::uint64_t all = 0;
      for (const std::uint64_t count : counts.most) all += count;
      object_ = name;
      if (drawn < all) {
        counts_ = threads_.totals(counts.most);
        return;
      }
      drawn -= all;
    }
  }

  std::size_t pick(const ChoicePoint& at) override {
    ahead_.meet(at, [&](std::uint32_t parent, std::uint32_t child, std::uint64_t of_child, std::uint64_t of_parent) {
      if (parent == intended_ && of_parent > 0 && draw().below(of_parent) < of_child) intended_ = child;
    });
    while (true) {
      const Candidate* best = nullptr;
      for (const Candidate& each : at.enabled)
        if (!held(each.thread) && (best == nullptr || priority(each.thread) > priority(best->thread))) best = &each;
      if (best == nullptr) {  // the thread whose turn it is has no candidate: all the others are held back
        held_.clear();
        intended_ = nobody;
        best = &at.enabled[walk(at)];
        return step(at, *best, best->operation->object == address_);
      }
      if (best->operation->object != address_) return step(at, *best, false);
      if (intended_ == nobody) intended_ = drawn_thread(at, best->thread);
      if (best->thread == intended_) return step(at, *best, true);
      held_.resize(std::max<std::size_t>(held_.size(), best->thread + 1));
      held_[best->thread] = true;
    }
  }

  std::size_t step(const ChoicePoint& at, const Candidate& chosen, bool interesting) {
    if (priorities_.size() <= chosen.thread) priorities_.resize(chosen.thread + 1);  // the only candidate was not asked
    priorities_[chosen.thread] = draw().next() | 1;
    if (interesting) {
      ahead_.spend(chosen.thread);
      held_.clear();
      intended_ = nobody;
    }
    return one_of(at, chosen.thread);
  }

  std::uint32_t drawn_thread(const ChoicePoint&, std::uint32_t otherwise) {
    std::uint64_t all = 0;
    for (std::uint32_t t = 0; t < ahead_.threads(); ++t) all += ahead_.left(t);
    if (all == 0) return otherwise;
    std::uint64_t drawn = draw().below(all);
    std::uint32_t thread = 0;
    while (drawn >= ahead_.left(thread)) drawn -= ahead_.left(thread++);
    return thread;
  }

  bool held(std::uint32_t thread) const { return thread < held_.size() && held_[thread]; }
  std::uint64_t priority(std::uint32_t thread) {
    if (priorities_.size() <= thread) priorities_.resize(thread + 1);
    if (priorities_[thread] == 0) priorities_[thread] = draw().next() | 1;
    return priorities_[thread];
  }

  struct Counts {  // of accesses, by thread
    std::vector<std::uint64_t> most, now;
  };

  bool given_;
  std::uint64_t object_, accesses_ = 0;
  std::map<std::uint64_t, Counts> objects_;  // by name
  std::vector<std::uint64_t> counts_;
  Ahead threads_, ahead_;
  const void* address_ = nullptr;
  std::vector<std::uint64_t> priorities_;
  std::vector<bool> held_;
  std::uint32_t intended_ = nobody;
};

const Registration surw{"surw", "draws the order of the operations on one object uniformly; the object is drawn, too",
                        {{"object", "the number of the object, as a failure prints it; otherwise drawn", 0, number_most},
                         {"counts", "accesses to it by thread, with dots between them; otherwise measured", 0, steps_most, true}}, false,
                        [](const Arguments& arguments, std::unique_ptr<Strategy>) {
                          const std::uint64_t object = arguments.number("object", 0);
                          return std::make_unique<Surw>(arguments.seed(), object, arguments.numbers("counts"));
                        }};

}  // namespace
}  // namespace interleave::engine
