// How large a search is that has not ended: an estimate from what has been explored.
//
// A depth-first search is a tree of executions. An execution shows that others are needed, its children (Strategy::opened); the last of them is
// made next, with all of its descendants, then the one before. So the number of children of each execution, in the order in which executions
// are made, is the tree. What is not known is how large the subtrees of the children will be that are still to be made:
//
//     execution    o---+---+---+---o            children, the last one is made first
//                  |   |   |   |   '-- 1        done: their sizes are known
//                  |   |   |   '------ 12
//                  |   |   '---------- 31 so far, 4 more below it
//                  |   '-------------- ?        pending
//                  '------------------ ?
//
// Four models say it, each from what is done of the same parent:
//
//   * "alike": as large as what its parent had done before it, of one of the alternatives at that place (what Knuth's estimator supposes of
//     choices; exact for threads that lock one mutex) or, where that has predicted better, of all of them together (exact for readers beside
//     a writer)
//   * the same, corrected by a regression of the logarithms of the sizes of subtrees that are done upon those that were predicted; twice, with
//     a weight by their size, and by its root
//   * the parent's children are all of one size
//
// If the first one was right about what is done, to a factor of e in the mean, it counts; else the median of the four. The range is that of
// all four, as far as it makes sense.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace interleave::engine {

class SearchSize {
 public:
  // Executions of the whole search.
  struct Estimate {
    double executions = 0, least = 0, most = 0;
  };

  // An execution of the search has ended, and has shown `opened` to be needed, as Strategy::opened says. Cost: a few instructions for each of
  // them, and a logarithm where a subtree has ended that counts.
  void executed(std::span<const std::uint32_t> opened);

  // Nothing before the first execution, and where executions were made that no other one had shown to be needed. Cost: in proportion to the
  // executions that are known to be needed, and not yet made.
  std::optional<Estimate> estimate() const;

 private:
  // What children of an execution are known, in the order in which they are made.
  struct Done {
    double before = 1;       // executions: of the parent itself, and of children at other places than the last one
    double same = 0;         // of the children at the place of the last one,
    std::uint32_t alike = 0; // which are so many
    std::uint32_t place = none;

    static constexpr std::uint32_t none = ~std::uint32_t{0};
    void add(std::uint32_t at, double size);
    // How large the next one is if it is like all of them, or like one.
    double all() const { return before + same; }
    double one(std::uint32_t at) const { return at == place ? (before + same) / (1 + alike) : before + same; }
  };
  struct Node {
    Done          done;
    std::uint64_t begun = 0;        // executions before it
    std::uint32_t pending = 0, children = 0;
    std::uint32_t at = 0;           // of the child under way
    double        all = 1, one = 1; // how large it was predicted to be, by its parent
  };
  // A line through points, by weighted least squares, and how far they are from the diagonal.
  struct Line {
    double weight = 0, x = 0, y = 0, xx = 0, xy = 0, off = 0;
    void add(double at, double value, double with_weight);
  };
  struct Model {
    bool one;                       // predicts by Done::one, else by Done::all
    double intercept, slope;        // of the logarithm
    double size(const Done& done, std::uint32_t at) const;
  };
  Model fitted(const Line& line) const;
  void learn(double all, double one, double size);
  double total(const Model& model) const;
  double total_if_equal() const;

  std::vector<Node> open_;               // from the first execution to the last one that has children to be made
  std::vector<std::uint32_t> pending_;   // places of all those, of one node after the other
  std::uint64_t executions_ = 0;
  bool tree_ = true;                     // no execution came from nowhere
  Line all_, one_, one_by_root_;
};

}  // namespace interleave::engine
