// The memory of the monitors, by address. See monitor.hpp for why it is here and not in the headers.
#include <interleave/checkers/monitor.hpp>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/support/tsan_ignored_mutex.hpp"
#ifndef INTERLEAVE_REAL_THREADS
#include "scheduler/support/interception_mode.hpp"
#endif

namespace interleave::detail {
namespace {

#ifdef INTERLEAVE_REAL_THREADS
struct EngineScope {};
#else
using engine::EngineScope;
#endif

struct Visitor {
  std::uint64_t thread;
  std::string   label;
  std::size_t   depth;  // how often it has entered
};

using Visitors = std::vector<Visitor>;

struct Place {
  std::uint64_t number;  // from 1: other sections may have been at its address before
  Visitors visitors = {};
};

struct Account {
  std::size_t first;  // the position of its first put among all: reports list things in this order
  std::size_t put = 0, taken = 0;
  std::string taker = {};  // the last
};

using Accounts = std::unordered_map<std::string, Account>;

struct Source {
  std::vector<std::string> values;               // as produced
  std::map<std::string, std::size_t> positions;  // per consumer: behind the last value that it received
};

using Sources = std::map<std::string, Source>;

struct Monitors {
  std::unordered_map<const void*, Place>    sections;
  std::uint64_t sections_seen = 0;
  std::unordered_map<const void*, Accounts> ledgers;
  std::unordered_map<const void*, Sources>  orders;
};

// Made at first use, because a monitor may be older than this file's own statics; never destroyed, because it may outlive them.
constinit Monitors* all = nullptr;
constinit real::TsanIgnoredMutex mutex;

Monitors& monitors() {
  if (all == nullptr) all = new Monitors;
  return *all;
}

// What is wrong, if anything. Without a destructor to run: in the model, fail() abandons the stack that it is called from.
class Complaint {
 public:
  void keep(std::string_view text) {
    size_ = std::min(text.size(), sizeof text_);
    std::memcpy(text_, text.data(), size_);
  }
  std::string_view text() const { return {text_, size_}; }

 private:
  char text_[480];
  std::size_t size_ = 0;
};

// Runs the body where neither runtime sees it; a text that it returns is a failure. The failure comes when all is as before,
// for it may not return.
template <class Body>
void unseen(std::string_view kind, SourceLocation where, Body body) {
  Complaint complaint;
  {
    [[maybe_unused]] const EngineScope scope{};
    const std::lock_guard lock(mutex);
    complaint.keep(std::string(body(monitors())));
  }
  if (!complaint.text().empty()) fail(kind, complaint.text(), where);
}

// (Not by {fmt}: on real threads it would have to be in our library once more, instrumented.)
std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

std::string times(std::size_t count) { return count == 1 ? "once" : count == 2 ? "twice" : std::to_string(count) + " times"; }

std::string labels(const Visitors& visitors) {
  std::string text;
  for (const Visitor& visitor : visitors) text += (text.empty() ? "" : ", ") + visitor.label;
  return text;
}

Visitors::iterator visitor(Visitors& visitors, std::uint64_t thread) {
  return std::find_if(visitors.begin(), visitors.end(), [=](const Visitor& one) { return one.thread == thread; });
}

std::string list_untaken(const Accounts& accounts) {
  constexpr std::size_t shown_max = 8;
  std::vector<Accounts::const_pointer> untaken;
  for (const auto& account : accounts) {
    if (account.second.taken < account.second.put) untaken.push_back(&account);
  }
  std::sort(untaken.begin(), untaken.end(), [](auto a, auto b) { return a->second.first < b->second.first; });
  std::string text;
  for (std::size_t i = 0; i < std::min(untaken.size(), shown_max); ++i) {
    const auto& [thing, account] = *untaken[i];
    text += (text.empty() ? "" : ", ") + thing;
    if (account.put > 1) text += joined({" (put ", times(account.put), ", taken ", times(account.taken), ")"});
  }
  if (untaken.size() > shown_max) text += joined({" and ", std::to_string(untaken.size() - shown_max), " more"});
  return text;
}

}  // namespace

void section_enter(const void* section, std::string_view name, std::size_t most, SourceLocation where) {
  unseen("mutual-exclusion", where, [&](Monitors& monitors) -> std::string {
    const auto [at, fresh] = monitors.sections.try_emplace(section, Place{monitors.sections_seen + 1});
    monitors.sections_seen += fresh;
    Visitors& inside = at->second.visitors;
    const std::uint64_t me = thread_key();
    if (const auto again = visitor(inside, me); again != inside.end()) {
      ++again->depth;
      return {};
    }
    inside.push_back({me, thread_label(), 1});
    section_entered(at->second.number, most);
    if (inside.size() <= most) return {};
    return joined({name, " admits ", std::to_string(most), most == 1 ? " thread" : " threads", " at a time, but ",
                   std::to_string(inside.size()), " are inside: ", labels(inside)});
  });
}

void section_leave(const void* section, std::string_view name, SourceLocation where) {
  unseen("mutual-exclusion", where, [&](Monitors& monitors) -> std::string {
    const auto at = monitors.sections.find(section);
    if (at == monitors.sections.end()) return joined({thread_label(), " leaves ", name, " without having entered it"});
    Visitors& inside = at->second.visitors;
    const auto me = visitor(inside, thread_key());
    if (me == inside.end()) return joined({thread_label(), " leaves ", name, " without having entered it"});
    if (--me->depth > 0) return {};
    inside.erase(me);
    section_left(at->second.number);
    return {};
  });
}

void ledger_put(const void* ledger, std::string_view, std::string_view thing, SourceLocation where) {
  unseen("conservation", where, [&](Monitors& monitors) {
    Accounts& accounts = monitors.ledgers[ledger];
    ++accounts.try_emplace(std::string(thing), Account{.first = accounts.size()}).first->second.put;
    return "";
  });
}

void ledger_take(const void* ledger, std::string_view name, std::string_view thing, SourceLocation where) {
  unseen("conservation", where, [&](Monitors& monitors) -> std::string {
    Accounts& accounts = monitors.ledgers[ledger];
    const auto found = accounts.find(std::string(thing));
    if (found == accounts.end()) return joined({name, ": ", thread_label(), " took ", thing, ", which was never put"});
    Account& account = found->second;
    if (account.taken == account.put) {
      return joined({name, ": ", thread_label(), " took ", thing, ", which was put ", times(account.put), " and last taken by ",
                     account.taker});
    }
    ++account.taken;
    account.taker = thread_label();
    return {};
  });
}

void ledger_settle(const void* ledger, std::string_view name, SourceLocation where) {
  unseen("conservation", where, [&](Monitors& monitors) -> std::string {
    const auto untaken = list_untaken(monitors.ledgers[ledger]);
    return untaken.empty() ? "" : joined({name, ": put but never taken: ", untaken});
  });
}

void order_produced(const void* order, std::string_view, std::string_view source, std::string_view value,
                    SourceLocation where) {
  unseen("order", where, [&](Monitors& monitors) {
    monitors.orders[order][std::string(source)].values.emplace_back(value);
    return "";
  });
}

void order_consumed(const void* order, std::string_view name, std::string_view consumer, std::string_view source,
                    std::string_view value, SourceLocation where) {
  unseen("order", where, [&](Monitors& monitors) -> std::string {
    auto& [values, positions] = monitors.orders[order][std::string(source)];
    std::size_t& position = positions[std::string(consumer)];
    const auto next = values.begin() + static_cast<std::ptrdiff_t>(position);
    // The first that fits: of equal values the earliest leaves the most room for what comes after.
    if (const auto found = std::find(next, values.end(), value); found != values.end()) {
      position = static_cast<std::size_t>(found - values.begin()) + 1;
      return {};
    }
    if (std::find(values.begin(), next, value) == next) {
      return joined({name, ": ", consumer, " received ", value, " from ", source, ", which did not produce it"});
    }
    if (*std::prev(next) == value) return joined({name, ": ", consumer, " received ", value, " from ", source, " again"});
    return joined({name, ": ", consumer, " received ", value, " from ", source, " after ", *std::prev(next),
                   ", which was produced later"});
  });
}

void forget_monitor(const void* monitor) noexcept {
  [[maybe_unused]] const EngineScope scope{};
  const std::lock_guard lock(mutex);
  monitors().sections.erase(monitor);
  monitors().ledgers.erase(monitor);
  monitors().orders.erase(monitor);
}

void forget_monitors() {
  [[maybe_unused]] const EngineScope scope{};
  const std::lock_guard lock(mutex);
  if (all != nullptr) *all = {};
}

namespace {

const hooks::BeforeExecution forget{&forget_monitors};

}  // namespace
}  // namespace interleave::detail
