// liburcu's wait-free queue, with what its source says of its operations put into the words of the C++ memory model (urcu.hpp).
#define ZOO_URCU_FULL_BARRIERS
#include <interleave/scenarios/zoo/urcu.hpp>

namespace interleave::scenarios {
namespace {

const Scenario queue_1_1{{
    .name = "zoo/urcu_wfcqueue_1_1",
    .summary = "cds_wfcq, one producer of three, one consumer",
    .outcomes = {"0", "1", "2", "3"},
    .effort = Effort::search_reduced,
    .classes = 412,
    .body = [] { urcu_client({.producers = {3}, .consumers = {3}}); },
}};

const Scenario queue_2_1{{
    .name = "zoo/urcu_wfcqueue_2_1",
    .summary = "cds_wfcq, two producers of two, one consumer",
    .outcomes = {"0", "1", "2", "3"},
    .effort = Effort::search_reduced,
    .classes = 7060,
    .body = [] { urcu_client({.producers = {2, 2}, .consumers = {3}}); },
}};

}  // namespace
}  // namespace interleave::scenarios
