// Names of functions as a reader wants them, from what the compilers make of them.
#include <catch2/catch.hpp>

#include "scheduler/symbols/stack_text.hpp"

using interleave::reader_name;

TEST_CASE("a function's name is shown without its result, its parameters and template arguments") {
  CHECK(reader_name("main") == "main");
  CHECK(reader_name("transfer(Account&, int)") == "transfer");
  CHECK(reader_name("void app::put<int>(int&, std::type_identity<int>::type)") == "app::put");
  CHECK(reader_name("std::vector<int, std::allocator<int> >& table<std::pair<int, long> >::row(unsigned long) const") == "table::row");
  CHECK(reader_name("interleave::Event::wait(std::optional<double>)") == "Event::wait");
  CHECK(reader_name("(anonymous namespace)::Account::deposit(int)") == "Account::deposit");
  CHECK(reader_name("app::(anonymous namespace)::f()") == "app::f");
}

TEST_CASE("an operator is a name") {
  CHECK(reader_name("Matrix::operator()(int, int) const") == "Matrix::operator()");
  CHECK(reader_name("bool operator<(Key const&, Key const&)") == "operator<");
  CHECK(reader_name("Node* List<int>::operator->()") == "List::operator->");
}

TEST_CASE("a lambda is named after the function that it was written in") {
  CHECK(reader_name("transfer(int)::{lambda(int)#2}::operator()(int) const") == "a lambda in transfer");            // g++
  CHECK(reader_name("transfer(int)::$_3::operator()() const") == "a lambda in transfer");                            // clang
  CHECK(reader_name("auto main::$_9::operator()() const::'lambda0'()::operator()() const") == "a lambda in main");   // one in another
  CHECK(reader_name("operator()") == "a lambda");
  CHECK(reader_name("____C_A_T_C_H____T_E_S_T____12()::$_0::operator()() const") == "a lambda");
}
