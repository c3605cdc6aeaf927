// The machine that the program sees: two processors, on every real one, so that a program that asks how many threads it should
// start does the same everywhere. Which of them a thread may run on is remembered; it is said to run on the first of those.
#include <pthread.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <bit>
#include <cstring>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

constexpr std::uint32_t all = ThreadAttributes{}.processors;
constexpr int how_many = std::popcount(all);

int set(Thread* thread, std::size_t size, const cpu_set_t* wanted) {
  if (thread == nullptr) return ESRCH;
  std::uint32_t bits = 0;
  std::memcpy(&bits, wanted, std::min(size, sizeof bits));
  if ((bits & all) == 0) return EINVAL;
  thread->extras().attributes.processors = bits & all;
  return 0;
}

int get(const Thread* thread, std::size_t size, cpu_set_t* result) {
  if (thread == nullptr) return ESRCH;
  if (size < sizeof thread->extras().attributes.processors) return EINVAL;
  memory->note_write(result, size);
  std::memset(result, 0, size);
  std::memcpy(result, &thread->extras().attributes.processors, sizeof thread->extras().attributes.processors);
  return 0;
}

int told_by_errno(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

int current(Execution& run) { return std::countr_zero(run.self().extras().attributes.processors); }

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

int get_nprocs() noexcept {
  const Model model;
  return model ? how_many : REAL(get_nprocs)();
}

int get_nprocs_conf() noexcept {
  const Model model;
  return model ? how_many : REAL(get_nprocs_conf)();
}

long sysconf(int name) noexcept {
  const Model model;
  return model && (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF) ? how_many : REAL(sysconf)(name);
}

int sched_getcpu() noexcept {
  Model model;
  return model ? current(*model) : REAL(sched_getcpu)();
}

int getcpu(unsigned* processor, unsigned* node) noexcept {
  Model model;
  if (!model) return REAL(getcpu)(processor, node);
  if (processor != nullptr) write(*processor, static_cast<unsigned>(current(*model)));
  if (node != nullptr) write(*node, 0u);
  return 0;
}

int pthread_setaffinity_np(pthread_t h, std::size_t size, const cpu_set_t* wanted) noexcept {
  Model model;
  return model ? set(model->known_by(h), size, wanted) : REAL(pthread_setaffinity_np)(h, size, wanted);
}

int pthread_getaffinity_np(pthread_t h, std::size_t size, cpu_set_t* result) noexcept {
  Model model;
  return model ? get(model->known_by(h), size, result) : REAL(pthread_getaffinity_np)(h, size, result);
}

int sched_setaffinity(pid_t id, std::size_t size, const cpu_set_t* wanted) noexcept {
  Model model;
  return model ? told_by_errno(set(model->of_kernel_id(id), size, wanted)) : REAL(sched_setaffinity)(id, size, wanted);
}

int sched_getaffinity(pid_t id, std::size_t size, cpu_set_t* result) noexcept {
  Model model;
  return model ? told_by_errno(get(model->of_kernel_id(id), size, result)) : REAL(sched_getaffinity)(id, size, result);
}

// As threads are numbered here.
pid_t gettid() noexcept {
  Model model;
  return model ? model->self().kernel_id() : REAL(gettid)();
}

}  // extern "C"

#pragma GCC visibility pop
