// A program that replaces operator new, and not operator delete, decides itself what fits what. The model says nothing of mismatches
// then; blocks are the executions' all the same, and what is used after it was freed is found.
#include <cstdlib>
#include <new>
#include <string>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

using namespace interleave;

namespace {

std::size_t calls = 0;

template <class T>
T* hidden(T* p) {
  asm volatile("" : "+r"(p));
  return p;
}

}  // namespace

void* operator new(std::size_t size) {
  if (modelled()) ++calls;  // not those of the engine, which calls it as well
  if (void* p = std::malloc(size + 8)) return p;
  throw std::bad_alloc();
}

TEST_CASE("operator new is the program's, if it has one; what it allocates may be freed by whatever there is") {
  const Report report = explore([] {
    const std::size_t before = calls;
    delete hidden(new int(1));
    delete[] hidden(new int[3]);  // the standard's new[] calls new
    std::free(hidden(new int(2)));
    require(calls - before == 3, std::to_string(calls - before) + " calls");
  });
  INFO((report.failure ? report.failure->kind + ": " + report.failure->message : ""));
  CHECK(report.verdict == Verdict::pass);
}

TEST_CASE("uses after free are found in what the program's own operator new allocates") {
  const Report report = explore([] {
    int* p = new int(1);
    delete hidden(p);
    *hidden(p) = 2;
  });
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "use-after-free");
}
