// Bytes that a system call writes are writes of the thread that calls it: a race with another thread's, and none where they are ordered.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include <interleave/catch2.hpp>

using namespace interleave;

namespace {

// A child process that has ended, and that nobody has waited for.
pid_t ended_child() {
  static const pid_t child = [] {
    const pid_t made = fork();
    if (made == 0) _exit(0);
    siginfo_t status{};
    waitid(P_PID, static_cast<id_t>(made), &status, WEXITED | WNOWAIT);
    return made;
  }();
  return child;
}

struct Received {
  int sockets[2] = {-1, -1}, event = -1;
  char text[8] = "";
  eventfd_t count = 0;
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  char address[8] = "";
  socklen_t address_length = sizeof address;
  int listener = -1, client = -1;
  int epoll = -1;
  pollfd polled{};
  fd_set selected{};
  epoll_event events[2] = {};
  pid_t child = ended_child();
  siginfo_t status{};

  Received() {
    socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets);
    event = eventfd(1, 0);
    // Each gets a name of eight bytes, made by the kernel.
    sockaddr_storage nameless{};
    nameless.ss_family = AF_UNIX;
    bind(sockets[1], reinterpret_cast<sockaddr*>(&nameless), sizeof(sa_family_t));
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(listener, reinterpret_cast<sockaddr*>(&nameless), sizeof(sa_family_t));
    listen(listener, 1);
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size);
    client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    require(connect(client, reinterpret_cast<sockaddr*>(&name), size) == 0);
    static_cast<void>(!write(sockets[1], "good day", 8));
    polled = {event, POLLIN, 0};
    FD_SET(event, &selected);
    epoll = epoll_create1(0);
    epoll_event readable{.events = EPOLLIN, .data = {}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, event, &readable);
  }
  ~Received() {
    close(sockets[0]);
    close(sockets[1]);
    close(event);
    close(listener);
    close(client);
    close(epoll);
  }
};

struct Case {
  const char* name;
  void (*receives)(Received&);
  void (*writes)(Received&);  // to the same bytes
};

const Case cases[] = {
    {"read", [](Received& r) { static_cast<void>(!read(r.sockets[0], r.text, 5)); }, [](Received& r) { r.text[4] = 'x'; }},
    {"readv", [](Received& r) { iovec parts[] = {{r.text, 2}, {r.text + 2, 3}}; static_cast<void>(!readv(r.sockets[0], parts, 2)); },
     [](Received& r) { r.text[4] = 'x'; }},
    {"recv", [](Received& r) { recv(r.sockets[0], r.text, 5, 0); }, [](Received& r) { r.text[0] = 'x'; }},
    {"recvfrom", [](Received& r) { recvfrom(r.sockets[0], r.text, 5, 0, nullptr, nullptr); }, [](Received& r) { r.text[0] = 'x'; }},
    {"recvfrom, length", [](Received& r) { recvfrom(r.sockets[0], r.text, 5, 0, reinterpret_cast<sockaddr*>(&r.from), &r.length); },
     [](Received& r) { r.length = 0; }},
    {"recvmsg", [](Received& r) {
       iovec part{r.text, 5};
       msghdr message{};
       message.msg_iov = &part;
       message.msg_iovlen = 1;
       recvmsg(r.sockets[0], &message, 0);
     }, [](Received& r) { r.text[1] = 'x'; }},
    {"recv, more than there is room for", [](Received& r) { recv(r.sockets[0], r.text, 2, MSG_TRUNC); }, [](Received& r) { r.text[1] = 'x'; }},
    {"recvmsg, more than there is room for", [](Received& r) {
       iovec part{r.text, 2};
       msghdr message{};
       message.msg_iov = &part;
       message.msg_iovlen = 1;
       recvmsg(r.sockets[0], &message, MSG_TRUNC);
     }, [](Received& r) { r.text[1] = 'x'; }},
    {"recvfrom, an address longer than its room", [](Received& r) {
       r.length = 2;  // of a named socket's address, of which no more than that is written
       recvfrom(r.sockets[0], r.text, 5, 0, reinterpret_cast<sockaddr*>(r.address), &r.length);
     }, [](Received& r) { r.address[1] = 1; }},
    {"accept", [](Received& r) { close(accept(r.listener, reinterpret_cast<sockaddr*>(r.address), &r.address_length)); },
     [](Received& r) { r.address_length = 2; }},
    {"eventfd_read", [](Received& r) { eventfd_read(r.event, &r.count); }, [](Received& r) { r.count = 2; }},
    {"waitid", [](Received& r) { waitid(P_PID, static_cast<id_t>(r.child), &r.status, WEXITED | WNOWAIT); }, [](Received& r) { r.status.si_pid = 0; }},
    {"poll", [](Received& r) { poll(&r.polled, 1, 0); }, [](Received& r) { r.polled.revents = 1; }},
    {"ppoll", [](Received& r) { const timespec now{}; ppoll(&r.polled, 1, &now, nullptr); }, [](Received& r) { r.polled.revents = 1; }},
    {"select", [](Received& r) { timeval now{}; select(r.event + 1, &r.selected, nullptr, nullptr, &now); },
     [](Received& r) { r.selected.fds_bits[0] = 0; }},
    {"pselect", [](Received& r) { const timespec now{}; pselect(r.event + 1, nullptr, &r.selected, nullptr, &now, nullptr); },
     [](Received& r) { r.selected.fds_bits[0] = 0; }},
    {"epoll_wait", [](Received& r) { epoll_wait(r.epoll, r.events, 2, 0); }, [](Received& r) { r.events[0].data.u32 = 3; }},
    {"epoll_pwait", [](Received& r) { epoll_pwait(r.epoll, r.events, 2, 0, nullptr); }, [](Received& r) { r.events[0].data.u32 = 3; }},
};

// The bytes behind those that were received stay untouched.
void writes_behind(Received& r) {
  r.text[7] = 'x';
  r.address[7] = 1;
  r.selected.fds_bits[15] = 0;  // an abandoned execution leaves its descriptors, so they are many
  r.events[1].data.u32 = 3;
}

Report explored(void (*receives)(Received&), void (*writes)(Received&), bool ordered) {
  return explore([=] {
    Received r;
    std::thread other([&] { writes(r); });
    if (ordered) other.join();
    receives(r);
    if (!ordered) other.join();
  });
}

}  // namespace

TEST_CASE("what a call receives into is written by it") {
  ended_child();  // not in the model, which has no fork
  for (const Case& each : cases) {
    INFO(each.name);
    const Report race = explored(each.receives, each.writes, false);
    REQUIRE(race.failure);
    CHECK(race.failure->kind == "data-race");
    const Report ordered = explored(each.receives, each.writes, true);
    CHECK(ordered.verdict == Verdict::pass);
    const Report behind = explored(each.receives, writes_behind, false);
    CHECK(behind.verdict == Verdict::pass);
  }
}
