// Locals of types of the standard library, whose members are inlined into the function or not.
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "shape_parts.hpp"

namespace LEVEL {
namespace {

const Shape all[] = {
    {"an element of std::array", [](bool ordered) {
       std::array<int, 4> a{};
       Beside other(ordered, [&] { a[3] = 1; });
       use(a[3]);
     }},
    {"a loop over std::array", [](bool ordered) {
       std::array<int, 4> a{};
       Beside other(ordered, [&] { a[3] = 1; });
       int sum = 0;
       for (const int x : a) sum += x;
       use(sum);
     }},
    {"std::vector::empty", [](bool ordered) {
       std::vector<int> v;
       v.reserve(4);
       Beside other(ordered, [&] { v.push_back(1); });
       use(v.empty());
     }},
    {"std::vector::size", [](bool ordered) {
       std::vector<int> v;
       v.reserve(4);
       Beside other(ordered, [&] { v.push_back(1); });
       use(v.size());
     }},
    {"std::string::size", [](bool ordered) {
       std::string s = "abc";
       Beside other(ordered, [&] { s.push_back('d'); });
       use(s.size());
     }},
    {"a character of a short std::string", [](bool ordered) {
       std::string s = "abc";
       Beside other(ordered, [&] { s[1] = 'x'; });
       use(s[1]);
     }},
    {"a std::shared_ptr itself", [](bool ordered) {
       auto p = std::make_shared<int>(1);
       Beside other(ordered, [&] { p.reset(); });
       use(p.get());
     }},
    {"a copy of a std::shared_ptr", [](bool ordered) {
       auto p = std::make_shared<int>(1);
       Beside other(ordered, [&] { p = std::make_shared<int>(2); });
       const auto copy = p;
       use(copy.get());
     }},
    {"a std::unique_ptr itself", [](bool ordered) {
       auto p = std::make_unique<int>(1);
       Beside other(ordered, [&] { p.reset(); });
       use(p.get());
     }},
    {"std::optional", [](bool ordered) {
       std::optional<int> o;
       Beside other(ordered, [&] { o = 1; });
       use(o.has_value());
     }},
    {"the value in a std::optional", [](bool ordered) {
       std::optional<int> o = 0;
       Beside other(ordered, [&] { *o = 1; });
       *o = 2;
     }},
    {"std::optional, asked for nothing", [](bool ordered) {
       std::optional<int> o;
       Beside other(ordered, [&] { o = 1; });
       const bool has = o.has_value();
       if (!has && has) use(has);
     }, true},
    {"std::variant", [](bool ordered) {
       std::variant<int, char> v = 1;
       Beside other(ordered, [&] { v = 'x'; });
       use(v.index());
     }},
    {"std::tuple", [](bool ordered) {
       std::tuple<int, int, int> t;
       Beside other(ordered, [&] { std::get<0>(t) = 1; });
       std::get<0>(t) = 2;
     }},
    {"std::pair", [](bool ordered) {
       std::pair<int, int> p;
       Beside other(ordered, [&] { p.second = 1; });
       p.second = 2;
     }},
    {"std::map::size", [](bool ordered) {
       std::map<int, int> m;
       Beside other(ordered, [&] { m[1] = 1; });
       use(m.size());
     }},
    {"std::function", [](bool ordered) {
       std::function<void()> f;
       Beside other(ordered, [&] { f = [] {}; });
       use(static_cast<bool>(f));
     }},
    {"std::swap of members", [](bool ordered) {
       Pair p{1, 2};
       Beside other(ordered, [&] { p.second = 1; });
       std::swap(p.first, p.second);
     }},
    {"std::swap of structs", [](bool ordered) {
       Pair p{1, 2}, q{3, 4};
       Beside other(ordered, [&] { q.second = 1; });
       std::swap(p, q);
     }},
    {"std::fill", [](bool ordered) {
       std::array<char, 24> a{};
       Beside other(ordered, [&] { a[20] = 1; });
       std::fill(a.begin(), a.end(), 2);
     }},
    {"std::copy", [](bool ordered) {
       std::array<int, 4> a{}, b{1, 2, 3, 4};
       Beside other(ordered, [&] { a[3] = 1; });
       std::copy(b.begin(), b.end(), a.begin());
     }},
};

}  // namespace

extern const Shapes shapes_of_library;
const Shapes shapes_of_library{std::begin(all), std::end(all)};

}  // namespace LEVEL
