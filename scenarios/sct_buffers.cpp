// SCTBench's CS programs of a producer and a consumer who expect turns that nothing guarantees: all shared data is under one
// mutex, and the order of the critical sections is all there is.
#include <array>
#include <mutex>

#include <interleave/scenarios/sct.hpp>

namespace interleave::scenarios::sct {
namespace {

using Lock = std::lock_guard<std::mutex>;

template <std::size_t size>
struct Cells : std::array<Variable, size> {
  Variable& at(int i) { return (*this)[static_cast<std::size_t>(i)]; }
};

// Seven critical sections each. The consumer counts its rounds, not what it has received.
const Scenario circular_buffer{asserting({
    .name = "circular_buffer",
    .summary = "A receiver that expects a message in each of its rounds",
    .classes = 3432,
    .failing_classes = 3304,
    .interleavings = 3432,
    .random_rate = 0.9375,
    .body = [] {
      constexpr int rounds = 7, error = -1;
      std::mutex m;
      Cells<10> buffer;
      Variable first, next, size = 10, send = true, receive = false;
      const auto insert = [&](int element) {
        if (!(next < size && size > 0)) return;
        buffer.at(next) = element;
        next = (next + 1) % size;
      };
      const auto remove = [&]() -> int {
        if (!(next > 0 && first < size)) return error;
        first += 1;
        return buffer.at(first - 1);
      };
      run({[&](Assertions& check) {
             for (int i = 0; i < rounds; ++i) {
               const Lock lock(m);
               if (!send) continue;
               insert(i);
               check(next < size);
               send = false;
               receive = true;
             }
           },
           [&](Assertions& check) {
             for (int i = 0; i < rounds; ++i) {
               const Lock lock(m);
               if (!receive) continue;
               check(remove() == i);
               receive = false;
               send = true;
             }
           }});
    },
})};

// The flag says that something has been pushed, not that something is there. The orders without a bug are those in which no pop
// after the first push comes before its push: a Catalan number, 58,786.
const Scenario stack{asserting({
    .name = "stack",
    .summary = "A stack that is popped whenever something has ever been pushed",
    .effort = Effort::search_reduced,
    .classes = 184'756,
    .failing_classes = 125'970,
    .interleavings = 184'756,
    .random_rate = 163'543.0 / 262'144,
    .body = [] {
      constexpr int size = 10;
      std::mutex m;
      Cells<size> elements;
      Variable top, flag;
      const auto push = [&](int element) {
        if (top == size) return false;
        elements.at(top) = element;
        top += 1;
        return true;
      };
      const auto pop = [&] {
        if (top == 0) return false;
        top -= 1;
        static_cast<void>(static_cast<int>(elements.at(top)));
        return true;
      };
      run({[&](Assertions& check) {
             for (int i = 0; i < size; ++i) {
               const Lock lock(m);
               check(push(i));
               flag = true;
             }
           },
           [&](Assertions& check) {
             for (int i = 0; i < size; ++i) {
               const Lock lock(m);
               if (flag) check(pop());
             }
           }});
    },
})};

// The first element is enqueued without saying so, and the consumer counts its rounds.
const Scenario queue{asserting({
    .name = "queue",
    .summary = "A consumer that expects an element in each of its rounds",
    .effort = Effort::sample,
    .random_rate = 549'667'078'373.0 / 549'755'813'888.0,
    .body = [] {
      constexpr int size = 20;
      std::mutex m;
      Cells<size> elements, stored;
      Variable head, tail, amount, enqueue_flag = true, dequeue_flag = false;
      const auto turn = [&](Variable& end) {
        if (end == size) {
          end = 1;
        } else {
          end += 1;
        }
      };
      const auto enqueue = [&](int element) {
        elements.at(tail) = element;
        amount += 1;
        turn(tail);
      };
      const auto dequeue = [&] {
        const int element = elements.at(head);
        amount -= 1;
        turn(head);
        return element;
      };
      run({[&](Assertions& check) {
             int value = 0;
             {
               const Lock lock(m);
               enqueue(value);
               stored.at(0) = value;
               check(head != tail);
             }
             for (int i = 0; i < size - 1; ++i) {
               const Lock lock(m);
               if (!enqueue_flag) continue;
               enqueue(++value);
               stored.at(i + 1) = value;
               enqueue_flag = false;
               dequeue_flag = true;
             }
           },
           [&](Assertions& check) {
             for (int i = 0; i < size; ++i) {
               const Lock lock(m);
               if (!dequeue_flag) continue;
               check(dequeue() == stored.at(i));
               dequeue_flag = false;
               enqueue_flag = true;
             }
           }});
    },
})};

// One text is appended to another: its length and its characters are taken in two critical sections.
class StringBuffer {
 public:
  StringBuffer() = default;
  explicit StringBuffer(int count) : count_(count) {}

  int length() {
    const Lock lock(m_);
    return count_;
  }
  // False: there are not that many characters.
  bool copy(int count) {
    const Lock lock(m_);
    return count >= 0 && count <= count_;
  }
  bool append(StringBuffer& other) {
    const Lock lock(m_);
    const int length = other.length(), count = count_ + length;
    const bool copied = other.copy(length);
    count_ = count;
    return copied;
  }
  void append(int length) {
    const Lock lock(m_);
    count_ = count_ + length;
  }
  void erase(int start, int end) {
    const Lock lock(m_);
    if (end > count_) end = count_;
    if (end - start > 0) count_ -= end - start;
  }

 private:
  std::mutex m_;
  Variable count_;
};

const Scenario stringbuffer{asserting({
    .name = "stringbuffer",
    .summary = "JDK 1.4's StringBuffer: a text that shrinks between its length and its characters",
    .classes = 6,
    .failing_classes = 1,
    .interleavings = 285,
    .random_rate = 47.0 / 512,
    .body = [] {
      StringBuffer buffer(3), other;
      run({[&](Assertions& check) { check(other.append(buffer)); },
           [&](Assertions&) {
             buffer.erase(0, 3);
             buffer.append(3);
           }});
    },
})};

}  // namespace
}  // namespace interleave::scenarios::sct
