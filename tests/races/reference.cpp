#include "reference.hpp"

#include <cstring>

namespace races {
namespace {

struct Random {
  std::uint64_t state;
  unsigned below(unsigned n) {  // splitmix64
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return static_cast<unsigned>((z ^ z >> 31) >> 32) % n;
  }
};

bool is_plain(const Op& op) { return op.what == What::read || op.what == What::write; }
bool is_atomic(const Op& op) { return op.what == What::load || op.what == What::store || op.what == What::add; }
bool writes(const Op& op) { return op.what == What::write || op.what == What::store || op.what == What::add; }
bool releases(int order) { return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST; }
bool acquires(int order) { return order == __ATOMIC_ACQUIRE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST; }

struct Event {
  std::size_t thread;
  Op op;
};

// Goes through all interleavings; an event's edges come from earlier ones only, so sets of events are bits of one word.
class Interleavings {
 public:
  Interleavings(const RandomProgram& program, Truths& truths) : program_(program), truths_(truths), next_(program.size()) {
    state_.seen.resize(program.size());
    go_on();
  }

 private:
  void go_on() {
    bool any = false;
    for (std::size_t thread = 0; thread < program_.size(); ++thread) {
      if (next_[thread] == program_[thread].size()) continue;
      const Op& op = program_[thread][next_[thread]];
      if (op.what == What::lock && locked_) continue;
      any = true;
      const State before = state_;
      const bool locked = locked_;
      perform(thread, op);
      trace_.push_back({thread, op});
      ++next_[thread];
      go_on();
      --next_[thread];
      trace_.pop_back();
      state_ = before;
      locked_ = locked;
    }
    if (any) return;
    ++truths_.interleavings;
    truths_.outcomes.insert(outcome_of(state_));
    if (!truths_.racy) truths_.racy = race();
  }

  void perform(std::size_t thread, const Op& op) {
    unsigned value = 0;
    switch (op.what) {
      case What::read:
        std::memcpy(&value, state_.bytes.data() + op.place, op.size);
        state_.seen[thread].push_back(value);
        break;
      case What::write: std::memset(state_.bytes.data() + op.place, op.value, op.size); break;
      case What::load: state_.seen[thread].push_back(state_.atomics[op.place]); break;
      case What::store: state_.atomics[op.place] = op.value; break;
      case What::add:
        state_.seen[thread].push_back(state_.atomics[op.place]);
        state_.atomics[op.place] = static_cast<std::uint8_t>(state_.atomics[op.place] + op.value);
        break;
      case What::fence: break;
      case What::lock: locked_ = true; break;
      case What::unlock: locked_ = false; break;
    }
  }

  // The write of this atomic that comes last before event `end`, or none.
  std::size_t last_write(std::size_t place, std::size_t end) const {
    while (end-- > 0)
      if (is_atomic(trace_[end].op) && writes(trace_[end].op) && trace_[end].op.place == place) return end;
    return none;
  }

  // What synchronises with whoever acquires what event `written` wrote: the heads of all release sequences that it is in, where they
  // release, and the release fences before them.
  std::uint32_t sources(std::size_t written) const {
    std::uint32_t found = 0;
    for (std::size_t head = written; head != none;) {
      const Event& event = trace_[head];
      if (releases(event.op.order)) found |= 1u << head;
      for (std::size_t i = 0; i < head; ++i)
        if (trace_[i].thread == event.thread && trace_[i].op.what == What::fence && releases(trace_[i].op.order)) found |= 1u << i;
      if (event.op.what != What::add) break;
      head = last_write(event.op.place, head);
    }
    return found;
  }

  bool race() const {
    std::vector<std::uint32_t> before(trace_.size());  // all that happens before
    for (std::size_t i = 0; i < trace_.size(); ++i) {
      const Event& event = trace_[i];
      std::uint32_t direct = 0;
      for (std::size_t j = 0; j < i; ++j) {
        const Event& earlier = trace_[j];
        if (earlier.thread == event.thread) direct |= 1u << j;
        if (event.op.what == What::lock && earlier.op.what == What::unlock) direct |= 1u << j;
        // A load before an acquire fence, of the same thread.
        if (event.op.what == What::fence && acquires(event.op.order) && earlier.thread == event.thread) direct |= read_from(j);
      }
      if (acquires(event.op.order) && event.op.what != What::fence) direct |= read_from(i);
      for (std::size_t j = 0; j < i; ++j)
        if ((direct >> j & 1) != 0) before[i] |= before[j] | 1u << j;
      for (std::size_t j = 0; j < i; ++j)
        if ((before[i] >> j & 1) == 0 && conflict(trace_[j].op, event.op)) return true;
    }
    return false;
  }
  std::uint32_t read_from(std::size_t i) const {
    const Op& op = trace_[i].op;
    if (op.what != What::load && op.what != What::add) return 0;
    const std::size_t written = last_write(op.place, i);
    return written == none ? 0 : sources(written);
  }
  static bool conflict(const Op& a, const Op& b) {
    return is_plain(a) && is_plain(b) && (writes(a) || writes(b)) && a.place < b.place + b.size && b.place < a.place + a.size;
  }

  static constexpr std::size_t none = ~std::size_t{0};
  const RandomProgram& program_;
  Truths& truths_;
  State state_;
  bool locked_ = false;
  std::vector<std::size_t> next_;
  std::vector<Event> trace_;
};

}  // namespace

RandomProgram random_program(std::uint64_t seed) {
  Random random{seed};
  RandomProgram program(2 + random.below(2));
  const unsigned length = program.size() == 2 ? 4 : 3;
  const int orders[] = {__ATOMIC_RELAXED, __ATOMIC_ACQUIRE, __ATOMIC_RELEASE, __ATOMIC_ACQ_REL, __ATOMIC_SEQ_CST};
  const unsigned atomics = 1 + random.below(2), bytes = random.below(3) == 0 ? 8 : 1;
  const bool with_fences = random.below(2) == 0, with_mutex = random.below(3) == 0;
  std::uint8_t value = 0;
  for (Code& code : program) {
    while (code.size() < length) {
      Op op{.what = static_cast<What>(random.below(6)), .place = 0, .size = 1, .value = ++value, .order = orders[random.below(5)]};
      if (is_plain(op)) {
        op.order = __ATOMIC_RELAXED;
        if (bytes > 1) op.size = static_cast<std::uint8_t>(1u << random.below(3));
        op.place = static_cast<std::uint8_t>(random.below(bytes) / op.size * op.size);
      } else if (is_atomic(op)) {
        op.place = static_cast<std::uint8_t>(random.below(atomics));
        if (op.what == What::load && (op.order == __ATOMIC_RELEASE || op.order == __ATOMIC_ACQ_REL)) op.order = __ATOMIC_ACQUIRE;
        if (op.what == What::store && (op.order == __ATOMIC_ACQUIRE || op.order == __ATOMIC_ACQ_REL)) op.order = __ATOMIC_RELEASE;
      } else if (!with_fences) {
        continue;
      }
      if (with_mutex && code.size() + 3 <= length && random.below(2) == 0) {
        code.push_back({.what = What::lock, .place = 0, .size = 0, .value = 0, .order = __ATOMIC_RELAXED});
        code.push_back(op);
        code.push_back({.what = What::unlock, .place = 0, .size = 0, .value = 0, .order = __ATOMIC_RELAXED});
      } else {
        code.push_back(op);
      }
    }
  }
  return program;
}

std::string text_of(const RandomProgram& program) {
  constexpr const char* names[] = {"read", "write", "load", "store", "add", "fence", "lock", "unlock"};
  constexpr const char* orders[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
  std::string text;
  for (const Code& code : program) {
    for (const Op& op : code) {
      text += names[static_cast<int>(op.what)];
      if (is_plain(op)) text += " " + std::to_string(op.place) + "+" + std::to_string(op.size);
      if (is_atomic(op)) text += " " + std::to_string(op.place);
      if (is_atomic(op) || op.what == What::fence) text += std::string(" ") + orders[op.order];
      text += "; ";
    }
    text += "\n";
  }
  return text;
}

std::string outcome_of(const State& state) {
  std::string text;
  for (const auto& list : state.seen) {
    for (const unsigned value : list) text += std::to_string(value) + " ";
    text += "| ";
  }
  for (const auto byte : state.bytes) text += std::to_string(byte) + " ";
  return text + std::to_string(state.atomics[0]) + " " + std::to_string(state.atomics[1]);
}

Truths judge_by_definition(const RandomProgram& program) {
  Truths truths;
  Interleavings(program, truths);
  return truths;
}

}  // namespace races
