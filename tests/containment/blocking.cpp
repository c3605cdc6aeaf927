// Calls that would wait for the world outside are refused by name and place, and never waited for; the same calls go on where
// they do not wait.
#include "../model/explored.hpp"
#include "process.hpp"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace interleave;

namespace {

// Two connected sockets and a pipe, in which there is nothing.
struct Quiet {
  Quiet() {
    REQUIRE(pipe(pipe_ends) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
  }
  ~Quiet() {
    for (const int d : {pipe_ends[0], pipe_ends[1], sockets[0], sockets[1]}) close(d);
  }
  int pipe_ends[2], sockets[2];
};

}  // namespace

TEST_CASE("blocking: calls that would wait are refused by name, at their place") {
  struct Row {
    const char* name;
    void (*call)(Quiet&);
  };
  const auto row = GENERATE(values<Row>({
      {"read", [](Quiet& q) { char c; static_cast<void>(!read(q.pipe_ends[0], &c, 1)); }},
      {"read", [](Quiet& q) { char c; static_cast<void>(!read(q.sockets[0], &c, 1)); }},
      {"recv", [](Quiet& q) { char c; recv(q.sockets[0], &c, 1, 0); }},
      {"recvfrom", [](Quiet& q) { char c; recvfrom(q.sockets[0], &c, 1, 0, nullptr, nullptr); }},
      {"recvmsg", [](Quiet& q) { msghdr m{}; recvmsg(q.sockets[0], &m, 0); }},
      {"poll", [](Quiet& q) { pollfd p{q.pipe_ends[0], POLLIN, 0}; poll(&p, 1, -1); }},
      {"poll", [](Quiet& q) { pollfd p{q.pipe_ends[0], POLLIN, 0}; poll(&p, 1, 1000); }},
      {"ppoll", [](Quiet& q) { pollfd p{q.pipe_ends[0], POLLIN, 0}; ppoll(&p, 1, nullptr, nullptr); }},
      {"select", [](Quiet& q) { fd_set s; FD_ZERO(&s); FD_SET(q.pipe_ends[0], &s); select(q.pipe_ends[0] + 1, &s, nullptr, nullptr, nullptr); }},
      {"pselect", [](Quiet& q) { fd_set s; FD_ZERO(&s); FD_SET(q.pipe_ends[0], &s); pselect(q.pipe_ends[0] + 1, &s, nullptr, nullptr, nullptr, nullptr); }},
      {"epoll_wait", [](Quiet&) { epoll_event e{}; const int d = epoll_create1(0); epoll_wait(d, &e, 1, -1); }},
      {"eventfd_read", [](Quiet&) { eventfd_t v = 0; eventfd_read(eventfd(0, 0), &v); }},
      {"accept", [](Quiet&) {
         const int d = socket(AF_UNIX, SOCK_STREAM, 0);
         sockaddr_un own{};
         own.sun_family = AF_UNIX;
         bind(d, reinterpret_cast<sockaddr*>(&own), sizeof(sa_family_t));  // a name that nobody else has
         listen(d, 1);
         accept(d, nullptr, nullptr);
       }},
      {"connect", [](Quiet&) { sockaddr_un nobody{}; nobody.sun_family = AF_UNIX; connect(socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&nobody), sizeof nobody); }},
      {"write", [](Quiet& q) { static char much[1 << 16]; for (int i = 0; i < 64; ++i) static_cast<void>(!write(q.sockets[0], much, sizeof much)); }},
      {"flock", [](Quiet&) {
         // Two descriptions of one file: the second waits for the first.
         const std::string name = "/proc/self/fd/" + std::to_string(open("/tmp", O_TMPFILE | O_RDWR, 0600));
         flock(open(name.c_str(), O_RDONLY), LOCK_EX);
         flock(open(name.c_str(), O_RDONLY), LOCK_EX);
       }},
      {"getaddrinfo", [](Quiet&) { addrinfo* list; getaddrinfo("localhost", nullptr, nullptr, &list); }},
      {"system", [](Quiet&) { static_cast<void>(!std::system("true")); }},
      {"popen", [](Quiet&) { popen("true", "r"); }},
      {"execv", [](Quiet&) { char* nothing[] = {nullptr}; execv("/bin/true", nothing); }},
  }));
  INFO(row.name);
  Quiet quiet;
  const Report report = explore_all([&] { row.call(quiet); });
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::fail);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "unsupported");
  CHECK_THAT(report.failure->message, Catch::StartsWith(std::string("unsupported operation ") + row.name) && Catch::Contains("(blocking.cpp:"));
}

TEST_CASE("blocking: calls that need not wait go on") {
  Quiet quiet;
  std::FILE* file = std::tmpfile();
  CHECK_HOLDS(explore_all([&] {
    // Files, and what a program prints.
    require(write(fileno(file), "text", 4) == 4);
    char text[5] = "";
    require(pread(fileno(file), text, 4, 0) == 4 && std::string(text) == "text");
    require(read(fileno(file), text, 4) == 0);
    require(ftruncate(fileno(file), 0) == 0 && lseek(fileno(file), 0, SEEK_SET) == 0);
    require(write(STDOUT_FILENO, "", 0) == 0);
    // What is there already.
    require(write(quiet.pipe_ends[1], "x", 1) == 1);
    pollfd asked{quiet.pipe_ends[0], POLLIN, 0};
    require(poll(&asked, 1, -1) == 1 && (asked.revents & POLLIN) != 0);
    require(read(quiet.pipe_ends[0], text, 4) == 1 && text[0] == 'x');
    require(send(quiet.sockets[0], "y", 1, 0) == 1 && recv(quiet.sockets[1], text, 4, 0) == 1 && text[0] == 'y');
    // What says that it does not want to wait.
    require(poll(&asked, 1, 0) == 0);
    require(recv(quiet.sockets[0], text, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    timeval now{0, 0};
    require(select(0, nullptr, nullptr, nullptr, &now) == 0);
    // What fails.
    require(read(-1, text, 1) == -1 && errno == EBADF);
    require(waitpid(-1, nullptr, 0) == -1 && errno == ECHILD);
    require(flock(fileno(file), LOCK_EX) == 0 && flock(fileno(file), LOCK_UN) == 0);
    require(fcntl(quiet.sockets[0], F_SETFL, O_NONBLOCK) == 0 && read(quiet.sockets[0], text, 1) == -1 && errno == EAGAIN);
    require(fcntl(quiet.sockets[0], F_SETFL, 0) == 0);
  }), 1u);
  std::fclose(file);
}

TEST_CASE("blocking: what is read into a captured object is taken back with the execution") {
  Quiet quiet;
  char kept[] = "....";
  REQUIRE(write(quiet.pipe_ends[1], "ab", 2) == 2);
  CHECK_HOLDS(explore_all([&] {
    const std::size_t n = choose(2);
    require(std::string(kept) == "....", "state of another execution");
    if (n == 0) require(read(quiet.pipe_ends[0], kept, 1) == 1);
  }), 2u);
  CHECK(std::string(kept) == "....");
}

TEST_CASE("blocking: the command says so and exits with 4, also where any failure would be as expected") {
  for (const std::string scenario : {"pipe", "any_failure"}) {
    const Said said = said_by(CONTAINMENT_COMMAND " search uncontrolled/" + scenario);
    INFO(said.text);
    CHECK(said.status == 4);
    CHECK_THAT(said.text, Catch::Contains("unsupported operation re") && Catch::Contains("uncontrolled.cpp:"));
  }
}

TEST_CASE("blocking: what precompiled code waits in is found by the watchdog") {
  const Said said = said_by("env INTERLEAVE_WATCHDOG=0.3 " CONTAINMENT_COMMAND " search uncontrolled/library");
  INFO(said.text);
  CHECK(said.status == 4);
  CHECK_THAT(said.text, Catch::Contains("unsupported operation read") && Catch::Contains("0.3 s of real time") &&
                            Catch::Contains("uncontrolled.cpp:"));
}
