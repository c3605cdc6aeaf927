// Locks of files, queues and semaphores that several processes share (outside_calls.hpp).
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

#include "scheduler/runtime/outside_calls.hpp"

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

int flock(int d, int operation) noexcept {
  if (!modelled() || (operation & LOCK_NB) != 0) return REAL(flock)(d, operation);
  return attempted("flock", other_process, [&] { return REAL(flock)(d, operation | LOCK_NB); },
                   [](int result) { return result != 0 && errno == EWOULDBLOCK; });
}
int lockf(int d, int command, off_t length) {
  if (!modelled() || command != F_LOCK) return REAL(lockf)(d, command, length);
  return attempted("lockf", other_process, [&] { return REAL(lockf)(d, F_TLOCK, length); },
                   [](int result) { return result != 0 && (errno == EACCES || errno == EAGAIN); });
}

static int fcntl_attempted(decltype(&fcntl) real, int d, int command, void* argument) {
  const bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
  if (!modelled() || !waits) return real(d, command, argument);
  return attempted("fcntl", other_process, [&] { return real(d, command == F_SETLKW ? F_SETLK : F_OFD_SETLK, argument); },
                   [](int result) { return result != 0 && (errno == EACCES || errno == EAGAIN); });
}

int fcntl(int d, int command, ...) {
  va_list list;
  va_start(list, command);
  void* argument = va_arg(list, void*);
  va_end(list);
  return fcntl_attempted(REAL(fcntl), d, command, argument);
}
int fcntl64(int d, int command, ...) {
  va_list list;
  va_start(list, command);
  void* argument = va_arg(list, void*);
  va_end(list);
  return fcntl_attempted(REAL(fcntl64), d, command, argument);
}

ssize_t msgrcv(int queue, void* p, std::size_t n, long type, int flags) {
  if (!modelled() || (flags & IPC_NOWAIT) != 0) return REAL(msgrcv)(queue, p, n, type, flags);
  about_to_fill(p, n + sizeof(long));
  const ssize_t size = attempted("msgrcv", other_process, [&] { return REAL(msgrcv)(queue, p, n, type, flags | IPC_NOWAIT); },
                                 [](ssize_t result) { return result < 0 && errno == ENOMSG; });
  if (size >= 0) wrote(p, static_cast<std::size_t>(size) + sizeof(long));
  return size;
}
int msgsnd(int queue, const void* p, std::size_t n, int flags) {
  if (!modelled() || (flags & IPC_NOWAIT) != 0) return REAL(msgsnd)(queue, p, n, flags);
  return attempted("msgsnd", other_process, [&] { return REAL(msgsnd)(queue, p, n, flags | IPC_NOWAIT); },
                   [](int result) { return result < 0 && errno == EAGAIN; });
}
int semtimedop(int set, sembuf* operations, std::size_t n, const timespec* time) noexcept {
  if (!modelled()) return REAL(semtimedop)(set, operations, n, time);
  constexpr timespec now{0, 0};
  return attempted("semtimedop", other_process, [&] { return REAL(semtimedop)(set, operations, n, &now); },
                   [](int result) { return result < 0 && errno == EAGAIN; });
}
int semop(int set, sembuf* operations, std::size_t n) noexcept {
  if (!modelled()) return REAL(semop)(set, operations, n);
  constexpr timespec now{0, 0};
  return attempted("semop", other_process, [&] { return REAL(semtimedop)(set, operations, n, &now); },
                   [](int result) { return result < 0 && errno == EAGAIN; });
}
ssize_t mq_receive(mqd_t queue, char* p, std::size_t n, unsigned* priority) {
  ready("mq_receive", queue, POLLIN);
  about_to_fill(p, n);
  about_to_fill(priority, sizeof *priority);
  const ssize_t size = REAL(mq_receive)(queue, p, n, priority);
  if (size < 0) return size;
  wrote(p, static_cast<std::size_t>(size));
  wrote(priority, sizeof *priority);
  return size;
}
int mq_send(mqd_t queue, const char* p, std::size_t n, unsigned priority) {
  ready("mq_send", queue, POLLOUT);
  return REAL(mq_send)(queue, p, n, priority);
}

}  // extern "C"

#pragma GCC visibility pop
