// Members and elements of types of the program's own.
#include <array>
#include <cstddef>
#include <functional>
#include <iterator>

#include "shape_parts.hpp"

namespace LEVEL {
namespace {

struct Bytes {
  char first, second;
  bool flag;
};
struct Real {
  float single;
  double real;
  void* pointer;
};
struct Wide {
  long before;
  __int128 wide;
};
struct Nested {
  int before;
  struct {
    int before;
    Pair pair;
  } inner;
  Pair& pair() { return inner.pair; }
};
struct Bits {
  int before;
  unsigned a : 3, b : 5, c : 9;
};
struct Base {
  int before = 0, count = 0;
};
struct Derived : Base {
  int own = 0;
};
struct Virtual {
  virtual ~Virtual() = default;
  virtual void change() { ++count; }
  int count = 0;
};
class Counter {
 public:
  void increment() { n_ = n_ + 1; }

 private:
  const char* name_ = "visits";
  int n_ = 0;
};
struct Ring {
  int slots[4];
  unsigned head, tail;
  void put(int value) { slots[head++ & 3] = value; }
  int take() { return slots[tail++ & 3]; }
};
struct Stack {
  std::array<int, 8> items{};
  std::size_t size = 0;
  void push(int value) { items[size++] = value; }
};
typedef int Vector __attribute__((vector_size(16)));
struct Lanes {
  int before;
  Vector lanes;
};

inline void set_second(Pair& pair, int value) { pair.second = value; }
inline void set(int& place, int value) { place = value; }

const Shape all[] = {
    {"a member", [](bool ordered) {
       Pair p{0, 0};
       Beside other(ordered, [&] { p.second = 1; });
       p.second = 2;
     }},
    {"a member that is read", [](bool ordered) {
       Pair p{0, 0};
       Beside other(ordered, [&] { p.second = 1; });
       use(p.second);
     }},
    {"the first member", [](bool ordered) {
       Pair p{0, 0};
       Beside other(ordered, [&] { p.first = 1; });
       p.first = 2;
     }},
    {"a member of one byte", [](bool ordered) {
       Bytes p{};
       Beside other(ordered, [&] { p.second = 1; });
       p.second = 2;
     }},
    {"a flag", [](bool ordered) {
       Bytes p{};
       Beside other(ordered, [&] { p.flag = true; });
       use(p.flag);
     }},
    {"a floating-point member", [](bool ordered) {
       Real p{};
       Beside other(ordered, [&] { p.real = 1; });
       p.real = 2;
     }},
    {"a pointer", [](bool ordered) {
       Real p{};
       Beside other(ordered, [&] { p.pointer = &p; });
       use(p.pointer);
     }},
    {"a member of 16 bytes", [](bool ordered) {
       Wide p{};
       Beside other(ordered, [&] { p.wide = 1; });
       p.wide = 2;
     }},
    {"a vector of the processor's", [](bool ordered) {
       Lanes p{};
       Beside other(ordered, [&] { p.lanes = Vector{1, 2, 3, 4}; });
       p.lanes = Vector{5, 6, 7, 8};
     }},
    {"an element", [](bool ordered) {
       int a[4] = {};
       Beside other(ordered, [&] { a[2] = 1; });
       a[2] = 2;
     }},
    {"an element by a variable index", [](bool ordered) {
       int a[4] = {};
       unsigned i = 2;
       asm volatile("" : "+r"(i));
       Beside other(ordered, [&a] { a[2] = 1; });
       a[i] = 2;
     }},
    {"an element of two dimensions", [](bool ordered) {
       int a[3][3] = {};
       Beside other(ordered, [&] { a[1][2] = 1; });
       a[1][2] += 2;
     }},
    {"an inlined method", [](bool ordered) {
       Counter counter;
       Beside other(ordered, [&] { counter.increment(); });
       counter.increment();
     }},
    {"a slot of a ring", [](bool ordered) {
       Ring ring{};
       Beside other(ordered, [&] { ring.put(1); });
       use(ring.take());
     }},
    {"the size of a stack", [](bool ordered) {
       Stack stack;
       Beside other(ordered, [&] { stack.push(1); });
       use(stack.size);
     }},
    {"a nested member", [](bool ordered) {
       Nested n{};
       Beside other(ordered, [&] { n.inner.pair.second = 1; });
       n.inner.pair.second = 2;
     }},
    {"a nested member, through methods", [](bool ordered) {
       Nested n{};
       Beside other(ordered, [&] { n.pair().second = 1; });
       n.pair().second = 2;
     }},
    {"a member of an element", [](bool ordered) {
       Pair pairs[3] = {};
       Beside other(ordered, [&] { pairs[1].second = 1; });
       pairs[1].second = 2;
     }},
    {"bit-fields side by side", [](bool ordered) {
       Bits bits{};
       Beside other(ordered, [&] { bits.b = 1; });
       bits.c = 2;
     }},
    {"a union", [](bool ordered) {
       union {
         Pair pair;
         long both;
       } u{};
       Beside other(ordered, [&] { u.pair.second = 1; });
       u.both = 2;
     }},
    {"a member captured by reference", [](bool ordered) {
       Pair p{0, 0};
       Beside other(ordered, [&second = p.second] { second = 1; });
       p.second = 2;
     }},
    {"a reference to a member", [](bool ordered) {
       Pair p{0, 0};
       int& second = p.second;
       Beside other(ordered, [&] { second = 1; });
       second = 2;
     }},
    {"a structured binding", [](bool ordered) {
       Pair p{0, 0};
       Beside other(ordered, [&] { p.second = 1; });
       auto& [first, second] = p;
       second = 2;
       use(first);
     }},
    {"a pointer to a member", [](bool ordered) {
       Pair p{0, 0};
       int Pair::*member = &Pair::second;
       asm volatile("" : "+r"(member));
       Beside other(ordered, [&p] { p.second = 1; });
       p.*member = 2;
     }},
    {"a member of a base class", [](bool ordered) {
       Derived d;
       Beside other(ordered, [&] { d.count = 1; });
       d.count = 2;
     }},
    {"a member of an object with virtual functions", [](bool ordered) {
       Virtual v;
       Beside other(ordered, [&] { v.change(); });
       v.count += 2;
     }},
    {"passed by reference to an inlined function", [](bool ordered) {
       Pair p{0, 0};
       Beside other(ordered, [&] { set_second(p, 1); });
       set_second(p, 2);
     }},
    {"a member passed by reference to an inlined function", [](bool ordered) {
       Pair p{0, 0};
       Beside other(ordered, [&] { set(p.second, 1); });
       set(p.second, 2);
     }},
    {"passed by std::ref", [](bool ordered) {
       Pair p{0, 0};
       Beside other(ordered, std::bind(set_second, std::ref(p), 1));
       p.second = 2;
     }},
    {"a local of a loop", [](bool ordered) {
       for (int i = 0; i < 2; ++i) {
         Pair p{i, i};
         Beside other(ordered, [&] { p.second += 1; });
         p.second += 2;
       }
     }},
    {"a local of a branch", [](bool ordered) {
       if (Pair p{0, 0}; p.first == 0) {
         Beside other(ordered, [&] { p.second = 1; });
         p.second = 2;
       }
     }},
    {"what a closure holds", [](bool ordered) {
       auto count = [before = 0, n = 0]() mutable { return before + ++n; };
       Beside other(ordered, [&] { count(); });
       use(count());
     }},
    {"memory of alloca", [](bool ordered) {
       auto* a = static_cast<int*>(__builtin_alloca(4 * sizeof(int)));
       a[2] = 0;
       Beside other(ordered, [=] { a[2] = 1; });
       a[2] = 2;
     }},
    {"an array of variable length", [](bool ordered) {
       unsigned n = 4;
       asm volatile("" : "+r"(n));
       __extension__ int a[n];
       a[2] = 0;
       int* const elements = a;
       Beside other(ordered, [=] { elements[2] = 1; });
       a[2] = 2;
     }},
    {"a struct assigned as a whole", [](bool ordered) {
       Nested n{};
       const Nested from{1, {2, {3, 4}}};
       Beside other(ordered, [&] { n.inner.pair.second = 1; });
       n = from;
     }},
    {"a struct read as a whole", [](bool ordered) {
       Nested n{};
       Beside other(ordered, [&] { n.inner.pair.second = 1; });
       Nested copy = n;
       use(&copy);
       use(copy.inner.pair.second);
     }},
    {"a struct set to nothing", [](bool ordered) {
       Nested n{1, {2, {3, 4}}};
       Beside other(ordered, [&] { n.inner.pair.second = 1; });
       n = {};
     }},
    {"a volatile member", [](bool ordered) {
       struct {
         int before;
         volatile int value;
       } p{};
       Beside other(ordered, [&] { p.value = 1; });
       use(p.value);
     }},
};

}  // namespace

extern const Shapes shapes;
const Shapes shapes{std::begin(all), std::end(all)};

}  // namespace LEVEL
