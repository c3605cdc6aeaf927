// Ends the process when a run on real threads does not end: threads that hang cannot be taken back. INTERLEAVE_WATCHDOG is the limit in
// seconds (60), and 0 switches it off.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace interleave::real {

class Watchdog {
 public:
  // What is to be said of the run under way.
  struct Standing {
    std::uint64_t            seed = 0;
    std::vector<std::string> threads;  // that have not ended
  };

  // `runs`: how many there will be, or 0. `standing` is asked by the watchdog's own thread.
  Watchdog(std::string name, std::uint64_t runs, std::function<Standing()> standing);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void begin_run(std::uint64_t index) noexcept { run_.store(index, std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  void watch();
  [[noreturn]] void report_hang(std::uint64_t run);

  const std::string               name_;
  const std::uint64_t             runs_;
  const std::function<Standing()> standing_;
  const Seconds                   limit_;
  std::atomic<std::uint64_t>      run_{0};
  std::mutex                      mutex_;
  std::condition_variable         ended_;
  bool                            over_ = false;  // guarded by mutex_
  std::thread                     thread_;
};

}  // namespace interleave::real
