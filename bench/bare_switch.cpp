#include "bare_switch.hpp"

#include <ctime>
#include <vector>

#include <boost/context/detail/fcontext.hpp>

namespace context = boost::context::detail;

namespace {

void bounce(context::transfer_t transfer) {
  while (true) transfer = context::jump_fcontext(transfer.fctx, nullptr);
}

}  // namespace

double bare_switch_ns() {
  constexpr int rounds = 5'000'000;
  std::vector<char> stack(64 * 1024);
  context::fcontext_t other = context::make_fcontext(stack.data() + stack.size(), stack.size(), &bounce);
  timespec begin, end;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
  for (int i = 0; i < rounds; ++i) other = context::jump_fcontext(other, nullptr).fctx;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  const double ns = static_cast<double>(end.tv_sec - begin.tv_sec) * 1e9 + static_cast<double>(end.tv_nsec - begin.tv_nsec);
  return ns / rounds / 2;
}
