#include "scheduler/explore/search_size.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace interleave::engine {
namespace {

constexpr double share_that_counts = 2048;  // smaller parts of what is done say nothing of the large ones that are to come
constexpr double good_enough = 1;           // of a mean error of a logarithm
constexpr double too_many = 1e18;

// The natural logarithm of a number of at least 1, to 0.01: many are taken, and none matters much.
double rough_log(double number) {
  constexpr double log_of_2 = 0.693147180559945, bend = 0.34;
  const auto bits = std::bit_cast<std::uint64_t>(number);
  const auto exponent = static_cast<double>(static_cast<std::int64_t>(bits >> 52) - 1023);
  const double mantissa = std::bit_cast<double>((bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1023} << 52) - 1;
  return log_of_2 * (exponent + mantissa + bend * mantissa * (1 - mantissa));
}

}  // namespace

void SearchSize::Done::add(std::uint32_t at, double size) {
  if (at != place) {
    before += same;
    same = 0;
    alike = 0;
    place = at;
  }
  same += size;
  ++alike;
}

void SearchSize::Line::add(double at, double value, double with_weight) {
  weight += with_weight;
  x += with_weight * at;
  y += with_weight * value;
  xx += with_weight * at * at;
  xy += with_weight * at * value;
  off += with_weight * (value - at) * (value - at);
}

double SearchSize::Model::size(const Done& done, std::uint32_t at) const {
  const double alike = one ? done.one(at) : done.all();
  if (intercept == 0 && slope == 1) return alike;
  return std::clamp(std::exp(intercept + slope * std::log(alike)), 1.0, too_many);
}

SearchSize::Model SearchSize::fitted(const Line& line) const {
  if (line.weight == 0) return {true, 0, 1};
  const double x = line.x / line.weight, y = line.y / line.weight;
  const double variance = line.xx / line.weight - x * x;
  const double slope = variance > 1e-9 ? std::clamp((line.xy / line.weight - x * y) / variance, 0.0, 1.0) : 1;
  return {true, y - slope * x, slope};
}

void SearchSize::learn(double all, double one, double size) {
  const double value = rough_log(size), of_one = rough_log(one);
  all_.add(rough_log(all), value, size);
  one_.add(of_one, value, size);
  one_by_root_.add(of_one, value, std::sqrt(size));
}

void SearchSize::executed(std::span<const std::uint32_t> opened) {
  while (!open_.empty() && open_.back().pending == 0) {
    const Node ended = open_.back();
    open_.pop_back();
    if (open_.empty()) break;
    const auto size = static_cast<double>(executions_ - ended.begun);
    if (size * share_that_counts >= static_cast<double>(executions_)) learn(ended.all, ended.one, size);
    open_.back().done.add(open_.back().at, size);
  }
  if (open_.empty()) {
    tree_ = executions_ == 0;
  } else {
    Node& parent = open_.back();
    --parent.pending;
    parent.at = pending_.back();
    pending_.pop_back();
    if (opened.empty()) {  // most of them
      if (share_that_counts >= static_cast<double>(executions_)) learn(parent.done.all(), parent.done.one(parent.at), 1);
      parent.done.add(parent.at, 1);
      ++executions_;
      return;
    }
  }
  const auto children = static_cast<std::uint32_t>(opened.size());
  Node& node = open_.emplace_back();
  node.begun = executions_++;
  node.pending = node.children = children;
  if (open_.size() > 1) {
    const Node& parent = open_[open_.size() - 2];
    node.all = parent.done.all();
    node.one = parent.done.one(parent.at);
  }
  for (const std::uint32_t at : opened) pending_.push_back(at);
}

double SearchSize::total(const Model& model) const {
  double below = 0;
  std::size_t end = pending_.size();
  for (std::size_t i = open_.size(); i-- > 0;) {
    Done done = open_[i].done;
    if (below != 0) done.add(open_[i].at, below);
    for (std::uint32_t k = 0; k < open_[i].pending; ++k) {
      const std::uint32_t at = pending_[--end];
      done.add(at, model.size(done, at));
    }
    below = std::min(done.all(), too_many);
  }
  return below;
}

// By which part of the search is done: of each execution, its children are equal parts.
double SearchSize::total_if_equal() const {
  double part = 0;
  for (std::size_t i = open_.size(); i-- > 0;) {
    const Node& node = open_[i];
    const bool last = i + 1 == open_.size();
    if (node.children == 0) return static_cast<double>(executions_);
    const double ended = node.children - node.pending - (last ? 0 : 1);
    part = (ended + part) / node.children;
  }
  return part == 0 ? static_cast<double>(executions_) : std::min(static_cast<double>(executions_) / part, too_many);
}

std::optional<SearchSize::Estimate> SearchSize::estimate() const {
  if (!tree_ || open_.empty()) return std::nullopt;
  const double known = static_cast<double>(executions_ + pending_.size());
  const auto mean_error = [](const Line& line) { return line.weight == 0 ? 9 : std::sqrt(line.off / line.weight); };
  const bool by_one = mean_error(one_) <= mean_error(all_);
  const double alike = total({by_one, 0, 1});
  std::array<double, 4> all = {total({true, 0, 1}), total(fitted(one_)), total(fitted(one_by_root_)), total_if_equal()};
  std::sort(all.begin(), all.end());
  const double error = mean_error(by_one ? one_ : all_);
  if (error < good_enough) {
    // Errors of parts that are added up cancel out, and those of parts that are multiplied do not: so the range is as wide as one of them.
    const double factor = std::exp(error);
    return Estimate{std::max(alike, known), std::max(alike / factor, known), std::max(alike * factor, known)};
  }
  return Estimate{std::max(std::sqrt(all[1] * all[2]), known), std::max(all[0], known), std::max(all[3], known)};
}

}  // namespace interleave::engine
