// The workloads of the measured peers (GenMC 0.11, Nidhugg 0.4, Relacy, Loom 0.7, Shuttle 0.9), by default settings: executions,
// time, and what was found. Where the peers were measured a bare switch of Boost.Context took 5.5 ns; the ratio to GenMC's time
// is as if it did here.
#include <cstdio>
#include <functional>
#include <string>

#include "measure.hpp"
#include "programs.hpp"

namespace {

struct Peer {
  const char* executions;
  double genmc_seconds;  // 0: none
};

void compare(const char* name, const std::function<void()>& body, const Peer& peer, const char* others) {
  const Figures figures = measure(body, {.name = "peers"});
  std::string genmc = "-";
  if (peer.genmc_seconds > 0) {
    char text[64];
    std::snprintf(text, sizeof text, "%.2f s, %.1f x", peer.genmc_seconds, peer.genmc_seconds / (figures.seconds * 5.5 / figures.bare_ns));
    genmc = text;
  }
  std::printf("%-34s %10llu %9.4f s %11.0f  %-10s %9s  %-16s %s\n", name, static_cast<unsigned long long>(figures.report.executions),
              figures.seconds, figures.switches_per_execution(), figures.report.failure ? figures.report.failure->kind.c_str() : "proved",
              peer.executions, genmc.c_str(), others);
}

}  // namespace

void print_peers() {
  std::printf("%-34s %10s %11s %11s  %-10s %9s  %-16s %s\n", "workload (search, by default)", "executions", "time", "switches/ex",
              "finding", "published", "GenMC, ratio", "others");
  compare("mutex-3", programs::mutex(3), {"6", 0.05}, "Nidhugg 0.035 s; Relacy 780 ex");
  compare("mutex-5", programs::mutex(5), {"120", 0.06}, "Nidhugg 0.05 s; Relacy 40.3 M ex, 39 s");
  compare("mutex-8", programs::mutex(8), {"40320", 3.0}, "");
  compare("readers-12", programs::readers(12), {"4096", 0.11}, "Nidhugg 2.4 s");
  compare("readers-16", programs::readers(16), {"65536", 1.4}, "");
  compare("lastzero-10", programs::last_zero(10), {"3328", 0.26}, "Nidhugg 2.2 s");
  compare("lastzero-12", programs::last_zero(12), {"15360", 1.24}, "");
  compare("indexer-15", programs::indexer(15), {"4096", 1.95}, "Nidhugg 57 s");
  compare("filesystem-18", programs::filesystem(18), {"32", 0.11}, "Nidhugg 0.105 s");
  compare("queue, 2 conditions, 1 item each", [] { programs::queue(1, false); }, {"48", 0}, "Nidhugg 0.02 s; Relacy 25.6 M ex, 44 s");
  compare("queue, 2 conditions, 2 items each", [] { programs::queue(2, false); }, {"29728", 0}, "Nidhugg 5.0 s");
  compare("queue, 1 condition, 1 item each", [] { programs::queue(1, true); }, {"-", 0}, "Nidhugg: not reported; Relacy 463,480 ex");
  compare("queue, 1 condition, 2 items each", [] { programs::queue(2, true); }, {"-", 0}, "Nidhugg: not reported; Relacy 2 ex; Shuttle 220,038 ex");
  compare("two mutexes, crossed", &programs::crossed_locks, {"-", 0}, "GenMC, Nidhugg: not reported; Relacy, Loom, Shuttle: found");
}
