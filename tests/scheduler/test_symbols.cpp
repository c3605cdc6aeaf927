// Names for addresses. Needs debug information: compile with -g.
//
// The fixtures below pretend, by #line, to be in files of a library or of Interleave's primitives.
#include <catch2/catch.hpp>

#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "scheduler/modules/code_origin.hpp"
#include "scheduler/symbols/symbols.hpp"

#define NOINLINE [[gnu::noinline]]
#define INLINE [[gnu::always_inline]] inline

namespace {

const void* caught = nullptr;
NOINLINE void catch_return_address() {
  caught = __builtin_return_address(0);
  asm volatile("");
}

unsigned line_of_inner = 0, line_of_outer = 0;
INLINE void inlined() { catch_return_address(); line_of_inner = __LINE__; }
NOINLINE void outermost() { inlined(); line_of_outer = __LINE__; }

int counter = 0;
struct Table { int rows[8]; } table;

}  // namespace

const void* lines_only();  // lines_only.cpp

#line 27 "/sources/my_test.cpp"
namespace of_the_program { NOINLINE const void* call() { catch_return_address(); return caught; } }
#line 41 "/opt/somewhere/interleave/primitives/event.hpp"
NOINLINE const void* event_wait() { catch_return_address(); return caught; }
#line 17 "/opt/somewhere/interleave/primitives/lock.hpp"
NOINLINE const void* lock_acquire() { catch_return_address(); return caught; }
#line 99 "/usr/include/c++/12/other/header.hpp"
NOINLINE const void* library_call() { catch_return_address(); return caught; }
#line 812 "/usr/include/libmap/map.hpp"
NOINLINE const void* installed_call() { catch_return_address(); return caught; }
#line 61 "/sources/interleave/tests/primitives/test_event.cpp"
NOINLINE const void* primitive_test() { catch_return_address(); return caught; }
#line 55 "/opt/somewhere/interleave/checkers/order.hpp"
NOINLINE const void* api_call() { catch_return_address(); return caught; }
#line 8 "/sources/specialisation.cpp"
namespace std { NOINLINE const void* pretended_algorithm() { catch_return_address(); return caught; } }
#line 9 "/sources/lambda.cpp"
namespace std { inline auto pretended_lambda = []() __attribute__((noinline)) { catch_return_address(); return caught; }; }
#line 12 "/sources/project/primitives_user.cpp"
NOINLINE const void* user_call() { catch_return_address(); return caught; }
#line 54 "test_symbols.cpp"

namespace interleave {
namespace {

std::string place_of(std::vector<const void*> stack) { return Symbols().place(stack); }

TEST_CASE("a place says whether its line is exact, or that of code beside it") {
  Frame frame{.function = "f()", .file = "a/b.cpp", .line = 12, .library = false, .near = false};
  CHECK(place(frame) == "b.cpp:12");
  frame.near = true;
  CHECK(place(frame) == "b.cpp:12~");
  frame.line = 0;
  CHECK(place(frame) == "f()");
}

TEST_CASE("a return address has the function, file and line of its call") {
  Symbols symbols;
  const auto frames = symbols.frames(of_the_program::call());
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].function == "of_the_program::call()");
  CHECK(place(frames[0]) == "my_test.cpp:27");
  CHECK_FALSE(frames[0].library);
}

TEST_CASE("inlined functions are frames of their own, innermost first") {
  outermost();
  Symbols symbols;
  const auto frames = symbols.frames(caught);
  REQUIRE(frames.size() == 2);
  CHECK_THAT(frames[0].function, Catch::Contains("inlined"));  // clang adds the namespace, g++ does not
  CHECK(frames[0].line == line_of_inner);
  CHECK(frames[1].function == "(anonymous namespace)::outermost()");
  CHECK(frames[1].line == line_of_outer);
}

TEST_CASE("a lambda is a function, also within a lambda, and called through the library") {
  unsigned line = 0;
  const std::function<const void*()> outer = [&] {
    const std::function<void()> inner = [&] { catch_return_address(); line = __LINE__; };
    inner();
    return caught;
  };
  const auto* address = outer();
  CHECK(place_of({address}) == "test_symbols.cpp:" + std::to_string(line));
}

TEST_CASE("an address is looked up once") {
  Symbols symbols;
  const void* address = user_call();
  CHECK(&symbols.frames(address) == &symbols.frames(address));
}

TEST_CASE("the place of a stack is the innermost frame of the program's own code") {
  CHECK(place_of({user_call(), of_the_program::call()}) == "primitives_user.cpp:12");
  CHECK(place_of({library_call(), user_call(), of_the_program::call()}) == "primitives_user.cpp:12");
  CHECK(place_of({api_call(), user_call()}) == "primitives_user.cpp:12");
  CHECK(place_of({std::pretended_algorithm(), user_call()}) == "primitives_user.cpp:12");
  CHECK(place_of({std::pretended_lambda(), user_call()}) == "primitives_user.cpp:12");
}

TEST_CASE("a place in a primitive is followed by the place that called it") {
  CHECK(place_of({event_wait(), user_call()}) == "event.hpp:41 <- primitives_user.cpp:12");
  CHECK(place_of({library_call(), lock_acquire(), event_wait(), library_call(), user_call(), of_the_program::call()}) ==
        "lock.hpp:17 <- primitives_user.cpp:12");
  CHECK(place_of({event_wait(), primitive_test()}) == "event.hpp:41 <- test_event.cpp:61");
  CHECK(place_of({event_wait()}) == "event.hpp:41");
  CHECK(place_of({user_call(), event_wait()}) == "primitives_user.cpp:12");
}

TEST_CASE("a header that was installed is the program's own code, and its caller is named as well") {
  CHECK(place_of({installed_call(), user_call(), of_the_program::call()}) == "map.hpp:812 <- primitives_user.cpp:12");
  CHECK(place_of({library_call(), installed_call(), installed_call(), user_call()}) == "map.hpp:812 <- primitives_user.cpp:12");
  CHECK(place_of({installed_call()}) == "map.hpp:812");
  Symbols symbols;
  CHECK(symbols.frames(installed_call()).front().installed);
  CHECK_FALSE(symbols.frames(user_call()).front().installed);
}

TEST_CASE("INTERLEAVE_OWN: patterns for paths, of which the last that matches counts") {
  const auto own = [](const char* patterns, const char* path) {
    const auto answer = declared_own(patterns, path);
    return answer ? *answer ? "own" : "library" : "";
  };
  CHECK(own("", "/usr/include/c++/12/mutex") == std::string());
  CHECK(own("c++/12/mutex", "/usr/include/c++/12/mutex") == std::string("own"));
  CHECK(own("a.hpp:-/boost/", "/usr/include/boost/a.hpp") == std::string("library"));
  CHECK(own("-/boost/:a.hpp", "/usr/include/boost/a.hpp") == std::string("own"));
  CHECK(own("/include/*/a.hpp", "/usr/include/boost/a.hpp") == std::string("own"));
  CHECK(own("/include/*/b.hpp", "/usr/include/boost/a.hpp") == std::string());
  CHECK(own(":-:", "a.hpp") == std::string());
}

TEST_CASE("copies of functions that a compiler makes have the name of the function") {
  CHECK(demangled("_Z1fi.constprop.0") == "f(int)");
  CHECK(demangled("_Z1fi.isra.0.cold") == "f(int)");
  CHECK(demangled("work.part.3") == "work");
  CHECK(demangled("_Z1fi") == "f(int)");
  CHECK(demangled("file.name") == "file.name");
}

TEST_CASE("a stack of library frames only shows its innermost, and an empty stack nothing") {
  CHECK(place_of({library_call(), std::pretended_algorithm()}) == "header.hpp:99");
  CHECK(place_of({}).empty());
}

TEST_CASE("code with nothing but line numbers (-g1) has those, and the name of its symbol") {
  Symbols symbols;
  const Frame& frame = symbols.frames(lines_only()).front();
  CHECK(frame.function == "lines_only()");
  CHECK(frame.file == "/sources/lines_only.cpp");
  CHECK(frame.line == 31);
  CHECK_FALSE(frame.library);
}

TEST_CASE("code without debug information has the name of its symbol") {
  Symbols symbols;
  const auto* inside = reinterpret_cast<const char*>(&std::terminate) + 1;
  const auto frames = symbols.frames(inside);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].function == "std::terminate()");
  CHECK(frames[0].library);
}

TEST_CASE("an address outside any code is a question mark") {
  int local = 0;
  Symbols symbols;
  CHECK(place(symbols.frames(&local).front()) == "?");
  CHECK(place(symbols.frames(nullptr).front()) == "?");
}

TEST_CASE("a global variable has members and elements, where its unit is known") {
  Symbols symbols;
  table.rows[0] = 0;
  symbols.frames(user_call());
  CHECK(symbols.data_name(&table.rows[2], 4) == "(anonymous namespace)::table.rows[2]");
  CHECK(symbols.data_name(&table, sizeof table) == "(anonymous namespace)::table.rows");  // its only member
  CHECK(symbols.data_name(&counter, 4) == "(anonymous namespace)::counter");
  static Table in_a_function;
  CHECK(symbols.data_name(&in_a_function.rows[7], 4) == "in_a_function.rows[7]");
  CHECK(Symbols().data_name(&table.rows[2], 4) == "(anonymous namespace)::table+8");  // no code of the unit was asked about
}

TEST_CASE("a global variable has a name, its inside an offset, and other memory none") {
  Symbols symbols;
  CHECK(symbols.object_name(&counter) == "(anonymous namespace)::counter");
  CHECK(symbols.object_name(&table) == "(anonymous namespace)::table");
  CHECK(symbols.object_name(&table.rows[2]) == "(anonymous namespace)::table+8");
  static int in_a_function = 0;
  CHECK_THAT(symbols.object_name(&in_a_function), Catch::Contains("in_a_function"));
  int local = 0;
  CHECK(symbols.object_name(&local).empty());
  CHECK(symbols.object_name(nullptr).empty());
  CHECK(symbols.object_name(reinterpret_cast<const void*>(&user_call)).empty());
}

}  // namespace
}  // namespace interleave
