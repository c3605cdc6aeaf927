// Threads from before the exploration, as a test's fixture starts them, are not the model's. A body that waits for one is told so.
#include <condition_variable>
#include <mutex>
#include <thread>

#include <catch2/catch.hpp>
#include <interleave/interleave.hpp>

using namespace interleave;

namespace {

// Waits for what nobody of the model does.
void waits_for_ever() {
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, [] { return false; });
}

// A real thread that sleeps as long as it is.
class Worker {
 public:
  Worker() : thread_([this] {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_; });
  }) {}
  ~Worker() {
    {
      const std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::thread thread_;
};

constexpr const char* remark = "from before the exploration, of which the model knows nothing";

bool remarks(const std::function<void()>& body) {
  const Report report = explore(body);
  REQUIRE(report.failure);
  return report.failure->message.find(remark) != std::string::npos;
}

}  // namespace

TEST_CASE("a deadlock says that there are threads from before the exploration") {
  const Worker worker;
  CHECK(remarks(waits_for_ever));
}

TEST_CASE("a failure that no other thread can have a part in does not, nor does a deadlock where there are none") {
  CHECK_FALSE(remarks(waits_for_ever));
  const Worker worker;
  CHECK_FALSE(remarks([] { require(false, "whatever else there is"); }));
}
