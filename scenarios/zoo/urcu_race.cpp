// liburcu's wait-free queue with its portable operations as they are.
#include <interleave/scenarios/zoo/urcu.hpp>

namespace interleave::scenarios {
namespace {

const Scenario queue_1_1{{
    .name = "zoo/urcu_wfcqueue_1_1_race",
    .summary = "cds_wfcq relies on dependencies between reads, which order nothing in C++",
    .expect = Verdict::fail,
    .failure_kind = "data-race",
    .outcomes = {"0"},
    .effort = Effort::search_reduced,
    .classes = 4,
    .failing_classes = 2,
    .body = [] { urcu_client({.producers = {1}, .consumers = {1}}); },
}};

}  // namespace
}  // namespace interleave::scenarios
