// The program that these tests are, and what it includes of the standard library and the test framework, is instrumented throughout: none of
// its functions may be taken for one that is not. Their counterpart, where each is found, is in tests/unseen.
#include <sys/personality.h>

#include <algorithm>
#include <any>
#include <barrier>
#include <complex>
#include <deque>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <regex>
#include <set>
#include <shared_mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>
#include <interleave/interleave.hpp>

#include "../linked_with_the_model.hpp"

namespace {

int many_templates(unsigned seed) {
  std::mt19937 numbers(seed);
  std::vector<int> v(20);
  std::iota(v.begin(), v.end(), 0);
  std::shuffle(v.begin(), v.end(), numbers);
  std::stable_sort(v.begin(), v.end());
  std::map<std::string, std::vector<int>> by_name;
  for (const int i : v) by_name[std::to_string(i % 5)].push_back(i);
  std::unordered_map<std::string, int> sizes;
  for (const auto& [name, list] : by_name) sizes[name] += static_cast<int>(list.size());
  std::deque<std::string> d(3, "x");
  std::list<int> l(v.begin(), v.end());
  l.sort();
  std::priority_queue<int> q(v.begin(), v.end());
  std::multiset<long> s(v.begin(), v.end());
  const std::variant<int, std::string, std::vector<int>> either = v;
  const std::any any = std::string("any");
  const std::optional<std::string> maybe = "abc";
  std::ostringstream text;
  text << std::complex<double>(1, 2) << *maybe << std::any_cast<std::string>(any) << q.top() << s.size() << d.size() << l.size();
  std::smatch found;
  const std::string said = text.str();
  std::regex_search(said, found, std::regex("([a-z]+)"));
  std::shared_mutex mutex;
  const std::shared_lock lock(mutex);
  // g++ does not instrument how these small objects are passed and returned, unless it optimises.
  if (std::thread().joinable() || std::string(std::string_view("")).size() != 0 || !std::error_condition(std::errc::io_error)) return 0;
  auto shared = std::make_shared<std::vector<std::string>>(4, "y");
  const std::weak_ptr<std::vector<std::string>> weak = shared;
  std::promise<int> promise;
  promise.set_value(1);
  return promise.get_future().get() + static_cast<int>(either.index() + sizes.size() + weak.lock()->size() + found.size());
}

TEST_CASE("no function of a program that is instrumented throughout is taken for one that is not", "[shared_with_asan]") {
  if (!linked_with_the_model()) return;  // on real threads nothing is looked for
  // With code that may not be changed, all that there is may have run: whatever is found in the program would be named.
  const int before = personality(0xffffffff);
  personality(static_cast<unsigned long>(before) | READ_IMPLIES_EXEC);
  const interleave::Report report = interleave::explore([] { interleave::require(many_templates(1) == 14); });
  personality(static_cast<unsigned long>(before));
  std::string said;
  for (const std::string& sentence : report.unseen) said += sentence + "\n";
  CAPTURE(said, report.failure ? report.failure->message : "");
  CHECK(said.empty());
  CHECK(report.complete);
}

}  // namespace
