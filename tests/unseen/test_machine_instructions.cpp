// What the processor or the kernel decides, and not the program: each is the same in every execution and every process, or a pass names it.
#include <cpuid.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <unordered_set>

#include <catch2/catch.hpp>
#include <interleave/interleave.hpp>

#include "library.hpp"

namespace {

using namespace interleave;

// By their bytes, so that no option of the compiler's is needed.
std::uint64_t rdrand() {
  std::uint64_t value;
  asm volatile("rdrand %0" : "=r"(value) : : "cc");
  return value;
}
std::uint32_t rdrand_of_32_bits() {
  std::uint64_t value = ~std::uint64_t{0};
  bool done;
  asm volatile("rdrand %k0\n setc %b1" : "+r"(value), "=q"(done) : : "cc");
  require(done && value >> 32 == 0);
  return static_cast<std::uint32_t>(value);
}
std::uint16_t rdrand_of_16_bits() {
  std::uint64_t value = ~std::uint64_t{0};
  asm volatile("rdrand %w0" : "+r"(value) : : "cc");
  require(value >> 16 == ~std::uint64_t{0} >> 16);
  return static_cast<std::uint16_t>(value);
}
std::uint64_t rdseed() {
  std::uint64_t value;
  asm volatile("rdseed %%r9\n mov %%r9, %0" : "=r"(value) : : "r9", "cc");
  return value;
}
std::uint64_t rdpid() {
  std::uint64_t value;
  asm volatile("rdpid %0" : "=r"(value));
  return value;
}
// The bytes of rdtsc, rdrand and cpuid, as a number within an instruction.
[[gnu::noinline]] std::uint64_t no_such_instruction() {
  std::uint64_t value;
  asm volatile("movabs $0xa20ff0c70f310f90, %0" : "=r"(value));
  return value;
}

// Of a value that decides what the program does.
Report explore_branch(const std::function<std::uint64_t()>& value) {
  return explore([&] {
    std::atomic<int> x{0};
    std::thread t([&] {
      const std::uint64_t here = value();
      if ((here & 1) != 0) x = 1;
      if ((here & 2) != 0) x = 2;
      outcome(std::to_string(here));
    });
    x = 3;
    t.join();
  });
}

void check_named(const Report& report, const std::string& what) {
  INFO((report.failure ? report.failure->message : ""));
  CHECK(report.verdict == Verdict::pass);
  CHECK_FALSE(report.complete);
  CHECK(report.outcomes.size() == 1);
  REQUIRE(report.unseen.size() == 1);
  CHECK_THAT(report.unseen.front(), Catch::Contains("test_machine_instructions.cpp:") && Catch::Contains(what));
}

TEST_CASE("the processor's random numbers are the model's, and a pass names the place") {
  SECTION("rdrand") { check_named(explore_branch(rdrand), "reads random numbers of the processor's (rdrand): it was shown the model's numbers"); }
  SECTION("of 32 bits") { check_named(explore_branch(rdrand_of_32_bits), "(rdrand)"); }
  SECTION("of 16 bits") { check_named(explore_branch(rdrand_of_16_bits), "(rdrand)"); }
  SECTION("rdseed") { check_named(explore_branch(rdseed), "(rdseed)"); }
  SECTION("rdpid") {
    const Report report = explore_branch(rdpid);
    check_named(report, "reads the number of the processor (rdpid)");
    CHECK(report.outcomes.begin()->first == "0");
  }
  SECTION("those of two threads differ") {
    const Report report = explore([] {
      std::uint64_t other = 0;
      std::thread t([&] { other = rdrand(); });
      const std::uint64_t mine = rdrand(), next = rdrand();
      t.join();
      require(mine != other && mine != next);
    });
    CHECK(report.verdict == Verdict::pass);
  }
}

TEST_CASE("an instruction that does not run is not named, nor are its bytes within another one") {
  volatile bool never = false;
  const Report report = explore([&] { outcome(std::to_string(never ? rdrand() : no_such_instruction())); });
  CHECK(report.complete);
  CHECK(report.unseen.empty());
  CHECK(report.outcomes.begin()->first == std::to_string(0xa20ff0c70f310f90));
}

TEST_CASE("outside of the model the processor answers") {
  unsigned a = 0, b = 0, c = 0, d = 0;
  __get_cpuid(1, &a, &b, &c, &d);
  if ((c & bit_RDRND) == 0) return;
  const std::uint64_t before = rdrand();
  bool differs = false;
  for (int i = 0; i < 8; ++i) differs |= rdrand() != before;
  CHECK(differs);
}

TEST_CASE("cpuid says the same on every processor, and needs no word") {
  const Report report = explore_branch([] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    __cpuid_count(1, 0, a, b, c, d);
    require(b >> 24 == 0);
    return a;
  });
  CHECK(report.complete);
  CHECK(report.outcomes.size() == 1);
}

// No prctl(PR_SET_TSC) in this process from here on.
void refuse_traps_of_the_counter() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_TSC, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

TEST_CASE("where the system does not let the cycle counter be trapped, the instruction itself is the trap") {
  const pid_t child = fork();
  if (child == 0) {
    refuse_traps_of_the_counter();
    if (prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0) == 0) _exit(1);
    const Report report = explore_branch([] { return __rdtsc(); });
    if (report.verdict != Verdict::pass || report.outcomes.size() != 1) _exit(2);
    if (report.complete || report.unseen.size() != 1) _exit(3);
    if (report.unseen.front().find("test_machine_instructions.cpp:") == std::string::npos) _exit(4);
    const auto before = __rdtsc();
    _exit(__rdtsc() == before ? 5 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

// ---- what the kernel and the library decide -------------------------------------------------------------------------

template <class Clock>
std::uint64_t now_of() {
  return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
}

std::uint64_t bytes_of_file(const char* name) {
  std::uint64_t value = 0;
  const int file = open(name, O_RDONLY | O_CLOEXEC);
  require(file >= 0 && read(file, &value, sizeof value) > 0);
  close(file);
  return value;
}

struct Value {
  const char* name;
  std::uint64_t (*read)();
};

// Whatever decides: one outcome, and the same in another process; or it is not a complete pass.
const Value values[] = {
    {"getrandom", [] { std::uint64_t v = 0; require(getrandom(&v, sizeof v, 0) == sizeof v); return v; }},
    {"syscall(SYS_getrandom)", [] { std::uint64_t v = 0; syscall(SYS_getrandom, &v, sizeof v, 0); return v; }},
    {"getentropy", [] { std::uint64_t v = 0; require(getentropy(&v, sizeof v) == 0); return v; }},
    {"arc4random", [] { return std::uint64_t{arc4random()}; }},
    {"std::random_device", [] { return std::uint64_t{std::random_device{}()}; }},
    {"/dev/urandom", [] { return bytes_of_file("/dev/urandom"); }},
    {"/dev/random", [] { return bytes_of_file("/dev/random"); }},
    {"/proc/sys/kernel/random/uuid", [] { return bytes_of_file("/proc/sys/kernel/random/uuid"); }},
    {"/proc/self/stat", [] { return bytes_of_file("/proc/self/stat"); }},
    {"/proc/uptime", [] { return bytes_of_file("/proc/uptime"); }},
    {"fopen(/dev/urandom)", [] { auto* f = fopen("/dev/urandom", "r"); std::uint64_t v = 0; require(fread(&v, sizeof v, 1, f) == 1); fclose(f); return v; }},
    {"ifstream(/dev/urandom)", [] { std::ifstream f("/dev/urandom"); std::uint64_t v = 0; f.read(reinterpret_cast<char*>(&v), sizeof v); return v; }},
    {"fopen(/proc/uptime)", [] { auto* f = fopen("/proc/uptime", "r"); int v = 0; require(fscanf(f, "%*d.%d", &v) == 1); fclose(f); return static_cast<std::uint64_t>(v); }},
    {"clock()", [] { return static_cast<std::uint64_t>(clock()); }},
    {"times", [] { tms t{}; return static_cast<std::uint64_t>(times(&t)); }},
    {"getrusage", [] { rusage u{}; getrusage(RUSAGE_SELF, &u); return static_cast<std::uint64_t>(u.ru_utime.tv_usec + u.ru_minflt); }},
    {"system_clock", now_of<std::chrono::system_clock>},
    {"steady_clock", now_of<std::chrono::steady_clock>},
    {"utc_clock", [] { return static_cast<std::uint64_t>(time(nullptr)); }},
    {"CLOCK_PROCESS_CPUTIME_ID", [] { timespec t{}; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return static_cast<std::uint64_t>(t.tv_nsec); }},
    {"CLOCK_THREAD_CPUTIME_ID", [] { timespec t{}; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); return static_cast<std::uint64_t>(t.tv_nsec); }},
    {"clock_getcpuclockid", [] { clockid_t c{}; clock_getcpuclockid(0, &c); timespec t{}; clock_gettime(c, &t); return static_cast<std::uint64_t>(t.tv_nsec); }},
    {"CLOCK_MONOTONIC_COARSE", [] { timespec t{}; clock_gettime(CLOCK_MONOTONIC_COARSE, &t); return static_cast<std::uint64_t>(t.tv_nsec); }},
    {"CLOCK_BOOTTIME", [] { timespec t{}; clock_gettime(CLOCK_BOOTTIME, &t); return static_cast<std::uint64_t>(t.tv_nsec); }},
    {"CLOCK_TAI", [] { timespec t{}; clock_gettime(CLOCK_TAI, &t); return static_cast<std::uint64_t>(t.tv_nsec); }},
    {"syscall(SYS_clock_gettime)", [] { timespec t{}; syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t); return static_cast<std::uint64_t>(t.tv_nsec); }},
    {"timespec_get", [] { timespec t{}; timespec_get(&t, TIME_UTC); return static_cast<std::uint64_t>(t.tv_nsec); }},
    {"sched_getcpu", [] { return static_cast<std::uint64_t>(sched_getcpu()); }},
    {"getcpu", [] { unsigned c = 0, n = 0; getcpu(&c, &n); return std::uint64_t{c}; }},
    {"gettid", [] { return static_cast<std::uint64_t>(gettid()); }},
    {"syscall(SYS_gettid)", [] { return static_cast<std::uint64_t>(syscall(SYS_gettid)); }},
    {"pthread_self", [] { return static_cast<std::uint64_t>(pthread_self()); }},
    {"thread::id hash", [] { return std::uint64_t{std::hash<std::thread::id>{}(std::this_thread::get_id())}; }},
    {"address of a local", [] { volatile int x = 0; volatile int* volatile p = &x; return std::uint64_t{std::hash<volatile int*>{}(p)}; }},
    {"address in the heap", [] { auto p = std::make_unique<int>(1); return std::uint64_t{std::hash<int*>{}(p.get())}; }},
    {"getpid", [] { return static_cast<std::uint64_t>(getpid()); }},
    {"getppid", [] { return static_cast<std::uint64_t>(getppid()); }},
};

TEST_CASE("what the kernel decides does not change between executions, or is refused, or said") {
  for (const Value& value : values) {
    INFO(value.name);
    const Report report = explore_branch(value.read);
    const bool refused = report.failure && report.failure->kind == "unsupported";
    CAPTURE(report.failure ? report.failure->kind + " " + report.failure->message : "");
    // A file of /proc changes as it likes: then that is what the failure is put down to.
    const bool outside = report.failure && report.failure->kind == "nondeterminism" && report.failure->message.find(" reads /proc/") != std::string::npos;
    if (refused || outside) continue;
    CHECK(report.verdict == Verdict::pass);
    std::string all;
    for (const auto& [o, n] : report.outcomes) all += o + " ";
    CAPTURE(all);
    CHECK((report.outcomes.size() == 1 || !report.complete));
  }
}

}  // namespace
