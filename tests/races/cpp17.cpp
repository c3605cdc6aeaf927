// The gap of docs/races.md that needs a program of its own: code compiled as C++17 (cpp17_text.cpp), for which std::string's functions are
// libstdc++'s precompiled ones, which no hook sees. Exit status 0: so it is, and what that code itself accesses is seen.
#include <string>

#include <interleave/interleave.hpp>

void change_inline(std::string& text);
void change_precompiled(std::string& text);

namespace {

bool found(void (*change)(std::string&)) {
  const interleave::Report report = interleave::explore([change] {
    std::string text(40, 'x');
    interleave::parallel([&] { change(text); }, [&] { text[3] = 'y'; });
  }, {.name = "cpp17"});
  return report.failure && report.failure->kind == "data-race";
}

}  // namespace

int main() { return found(&change_inline) && !found(&change_precompiled) ? 0 : 1; }
