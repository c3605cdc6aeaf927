// Compiled with -g1, whatever the rest is compiled with: clang then records lines, and no function into which nothing was inlined.
namespace {

const void* caught = nullptr;
[[gnu::noinline]] void catch_return_address() {
  caught = __builtin_return_address(0);
  asm volatile("");
}

}  // namespace

const void* lines_only();
#line 31 "/sources/lines_only.cpp"
const void* lines_only() { catch_return_address(); return caught; }
