// Random small programs over everything that the model knows, and what runs them.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace oracle {

enum class Kind : std::uint8_t {
  load, store, add, exchange, compare_exchange, load_high, store_high,
  lock, unlock, try_lock, timed_lock,
  sem_wait, sem_post, sem_try, sem_timed, sem_value,
  cond_wait, cond_timed, cond_signal, cond_broadcast,
  read_lock, write_lock, try_read_lock, try_write_lock, timed_read_lock, timed_write_lock, rw_unlock,
  once, create, join, try_join, timed_join, choose,
  futex_wait, futex_timed, futex_wake_one, futex_wake_all,
  both,   // the threads that nobody has started yet, side by side, and waits for them
  crowd,  // threads that do nothing
  skip,  // the next `value` operations, if the last result was odd
  count,
};

struct Op {
  Kind         kind;
  std::uint8_t object, value;
};

// The first `started` threads start together; the others are created by an operation, if at all. Whatever would be a misuse
// (unlocking what one does not hold, joining twice) is left out when it is run, so that any part of a program is a program.
struct Program {
  std::size_t started = 0;
  std::vector<std::vector<Op>> threads;
  std::uint8_t permits = 0;      // of the first semaphore
  bool writers_first = false;    // of the reader-writer lock
};

inline constexpr std::size_t words = 2, mutexes = 2, conditions = 2, semaphores = 2, threads_max = 6, crowd_size = 4;

// Where a program's objects are. Static: the same addresses in every execution.
struct Place {
  std::string   object;  // "word 0", "queue 1", ...; empty: not one of the program's
};

Program generate(std::mt19937_64& random);
std::string text(const Program& program);

// Runs the program inside an execution: its result goes to interleave::outcome.
void run(const Program& program);

// For an observer, while an execution runs: which thread of the program has this id (255: the body's), which one waits until this one
// and the other of `both` have ended (255: none), and which object this is.
std::uint8_t thread_of(std::uint32_t id);
std::uint8_t waiting_for(std::uint8_t thread);
std::uint8_t asked_for(std::uint8_t thread, std::size_t nth);  // the target of its nth try_join or timed_join
int object_of(const void* address);  // words 0.., then mutexes, ...; -1: none

// Numbers of objects. The reader-writer lock is two: its gate, and the room behind it.
inline constexpr int first_word = 0, first_mutex = 10, first_condition = 20, first_semaphore = 30, the_gate = 40, the_room = 41, the_once = 50,
                     first_queue = 60, first_high = 70, first_end = 80, the_wakings = 90;
// All sleepers on the last word are woken at once, those on the others one at a time.
inline constexpr int queue_woken_at_once = first_queue + words - 1;

}  // namespace oracle
