// Litmus programs with published numbers of executions: what an optimal search must visit, and how many interleavings there
// are.
//
// Threads are separated by `|`. Rx loads x, Wx3 stores 3, Ix loads and then stores one more, Ax adds 1 in one step, Xx3
// exchanges for 3, Cx12 compares with 1 and exchanges for 2. All under sequential consistency.
#include <array>
#include <atomic>
#include <cctype>
#include <memory>
#include <string>
#include <string_view>

#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

struct Op {
  char kind;
  std::size_t variable;
  int first, second;
};
using Threads = std::vector<std::vector<Op>>;

Threads parsed(std::string_view text) {
  Threads threads(1);
  const auto digit = [&](std::size_t at) { return at < text.size() && std::isdigit(text[at]) != 0 ? text[at] - '0' : 0; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '|') threads.emplace_back();
    if (std::isupper(text[i]) == 0) continue;
    threads.back().push_back({text[i], static_cast<std::size_t>(text[i + 1] - 'a'), digit(i + 2), digit(i + 3)});
  }
  return threads;
}

void run(const Threads& threads) {
  std::array<std::atomic<int>, 26> memory{};
  std::vector<std::function<void()>> bodies;
  bodies.reserve(threads.size());
  for (const auto& ops : threads) {
    bodies.push_back([&memory, &ops] {
      for (const Op& op : ops) {
        std::atomic<int>& variable = memory[op.variable];
        int expected = op.first;
        switch (op.kind) {
          case 'R': (void)variable.load(); break;
          case 'W': variable.store(op.first); break;
          case 'I': variable.store(variable.load() + 1); break;
          case 'A': variable.fetch_add(1); break;
          case 'X': variable.exchange(op.first); break;
          case 'C': variable.compare_exchange_strong(expected, op.second); break;
        }
      }
    });
  }
  parallel(std::move(bodies));
}

Definition litmus(std::string name, std::string program, std::uint64_t classes, std::uint64_t interleavings) {
  const auto threads = std::make_shared<const Threads>(parsed(program));
  return {.name = "classes/" + name, .summary = program,
          .effort = interleavings == 0 || interleavings > 100'000 ? Effort::search_reduced : Effort::search, .classes = classes,
          .interleavings = interleavings, .body = [threads] { run(*threads); }};
}

// The same thread several times.
std::string times(int n, const std::string& thread) {
  std::string text = thread;
  for (int i = 1; i < n; ++i) text += " | " + thread;
  return text;
}

// Threads that differ by a number.
template <class F>
std::string each(int n, F thread) {
  std::string text = thread(1);
  for (int i = 2; i <= n; ++i) text += " | " + thread(i);
  return text;
}

std::string digit(int i) { return std::string(1, static_cast<char>('0' + i)); }
std::string wrw(int n) { return "Wx1 | " + each(n, [](int i) { return "Rx Wx" + digit(i + 1); }); }
std::string writers(int n) { return each(n, [](int i) { return "Wx" + digit(i); }); }
std::string read_write(int n) { return each(n, [](int i) { return "Rx Wx" + digit(i); }); }
std::string casrot(int n) { return each(n, [](int i) { return "Cx" + digit(i - 1) + digit(i); }); }
std::string race(int n) {
  const auto thread = [n](int i) {
    std::string text;
    for (int round = 0; round < n; ++round) text += "Wv" + digit(i) + " Rv ";
    return text;
  };
  return thread(1) + "| " + thread(2);
}

const Scenario all[] = {
    Scenario(litmus("sb", "Wx1 Ry | Wy1 Rx", 3, 6)),
    Scenario(litmus("mp", "Wx1 Wy1 | Ry Rx", 3, 6)),
    Scenario(litmus("lb", "Rx Wy1 | Ry Wx1", 3, 6)),
    Scenario(litmus("2+2w", "Wx1 Wy2 | Wy1 Wx2", 3, 6)),
    Scenario(litmus("s", "Wx2 Wy1 | Ry Wx1", 3, 6)),
    Scenario(litmus("wrc", "Wx1 | Rx Wy1 | Ry Rx", 7, 30)),
    Scenario(litmus("isa2", "Wx1 Wy1 | Ry Wz1 | Rz Rx", 7, 90)),
    Scenario(litmus("iriw", "Wx1 | Rx Ry | Ry Rx | Wy1", 15, 180)),
    Scenario(litmus("default", "Rx Rx | Wx1 | Wx2", 12, 12)),
    Scenario(litmus("corr1", "Wx1 | Wx2 | Rx Rx | Rx", 36, 60)),
    Scenario(litmus("corr2", "Wx1 | Wx2 | Rx Rx | Rx Rx", 72, 180)),
    Scenario(litmus("w+rrr+w", "Wx1 | Rx Rx Rx | Wx2", 20, 20)),
    Scenario(litmus("fr+w+w+w+reads", "Wx1 | Wx2 | Wx3 | Rx Rx Rx Rx", 210, 210)),
    Scenario(litmus("inc+inc+rr+w+rr", "Ax | Ax | Rx Rx | Wx9 | Rx Rx", 600, 1260)),
    Scenario(litmus("wrw_2", wrw(2), 22, 30)),
    Scenario(litmus("wrw_3", wrw(3), 300, 630)),
    Scenario(litmus("wrw_4", wrw(4), 6576, 22680)),
    Scenario(litmus("z6.u", "Wx1 Wy1 | Ay Ry | Wy3 Rx", 18, 90)),
    Scenario(litmus("z6+acq", "Wa1 Wb1 | Rb Wc1 | Wc2 Ra", 7, 90)),
    Scenario(litmus("jlt", "Wx1 Ry Rx | Wx2 Rx | Wy3", 8, 60)),
    Scenario(litmus("lb+incmps", "Rx Az | Az Wy1 | Ry Aw | Aw Wx1", 15, 2520)),
    Scenario(litmus("relseq", "Wx1 Wy1 Wy2 | Xy3 | Ry Rx", 16, 60)),
    Scenario(litmus("wcii", "Wx5 | Cx12 | Ax | Ax", 24, 24)),
    Scenario(litmus("readers_2", "Wx9 | " + times(2, "Rx"), 4, 6)),
    Scenario(litmus("readers_8", "Wx9 | " + times(8, "Rx"), 256, 362880)),
    Scenario(litmus("readers_12", "Wx9 | " + times(12, "Rx"), 4096, 6227020800)),
    Scenario(litmus("readers_13", "Wx9 | " + times(13, "Rx"), 8192, 87178291200)),
    Scenario(litmus("readers_16", "Wx9 | " + times(16, "Rx"), 65536, 355687428096000)),
    Scenario(litmus("writers_5", writers(5) + " | Rx", 720, 720)),
    Scenario(litmus("ainc_2", times(2, "Ax"), 2, 2)),
    Scenario(litmus("ainc_3", times(3, "Ax"), 6, 6)),
    Scenario(litmus("ainc_4", times(4, "Ax"), 24, 24)),
    Scenario(litmus("ainc_5", times(5, "Ax"), 120, 120)),
    Scenario(litmus("ainc_6", times(6, "Ax"), 720, 720)),
    Scenario(litmus("ainc_7", times(7, "Ax"), 5040, 5040)),
    Scenario(litmus("binc_2", times(2, "Ax Ay"), 4, 6)),
    Scenario(litmus("binc_3", times(3, "Ax Ay"), 36, 90)),
    Scenario(litmus("binc_4", times(4, "Ax Ay"), 576, 2520)),
    Scenario(litmus("cinc_2", times(2, "Ax Ay Az"), 8, 20)),
    Scenario(litmus("cinc_3", times(3, "Ax Ay Az"), 216, 1680)),
    Scenario(litmus("cinc_4", times(4, "Ax Ay Az"), 13824, 369600)),
    Scenario(litmus("inc_2", times(2, "Ix"), 4, 6)),
    Scenario(litmus("inc_3", times(3, "Ix"), 36, 90)),
    Scenario(litmus("inc_4", times(4, "Ix"), 576, 2520)),
    Scenario(litmus("rw_2", read_write(2), 4, 6)),
    Scenario(litmus("rw_3", read_write(3), 36, 90)),
    Scenario(litmus("rw_4", read_write(4), 576, 2520)),
    Scenario(litmus("cas_2", each(2, [](int i) { return "Cx0" + digit(i); }), 2, 2)),
    Scenario(litmus("cas_3", each(3, [](int i) { return "Cx0" + digit(i); }), 3, 6)),
    Scenario(litmus("cas_4", each(4, [](int i) { return "Cx0" + digit(i); }), 4, 24)),
    Scenario(litmus("cas_5", each(5, [](int i) { return "Cx0" + digit(i); }), 5, 120)),
    Scenario(litmus("casrot_2", casrot(2), 2, 2)),
    Scenario(litmus("casrot_3", casrot(3), 5, 6)),
    Scenario(litmus("casrot_4", casrot(4), 14, 24)),
    Scenario(litmus("casrot_5", casrot(5), 43, 120)),
    Scenario(litmus("casrot_6", casrot(6), 144, 720)),
    Scenario(litmus("casrot_7", casrot(7), 523, 5040)),
    Scenario(litmus("casrot_8", casrot(8), 2048, 40320)),
    Scenario(litmus("casrot_9", casrot(9), 8597, 362880)),
    Scenario(litmus("wcas_2", "Wx2 | " + times(2, "Cx23"), 5, 6)),
    Scenario(litmus("wcas_3", "Wx2 | " + times(3, "Cx23"), 13, 24)),
    Scenario(litmus("wcas_4", "Wx2 | " + times(4, "Cx23"), 33, 120)),
    Scenario(litmus("wcas_5", "Wx2 | " + times(5, "Cx23"), 81, 720)),
    Scenario(litmus("wcas_6", "Wx2 | " + times(6, "Cx23"), 193, 5040)),
    Scenario(litmus("wcas_7", "Wx2 | " + times(7, "Cx23"), 449, 40320)),
    Scenario(litmus("wcas_8", "Wx2 | " + times(8, "Cx23"), 1025, 362880)),
    Scenario(litmus("wcas_9", "Wx2 | " + times(9, "Cx23"), 2305, 3628800)),
    Scenario(litmus("wainc_2", "Wx9 | " + times(2, "Ax"), 6, 6)),
    Scenario(litmus("wainc_3", "Wx9 | " + times(3, "Ax"), 24, 24)),
    Scenario(litmus("wainc_4", "Wx9 | " + times(4, "Ax"), 120, 120)),
    Scenario(litmus("redundant_co_1", "Wx1 | Wx2 | Rx Rx", 12, 12)),
    Scenario(litmus("redundant_co_2", "Wx1 Wx1 | Wx2 Wx2 | Rx Rx", 90, 90)),
    Scenario(litmus("redundant_co_3", "Wx1 Wx1 Wx1 | Wx2 Wx2 Wx2 | Rx Rx", 560, 560)),
    Scenario(litmus("redundant_co_4", "Wx1 Wx1 Wx1 Wx1 | Wx2 Wx2 Wx2 Wx2 | Rx Rx", 3150, 3150)),
    Scenario(litmus("redundant_co_5", "Wx1 Wx1 Wx1 Wx1 Wx1 | Wx2 Wx2 Wx2 Wx2 Wx2 | Rx Rx", 16632, 16632)),
    Scenario(litmus("rmw_test2", "Ax | Ax | Rx | Rx | Wx1 | Wx2", 600, 720)),
    Scenario(litmus("race_parametric_1", race(1), 4, 6)),
    Scenario(litmus("race_parametric_2", race(2), 34, 70)),
    Scenario(litmus("race_parametric_3", race(3), 328, 924)),
    Scenario(litmus("race_parametric_4", race(4), 3334, 12870)),
    Scenario(litmus("race_parametric_5", race(5), 34904, 184756)),
    Scenario(litmus("lastwrite_4", writers(4), 24, 24)),
    Scenario(litmus("lastwrite_6", writers(6), 720, 720)),
    Scenario(litmus("n_writers_a_reader_1", writers(1) + " | Rx", 2, 2)),
    Scenario(litmus("n_writers_a_reader_2", writers(2) + " | Rx", 6, 6)),
    Scenario(litmus("n_writers_a_reader_3", writers(3) + " | Rx", 24, 24)),
    Scenario(litmus("n_writers_a_reader_4", writers(4) + " | Rx", 120, 120)),
    Scenario(litmus("bug_after_1k", "Rx Wx1 Wx2 Wx3 Wx4 Wx5 Wx6 | Wx1 Wx2 Wx3 Wx4 Wx5 Wx6", 1716, 1716)),
};

}  // namespace
}  // namespace interleave::scenarios
