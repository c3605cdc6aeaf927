#include "programs.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <interleave/interleave.hpp>

namespace LEVEL {
namespace {

void end() { interleave::require(false, "so that it is reported"); }

struct Cell {
  int before = 0;
  std::atomic<int> n{0};
};

struct Base {
  std::atomic<int> of_base{0};
};

template <class T>
struct Box : Base {
  T first{};
  std::atomic<T> value_{};
};

struct Pool {
  std::mutex mutex_;
  std::condition_variable cv_;
  std::atomic<int> hits_[3] = {};
  std::array<Cell, 2> cells_;
  std::pair<int, Cell> pair_;
  struct {
    int unused = 0;
    std::atomic<int> inner{0};
  } nested_;
  union {
    std::atomic<int> as_int{0};
    long as_long;
  };
  std::atomic<int> grid_[2][3] = {};

  void use() {
    const std::lock_guard lock(mutex_);
    ++hits_[2];
    cv_.notify_one();
    ++cells_[1].n;
    ++pair_.second.n;
    ++nested_.inner;
    ++as_int;
    ++grid_[1][2];
  }
};

Pool pool;
Box<int> box;

struct Job {
  std::atomic<int> state{0};
  __attribute__((noinline)) void run() {
    ++state;
    asm volatile("" : : "r"(this) : "memory");
  }
};

void members_of_a_global() {
  pool.use();
  end();
}

void of_templates_and_bases() {
  ++box.value_;
  ++box.of_base;
  end();
}

void a_static_of_a_function() {
  static Pool of_function;
  of_function.use();
  end();
}

void on_the_stack() {
  Pool on_stack;
  std::thread t([&] { on_stack.use(); });
  t.join();
  std::optional<Cell> maybe(std::in_place);
  ++maybe->n;
  Box<long> own;
  ++own.value_;
  end();
}

void captured_by_value() {
  std::shared_ptr<Cell> shared = std::make_shared<Cell>();
  struct Copied {
    std::atomic<int> n{0};
    Copied() = default;
    Copied(const Copied& from) : n(from.n.load(std::memory_order_relaxed)) {}
  };
  Copied copied;
  std::thread t([copied, shared]() mutable {
    ++copied.n;
    ++shared->n;
    end();
  });
  t.join();
}

void behind_pointers() {
  auto unique = std::make_unique<Pool>();
  auto shared = std::make_shared<Pool>();
  Cell* plain = new Cell;
  std::unique_ptr<Cell[]> several(new Cell[3]);
  ++unique->hits_[1];
  ++shared->hits_[1];
  ++plain->n;
  ++several[2].n;
  interleave::parallel([&] { unique->use(); }, [&] { ++shared->nested_.inner; });
  asm volatile("" : : "r"(&unique), "r"(&shared), "r"(&plain), "r"(&several) : "memory");
  end();
  delete plain;
}

struct Holder {
  std::unique_ptr<Pool> owned = std::make_unique<Pool>();
};

void in_containers() {
  std::vector<Cell> cells(4);
  std::vector<std::unique_ptr<Cell>> pointers;
  for (int i = 0; i < 3; ++i) pointers.push_back(std::make_unique<Cell>());
  std::deque<Cell> queue(3);
  Holder holder;
  ++cells[2].n;
  ++pointers[1]->n;
  ++queue[1].n;
  holder.owned->use();
  asm volatile("" : : "r"(&cells), "r"(&pointers), "r"(&queue), "r"(&holder) : "memory");
  end();
}

void nobody_keeps_it() {
  (new Job)->run();
  (new Job)->run();
  end();
}

thread_local struct Own {
  int before = 0;
  std::atomic<int> count{0};
} own_counter;

void thread_local_variables() {
  ++own_counter.count;
  std::thread t([] { ++own_counter.count; });
  t.join();
  end();
}

void names_that_clash() {
  std::atomic<int> n{0};
  ++n;
  std::thread t([] {
    std::atomic<int> n{0};
    ++n;
    end();
  });
  t.join();
}

struct Flags {
  int before = 0;
  unsigned a : 3, b : 5;
} flags;
struct Pair {
  int first = 0, second = 0;
} pair_of_numbers[3];

// So that an optimiser keeps it as it is.
template <class T>
void keep(T& object) {
  asm volatile("" : : "r"(&object) : "memory");
}

void bit_fields() {
  keep(flags);
  interleave::parallel([] { flags.a = 1; keep(flags); }, [] { flags.b = 2; keep(flags); });
}

void an_element() {
  keep(pair_of_numbers);
  interleave::parallel(
      [] {
        pair_of_numbers[2].second = 1;
        keep(pair_of_numbers);
      },
      [] {
        pair_of_numbers[2].second = 2;
        keep(pair_of_numbers);
      });
}

__attribute__((noinline)) void a_local() {
  Pair local;
  interleave::parallel([&] { local.second = 1; }, [&] { local.second = 2; });
  asm volatile("" : : "r"(&local) : "memory");
}

__attribute__((noinline)) void an_element_of_a_vector() {
  std::vector<Pair> numbers(3);
  interleave::parallel([&] { numbers[1].second = 1; }, [&] { numbers[1].second = 2; });
  asm volatile("" : : "r"(&numbers) : "memory");
}

}  // namespace

std::vector<Program> programs() {
  return {
      {"members of a global variable",
       members_of_a_global,
       {"pool.mutex_", "pool.hits_[2]", "pool.cv_", "pool.cells_[1].n", "pool.pair_.second.n", "pool.nested_.inner", "pool.as_int",
        "pool.grid_[1][2]"}},
      {"members of templates and base classes", of_templates_and_bases, {"box.value_", "box.of_base"}},
      {"a static variable of a function", a_static_of_a_function, {"of_function.mutex_", "of_function.hits_[2]"}},
      {"variables on the stack", on_the_stack, {"on_stack.mutex_", "on_stack.cells_[1].n", "maybe.n", "own.value_"}},
      {"what a lambda has captured", captured_by_value, {"copied.n", "shared->n"}},
      {"what pointers lead to",
       behind_pointers,
       {"unique->hits_[1]", "unique->mutex_", "shared->hits_[1]", "plain->n", "several[2].n", "shared->nested_.inner"}},
      {"elements of containers", in_containers, {"cells[2].n", "pointers[1]->n", "an element of queue", "holder.owned->cv_"}},
      {"objects that nobody keeps", nobody_keeps_it, {"Job#1.state", "Job#2.state"}},
      {"thread_local variables", thread_local_variables, {"own_counter.count of main", "own_counter.count of T1"}},
      {"two variables of one name", names_that_clash, {"n", "n (2)"}},
  };
}

std::vector<Program> races() {
  return {
      {"bit-fields that share a byte", bit_fields, {"flags.a|b"}},
      {"a member of an element", an_element, {"pair_of_numbers[2].second"}},
      {"a local variable", a_local, {"local.second in "}},
      {"an element of a vector", an_element_of_a_vector, {"numbers[1].second, byte 12 of a block of 24 bytes, allocated by main at "}},
  };
}

}  // namespace LEVEL
