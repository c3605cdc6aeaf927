// Every client of the zoo keeps its promise: verdict, kind of failure, exactly its outcomes, exactly as many executions as it says
// (one does not say: there are more of them where two threads' addresses fall on one place of a hash table).
//
// Clients of more than `most` executions are left to the command (`interleave search zoo`), but sampled here.
#include <set>
#include <string>
#include <vector>

#include <interleave/catch2.hpp>
#include <interleave/scenarios/scenario.hpp>

using namespace interleave;
using scenarios::Definition;

namespace {

constexpr std::uint64_t most = 40'000;

std::vector<const Definition*> clients() {
  std::vector<const Definition*> all;
  for (const auto* scenario : scenarios::all()) {
    if (scenario->definition().name.starts_with("zoo/")) all.push_back(&scenario->definition());
  }
  return all;
}

bool searched(const Definition& client) { return client.effort == scenarios::Effort::search_reduced && client.classes <= most; }

Options options_of(const Definition& client, const char* strategy) {
  Options options = client.options;
  options.strategy = strategy;
  options.stop_at_first_failure = false;
  return options;
}

}  // namespace

TEST_CASE("Zoo: each client has exactly its executions, its outcomes and its verdict", "[zoo]") {
  for (const Definition* client : clients()) {
    if (!searched(*client)) continue;
    DYNAMIC_SECTION(client->name) {
      const Report report = explore(client->body, options_of(*client, "dpor"));
      CHECK(report.complete);
      if (client->classes != 0) CHECK(report.executions == client->classes);
      if (!client->spins) CHECK(report.redundant == 0);
      CHECK(report.verdict == client->expect);
      CHECK(report.failing == client->failing_classes);
      CHECK((report.failure ? report.failure->kind : "") == client->failure_kind);
      std::set<std::string> outcomes;
      for (const auto& [outcome, executions] : report.outcomes) outcomes.insert(outcome);
      CHECK(outcomes == std::set<std::string>(client->outcomes.begin(), client->outcomes.end()));
    }
  }
}

// A random walk lets every thread get on in the end, so one that waits by spinning is no hindrance.
TEST_CASE("Zoo: no sample of a client or kernel that is not searched here fails", "[zoo]") {
  std::vector<const Definition*> sampled = clients();
  std::erase_if(sampled, [](const Definition* client) { return searched(*client); });
  for (const auto* scenario : scenarios::all()) {
    const Definition& kernel = scenario->definition();
    if (kernel.name.starts_with("kernels/") && !searched(kernel)) sampled.push_back(&kernel);
  }
  for (const Definition* client : sampled) {
    DYNAMIC_SECTION(client->name) {
      Options options = options_of(*client, "random");
      options.seed = 1;
      options.executions_max = 2'000;
      const Report report = explore(client->body, options);
      INFO((report.failure ? report.failure->message : ""));
      CHECK(report.verdict == client->expect);
      CHECK(report.executions == 2'000);
    }
  }
}

TEST_CASE("Zoo: there is a client of each library, as ci/setup installs them", "[zoo]") {
  for (const char* name : {"zoo/boost_queue_1_1", "zoo/boost_stack_1_1", "zoo/boost_spsc_queue", "zoo/concurrentqueue_1_1",
                           "zoo/blockingconcurrentqueue_1_1", "zoo/readerwriterqueue_full", "zoo/ck_ring_1_1",
                           "zoo/urcu_wfcqueue_1_1", "zoo/weak_ptr_lock", "zoo/tbb_queue_1_1", "zoo/tbb_hash_map_insert"}) {
    INFO(name);
    CHECK(scenarios::find(name) != nullptr);
  }
}
