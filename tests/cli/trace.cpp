// How much of a failing schedule is shown, how wide, and what becomes of values that make no sense.
#include <algorithm>
#include <sstream>
#include <string>

#include <interleave/catch2.hpp>

#include "command.hpp"

using namespace interleave::cli;

TEST_CASE("--trace short, calls and full show a failing schedule; the flag wins over INTERLEAVE_TRACE") {
  const std::string search = "search bad/deadlock --trace ";
  for (const std::string how : {"short", "calls", "full"}) {
    const auto said = command(search + how, "INTERLEAVE_TRACE=full");
    CAPTURE(how, said.out);
    CHECK(said.status == 0);
    CHECK(has(said.out, "  step  "));
  }
  CHECK(command("search bad/deadlock", "INTERLEAVE_TRACE=calls").status == 0);
  CHECK(command("replay bad/deadlock --trace full --schedule " + command("search bad/deadlock").token()).status == 1);
}

TEST_CASE("a --trace that does not exist is refused with those that do") {
  const auto by_flag = command("search bad/deadlock --trace long"), by_variable = command("search bad/deadlock", "INTERLEAVE_TRACE=long");
  CHECK(by_flag.status == 2);
  CHECK(has(by_flag.err, "--trace=long makes no sense; use short, calls or full"));
  CHECK(by_variable.status == 2);
  CHECK(has(by_variable.err, "INTERLEAVE_TRACE=long makes no sense; use short, calls or full"));
  CHECK(command("list --trace full").status == 2);
}

TEST_CASE("a report is as wide as COLUMNS says, else 100 columns where there is no terminal; commands are not cut") {
  const auto widest = [](const std::string& text) {
    std::istringstream in(text);
    std::size_t width = 0;
    for (std::string line; std::getline(in, line);)
      if (line.find("  replay  ") != 0 && line.find("  debug   ") != 0 && line.find("interleave ") != 0) width = std::max(width, line.size());
    return width;
  };
  for (const std::size_t columns : {40, 60, 80, 200}) {
    const auto said = command("search bad/deadlock", "COLUMNS=" + std::to_string(columns));
    CAPTURE(columns, said.out);
    CHECK(said.status == 0);
    const std::string report = said.out.substr(said.out.find("FAILED"), said.out.find("\n  explored") - said.out.find("FAILED"));
    CHECK(widest(report) <= columns);
  }
  const auto said = command("search bad/deadlock", "COLUMNS=many");
  CHECK(widest(said.out.substr(said.out.find("FAILED"))) <= 100);
}
