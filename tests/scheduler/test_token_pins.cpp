// Tokens that were printed once are read for ever: these were, and must be encoded to the same characters and decoded to the same schedule.
#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>
#include "scheduler/model/schedule.hpp"

namespace interleave {
namespace {

// The schedule number n of 48: all combinations of the model options, with the other parts of a token in turn.
Schedule pinned(unsigned n) {
  Schedule schedule;
  schedule.name = "pinned/" + std::to_string(n);
  schedule.build = 0x2a5c3f1u + n;
  const char* const races[] = {"fail", "explore", "ignore"};
  schedule.options = ModelValues({.races = races[n / 16], .clock = n / 4 % 2 != 0 ? "virtual" : "any", .spurious_wakeups = n % 2 != 0,
                                  .interrupts = n / 2 % 2 != 0, .heap = n / 8 % 2 != 0 ? "reuse" : "fresh"});
  schedule.stops_round = n % 3 == 1;
  schedule.comes_back = n % 5 == 2;
  schedule.keeps_private = n / 16 == 1 && n % 4 == 3;
  if (schedule.keeps_private) schedule.shared_lines = {{0, 5}, {0, 6}, {2, n}};
  for (unsigned i = 0; i < n % 7; ++i) schedule.choices.insert(schedule.choices.end(), 1 + i * n % 4, (i + n) % 3);
  if (n % 2 == 0) schedule.checks = schedule_checks(std::vector<std::uint32_t>(schedule.choices.size(), n));
  return schedule;
}

constexpr std::array<const char*, 48> tokens = {
    "il1:DrJ-WCpcPxAgNGqKi",
    "il1:VNKjLCpcPyTESgdOoOB",
    "il1:wPgdnCpcPzrQK9xEQMK0wq",
    "il1:rlT1fCpcP0YE6I2_3EB4",
    "il1:p-T_3CpcP1nEKr6gAAfr2jL",
    "il1:T_hv2CpcP2UGPSbJgNk2Ag",
    "il1:tRl0SCpcP3sG6b2rcRERERERAS5M1n",
    "il1:S-ioXCpcP4fUgUrzni",
    "il1:dlxamCpcP5jITi69eNB",
    "il1:M6Xr5CpcP6TIJpAIhFYU",
    "il1:mZsKeCpcP7rMMrfMzMgVdVRE",
    "il1:uK8mKCpcP8bIFvIm0Ll5mM",
    "il1:FH7QSCpcP9nYNq-oiIie9bI2",
    "il1:9iSfOCpcP-XMHK1aI9AWX2f5",
    "il1:Ip12ECpcP_PIgHJPaD",
    "il1:wRIhrCpcQAfIWiAUJF",
    "il1:6wLoDCpcQBjFauRAMLt4p",
    "il1:WnxVUCpcQCTRO9JgwEToP",
    "il1:PVxm6CpcQDpE6b3VVVVVAvgue-",
    "il1:QZ1lNCpcQEblJNTCgxWS0n_d0GQ",
    "il1:ISmEWCpcQFlO-r6kRERAquq8u",
    "il1:qNnCqCpcQGVg6ANpU",
    "il1:fz5HgCpcQHvVS2MJ6j7",
    "il1:rljLFCpcQIfhJNTDBnkd30jJ",
    "il1:HorhnCpcQJjJJq5mYASxLr",
    "il1:hBRDeCpcQKTNFq1aIHGE54",
    "il1:qS8pvCpcQLrJFPat93d3d3YHAyYK",
    "il1:xxPfhCpcQMb5JNTDgQ0RulZAw6bVi",
    "il1:b8DgBCpcQNHNgQyiCx",
    "il1:c0LayCpcQOXJTg86xcJ",
    "il1:wE1F_CpcQPvJLp5mYwBvcc",
    "il1:WpeMfCpcQQftJNTBAJVksgWvZi",
    "il1:fqMqeCpcQRjSK-roiIOxgGp",
    "il1:ngR3PCpcQSSGaTcig4-k3Y",
    "il1:5LrHgCpcQTrGGq3pveZmZmZmZgectx4",
    "il1:KEZgICpcQUagZIz4L",
    "il1:Dp7IQCpcQVmWoGeuFt",
    "il1:sHzyUCpcQWXWIrQ2SNUy",
    "il1:EFButCpcQXuM9ru7uggu1lP",
    "il1:-x7AICpcQYeF6I3QsK8NC",
    "il1:FtDD7CpcQZjOMr6uqqqgFvp63",
    "il1:Z3Y1RCpcQaTKHPSbJpArlVYR",
    "il1:fxJ85CpcQbLage-G3x",
    "il1:lP5GWCpcQcbOSgCtxt-",
    "il1:4o7DmCpcQdnKb7MBv8Up",
    "il1:91wF5CpcQeXKPpNgxpxwc",
    "il1:NFapICpcQfvOEq3p93d3dwPRUrU",
    "il1:HKa9VCpcQgfaGPIm1gAMO7B",
};

TEST_CASE("every token that was ever printed is read as it was, and its schedule is written to the same characters") {
  for (unsigned n = 0; n < tokens.size(); ++n) {
    const Schedule schedule = pinned(n);
    CAPTURE(n);
    CHECK(encode(schedule) == tokens[n]);
    CHECK(decode(tokens[n], schedule.name) == schedule);
  }
}

}  // namespace
}  // namespace interleave
