// Compares dpor with brute force where races are explored, on random programs about the ends of what threads share: blocks of the heap that are
// freed, and semaphores, mutexes, reader-writer locks and condition variables that are destroyed and initialised anew, while others use them.
//
// Both searches go on after a failure (dfs:run_on=1), so that both see all of every execution. The class of an execution is written down
// from outside of dpor: what each thread did, and the order of the dependent operations on each object. dpor must visit the same classes, each once,
// and none in vain, and find failures in as many.
//
//   oracle_lives --programs 20000 --seed 1
//
// Every plain access is a step here, so the interpreter is not instrumented; what the programs do is.
#include <pthread.h>
#include <semaphore.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/observer.hpp>

#define UNSEEN __attribute__((noinline, no_sanitize("thread")))

namespace {

enum Kind : unsigned char {
  look, read_0, read_1, write_0, write_1, release, publish,  // of a block: look at the slot, then access what was found there
  post, try_wait, value, sem_end, sem_begin,
  try_lock, unlock, mutex_end, mutex_begin,
  try_read, try_write, rw_unlock, rw_end, rw_begin,
  signal_one, cond_end, cond_begin,
  kinds
};
constexpr const char* names[] = {"look", "read_0", "read_1", "write_0", "write_1", "release", "publish", "post", "try_wait", "value", "sem_end",
                                 "sem_begin", "try_lock", "unlock", "mutex_end", "mutex_begin", "try_read", "try_write", "rw_unlock", "rw_end",
                                 "rw_begin", "signal", "cond_end", "cond_begin"};
static_assert(sizeof names / sizeof *names == kinds);

constexpr std::size_t threads_max = 3, ops_max = 6;
struct Program {
  std::size_t threads = 0;
  unsigned char count[threads_max] = {};
  Kind ops[threads_max][ops_max] = {};
  bool small = true;  // blocks; a large one is looked up in another way
};
Program running;

constexpr std::size_t small_size = 16, large_size = 4096;
struct World {
  std::uint64_t* slot;
  sem_t semaphore;
  pthread_mutex_t mutex;
  pthread_rwlock_t rwlock;
  pthread_cond_t condition;
};
alignas(64) World world;
std::uint64_t* first_block = nullptr;

// ---- what the model sees ----
__attribute__((noinline)) std::uint64_t* load_slot() { return __atomic_load_n(&world.slot, __ATOMIC_SEQ_CST); }
__attribute__((noinline)) std::uint64_t* take_slot(std::uint64_t* next) { return __atomic_exchange_n(&world.slot, next, __ATOMIC_SEQ_CST); }
__attribute__((noinline)) void read_word(std::uint64_t* p) { static_cast<void>(*static_cast<volatile std::uint64_t*>(p)); }
__attribute__((noinline)) void write_word(std::uint64_t* p) { *static_cast<volatile std::uint64_t*>(p) = 1; }

// ---- what it does not ----
UNSEEN void interpret(std::size_t self) {
  std::uint64_t* found = nullptr;
  bool holds = false, inside = false;
  const std::size_t other = running.small ? 1 : large_size / 8 - 1;
  for (std::size_t i = 0; i < running.count[self]; ++i) {
    switch (running.ops[self][i]) {
      case look: found = load_slot(); break;
      case read_0: if (found != nullptr) read_word(found); break;
      case read_1: if (found != nullptr) read_word(found + other); break;
      case write_0: if (found != nullptr) write_word(found); break;
      case write_1: if (found != nullptr) write_word(found + other); break;
      case release: std::free(take_slot(nullptr)); break;
      case publish: if (found != nullptr) take_slot(found); break;
      case post: sem_post(&world.semaphore); break;
      case try_wait: sem_trywait(&world.semaphore); break;
      case value: {
        int result = 0;
        sem_getvalue(&world.semaphore, &result);
        break;
      }
      case sem_end: sem_destroy(&world.semaphore); break;
      case sem_begin: sem_init(&world.semaphore, 0, 1); break;
      case try_lock: if (!holds) holds = pthread_mutex_trylock(&world.mutex) == 0; break;
      case unlock:
        if (holds) pthread_mutex_unlock(&world.mutex);
        holds = false;
        break;
      case mutex_end: pthread_mutex_destroy(&world.mutex); break;
      case mutex_begin: if (!holds) pthread_mutex_init(&world.mutex, nullptr); break;
      case try_read: if (!inside) inside = pthread_rwlock_tryrdlock(&world.rwlock) == 0; break;
      case try_write: if (!inside) inside = pthread_rwlock_trywrlock(&world.rwlock) == 0; break;
      case rw_unlock:
        if (inside) pthread_rwlock_unlock(&world.rwlock);
        inside = false;
        break;
      case rw_end: pthread_rwlock_destroy(&world.rwlock); break;
      case rw_begin: if (!inside) pthread_rwlock_init(&world.rwlock, nullptr); break;
      case signal_one: pthread_cond_signal(&world.condition); break;
      case cond_end: pthread_cond_destroy(&world.condition); break;
      case cond_begin: pthread_cond_init(&world.condition, nullptr); break;
      case kinds: break;
    }
  }
}

UNSEEN void begin_world() {
  std::memset(static_cast<void*>(&world), 0, sizeof world);
  sem_init(&world.semaphore, 0, 1);
  world.slot = first_block = static_cast<std::uint64_t*>(std::malloc(running.small ? small_size : large_size));
}

template <std::size_t self>
void body() {
  interpret(self);
}

UNSEEN void run() {
  begin_world();
  if (running.threads == 2) {
    interleave::parallel(&body<0>, &body<1>);
  } else {
    interleave::parallel(&body<0>, &body<1>, &body<2>);
  }
}

// ---- classes ----
class Classes final : public interleave::Observer {
 public:
  void begin_execution() override {
    flush();
    begun_ = true;
  }
  std::optional<interleave::Objection> on_step(const interleave::ObservedStep& step) override {
    const std::string_view op = step.operation;
    const int index = ++made_[step.thread];
    threads_[step.thread] += std::string(op) + (step.succeeded ? " " : "! ");
    const auto meet = [&](const std::string& object, char way) { access(object, way, step.thread, index); };
    const auto* p = static_cast<const char*>(step.object);
    const auto* block = reinterpret_cast<const char*>(first_block);
    const std::size_t size = running.small ? small_size : large_size;
    const bool in_block = p >= block && p < block + size;
    if (op == "free") {
      meet("word 0", 'w');
      meet("word 1", 'w');
    } else if (op == "read" || op == "write") {
      const std::string word = !in_block ? "elsewhere" : p == block ? "word 0" : "word 1";
      meet(word, op == "read" ? 'r' : 'w');
      // A read directly before a write of the same size may be its other half: it is a part of that step as well (accesses.cpp).
      if (op == "write" && !last_read_[step.thread].empty() && last_read_[step.thread] != word) meet(last_read_[step.thread], 'r');
      last_read_[step.thread] = op == "read" ? word : "";
      return std::nullopt;
    } else if (op == "load" || op == "exchange") {
      meet("slot", op == "load" ? 'r' : 'w');
    } else if (op == "sem_post") {
      meet("semaphore", 'p');
    } else if (op == "sem_getvalue") {
      meet("semaphore", 'r');
    } else if (op.find("destroy") != op.npos || op.find("init") != op.npos) {
      meet(object(p), 'w');
    } else if (op.starts_with("rwlock")) {
      meet(object(p), !step.succeeded ? 'r' : op.find("read") != op.npos ? 's' : 'w');
    } else if (op.starts_with("sem_") || op.starts_with("mutex") || op.starts_with("condition")) {
      meet(object(p), step.succeeded ? 'w' : 'r');
    } else if (!op.starts_with("thread")) {
      std::printf("unknown operation %s\n", std::string(op).c_str());
      std::exit(2);
    }
    last_read_[step.thread].clear();
    return std::nullopt;
  }
  void flush() {
    if (begun_) {
      std::string form;
      for (auto& [thread, did] : threads_) form += std::to_string(thread) + ": " + did + "\n";
      for (auto& [name, object] : objects_) {
        close(object);
        form += name + " " + object.groups + "\n";
      }
      ++seen_[form];
    }
    begun_ = false;
    threads_.clear();
    made_.clear();
    last_read_.clear();
    objects_.clear();
  }
  const std::map<std::string, std::uint64_t>& seen() const { return seen_; }

 private:
  struct Object {
    std::string groups;
    char way = 'w';
    std::set<std::pair<std::uint32_t, int>> run;
  };
  static std::string object(const void* p) {
    return p == &world.semaphore ? "semaphore" : p == &world.mutex ? "mutex" : p == &world.rwlock ? "rwlock" : "condition";
  }
  static void close(Object& object) {
    if (object.run.empty()) return;
    object.groups += "{";
    for (const auto& [thread, index] : object.run) object.groups += std::to_string(thread) + "." + std::to_string(index) + " ";
    object.groups += "}";
    object.run.clear();
  }
  void access(const std::string& name, char way, std::uint32_t thread, int index) {
    Object& object = objects_[name];
    if (way == 'w' || way != object.way) close(object);
    object.way = way;
    object.run.insert({thread, index});
    if (way == 'w') close(object);
  }

  std::map<std::uint32_t, std::string> threads_;
  std::map<std::uint32_t, int> made_;
  std::map<std::uint32_t, std::string> last_read_;
  std::map<std::string, Object> objects_;
  bool begun_ = false;
  std::map<std::string, std::uint64_t> seen_;
};

struct Seen {
  interleave::Report report;
  std::map<std::string, std::uint64_t> classes;
};

Seen explore(const char* strategy, std::uint64_t limit) {
  const auto classes = std::make_shared<Classes>();
  interleave::Options options;
  options.name = "lives";
  options.strategy = strategy;
  options.races = "explore";
  options.executions_max = limit;
  options.stop_at_first_failure = false;
  options.observers = {classes};
  options.shrink = false;
  Seen seen;
  seen.report = interleave::explore([] { run(); }, options);
  if (seen.report.failure) {
    // Its explanation was one more execution, up to the failure; it is the one under way.
    seen.classes = classes->seen();
  } else {
    classes->flush();
    seen.classes = classes->seen();
  }
  return seen;
}

Program generate(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  static const std::vector<std::vector<Kind>> families = {
      {look, read_0, look, write_1, release, read_1, look, write_0, publish},
      {post, try_wait, value, sem_end, sem_begin, try_wait},
      {try_lock, unlock, mutex_end, mutex_begin, try_lock},
      // Nobody gives it back: what a reader gives back who has lost it by an initialisation is a misuse, or not if another one is inside.
      {try_read, try_write, rw_end, rw_begin, try_read},
      {signal_one, cond_end, cond_begin, signal_one}};
  Program program;
  program.threads = 2 + below(2);
  program.small = below(4) != 0;
  const std::vector<Kind>* about[] = {&families[below(2) == 0 ? 0 : below(families.size())], &families[below(families.size())]};
  for (std::size_t t = 0; t < program.threads; ++t) {
    program.count[t] = static_cast<unsigned char>(1 + below(program.threads == 2 ? ops_max : 4));
    for (std::size_t i = 0; i < program.count[t]; ++i) {
      const std::vector<Kind>& family = *about[below(2)];
      program.ops[t][i] = family[below(family.size())];
    }
  }
  return program;
}

std::string text(const Program& program) {
  std::string out = program.small ? "" : "large block\n";
  for (std::size_t t = 0; t < program.threads; ++t) {
    out += "thread " + std::to_string(t) + ":";
    for (std::size_t i = 0; i < program.count[t]; ++i) out += std::string(" ") + names[program.ops[t][i]];
    out += "\n";
  }
  return out;
}

struct Verdict {
  bool skipped = false;
  std::string difference;
  std::uint64_t classes = 0, failing = 0;
};

Verdict compare(const Program& program, std::uint64_t limit) {
  running = program;
  Verdict verdict;
  const Seen all = explore("dfs:run_on=1", limit);
  if (!all.report.complete) {
    verdict.skipped = true;
    return verdict;
  }
  const Seen reduced = explore("dpor", limit);
  verdict.classes = all.classes.size();
  verdict.failing = reduced.report.failing;
  const auto say = [&](const std::string& what) { verdict.difference += "  " + what + "\n"; };
  if (!reduced.report.complete) say("dpor did not finish: " + reduced.report.incomplete_reason);
  for (const auto& [form, count] : all.classes)
    if (!reduced.classes.contains(form)) {
      say("a class that dpor misses:\n" + form);
      break;
    }
  for (const auto& [form, count] : reduced.classes)
    if (!all.classes.contains(form)) {
      say("a class that does not exist:\n" + form);
      break;
    }
  if (reduced.report.executions != all.classes.size() || reduced.report.redundant != 0)
    say(std::to_string(all.classes.size()) + " classes, but " + std::to_string(reduced.report.executions) + " executions of dpor, " +
        std::to_string(reduced.report.redundant) + " redundant");
  if ((all.report.failing != 0) != (reduced.report.failing != 0))
    say(std::to_string(all.report.failing) + " executions of dfs fail, and " + std::to_string(reduced.report.failing) + " of dpor");
  return verdict;
}

Program shrink(Program program, std::uint64_t limit) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t t = 0; t < program.threads; ++t) {
      for (std::size_t i = 0; i < program.count[t]; ++i) {
        Program less = program;
        std::copy(less.ops[t] + i + 1, less.ops[t] + less.count[t], less.ops[t] + i);
        --less.count[t];
        if (compare(less, limit).difference.empty()) continue;
        program = less;
        smaller = true;
        --i;
      }
    }
  }
  return program;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t programs = 1000, seed = 1, limit = 3000;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::uint64_t number = std::strtoull(argv[i + 1], nullptr, 10);
    (name == "--programs" ? programs : name == "--seed" ? seed : limit) = number;
  }
  setenv("INTERLEAVE_TRUST", "oracle_lives", 0);  // as in oracle.cpp
  std::uint64_t compared = 0, skipped = 0, classes = 0, failing = 0, with_failures = 0;
  for (std::uint64_t number = seed; number < seed + programs; ++number) {
    const Program program = generate(number);
    const Verdict verdict = compare(program, limit);
    skipped += verdict.skipped;
    if (verdict.skipped) continue;
    ++compared;
    classes += verdict.classes;
    failing += verdict.failing;
    with_failures += verdict.failing > 0;
    if (verdict.difference.empty()) continue;
    std::printf("DIFFERENCE  program %llu\n%s%s", static_cast<unsigned long long>(number), text(program).c_str(), verdict.difference.c_str());
    const Program least = shrink(program, limit);
    std::printf("shrunk to\n%s%s", text(least).c_str(), compare(least, limit).difference.c_str());
    return 1;
  }
  std::printf("%llu random programs about ends, %llu of them with failures, %llu more left out for their interleavings: no difference; %llu classes, "
              "%llu failing\n", static_cast<unsigned long long>(compared), static_cast<unsigned long long>(with_failures),
              static_cast<unsigned long long>(skipped), static_cast<unsigned long long>(classes), static_cast<unsigned long long>(failing));
  return compared == 0 ? 1 : 0;
}
