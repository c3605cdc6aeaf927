// The part of the `interleave` command that reproduces.cpp needs, over scenarios of its own: two that are as they should be, and
// two that an attentive reader must object to.
//
//   small/honest     a lost update
//   small/pointer    atomics that hold addresses of the heap, which differ between processes
//   small/address    the same, with an address in its message
//   small/forgetful  a failure that does not come again in another process
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/types.h>
#include <unistd.h>

#include <interleave/interleave.hpp>

namespace {

int static_object = 0;
bool forgetful = false;  // this process does not fail

void lossy(const std::string& message) {
  std::atomic<int> n = 0;
  const auto increment = [&] { n = n + 1; };
  interleave::parallel(increment, increment);
  interleave::require(n.load() == 2 || forgetful, message);
}

void publishes() {
  std::atomic<int*> place = nullptr;
  interleave::parallel([&] { place = new int(1); }, [&] { interleave::require(place.load() == nullptr, "it is there already"); });
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result + "\"";
}

void print(const std::string& name, const interleave::Report& report) {
  std::printf("{\"schema\": 1, \"results\": [{\"scenario\": %s, \"strategy\": %s, \"failure\": ", quoted(name).c_str(),
              quoted(report.strategy).c_str());
  if (!report.failure) {
    std::printf("null}]}\n");
    return;
  }
  const auto& failure = *report.failure;
  std::printf("{\"kind\": %s, \"message\": %s, \"step\": %zu, \"schedule\": %s, \"seed\": %llu, \"threads\": [", quoted(failure.kind).c_str(),
              quoted(failure.message).c_str(), failure.step, quoted(failure.schedule).c_str(),
              static_cast<unsigned long long>(failure.seed));
  const char* comma = "";
  for (const auto& thread : failure.threads) {
    std::printf("%s[%s, %s, %s, %s]", comma, quoted(thread.name).c_str(), quoted(thread.state).c_str(), quoted(thread.object).c_str(),
                quoted(thread.location).c_str());
    comma = ", ";
  }
  std::printf("], \"trace\": [");
  comma = "";
  for (const auto& event : failure.trace) {
    std::printf("%s[%zu, %s, %s, %s, %s]", comma, event.step, quoted(event.thread).c_str(), quoted(event.operation).c_str(),
                quoted(event.object).c_str(), quoted(event.location).c_str());
    comma = ", ";
  }
  std::printf("]}}]}\n");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "list") {
    std::printf("{\"scenarios\": [");
    const char* comma = "";
    for (const char* name : {"small/honest", "small/pointer", "small/address", "small/forgetful"}) {
      std::printf("%s{\"name\": \"%s\", \"expected\": \"fail\"}", comma, name);
      comma = ", ";
    }
    std::printf("]}\n");
    return 0;
  }
  const std::string name = argc > 2 ? argv[2] : "";
  interleave::Options options;
  options.name = name;
  options.strategy = verb == "search" ? "dfs" : "random";
  for (int i = 3; i + 1 < argc; ++i) {
    const std::string flag = argv[i], value = argv[i + 1];
    if (flag == "--seed") options.seed = std::strtoull(value.c_str(), nullptr, 10);
    if (flag == "--strategy") options.strategy = value;
    if (flag == "--schedule") options.schedule = value;
    if (flag == "--executions") options.executions_max = std::strtoull(value.c_str(), nullptr, 10);
  }
  if (verb == "replay") options.executions_max = 1;
  std::string message = "an update was lost";
  if (name == "small/address") {
    char address[32];
    std::snprintf(address, sizeof address, " %p", static_cast<void*>(&static_object));
    message += address;
  }
  forgetful = name == "small/forgetful" && verb == "replay";
  const auto report = interleave::explore([&] { name == "small/pointer" ? publishes() : lossy(message); }, options);
  print(name, report);
  return report.failure ? 1 : 0;
}
