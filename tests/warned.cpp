// Headers that only users compile, with the warnings that the engine is compiled with. Templates are instantiated, or nothing would be said of them.
#include <functional>

#include <interleave/primitives/barrier.hpp>
#include <interleave/primitives/bounded_semaphore.hpp>
#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/event.hpp>
#include <interleave/primitives/lifo_queue.hpp>
#include <interleave/primitives/lock.hpp>
#include <interleave/primitives/priority_queue.hpp>
#include <interleave/primitives/queue.hpp>
#include <interleave/primitives/rlock.hpp>
#include <interleave/primitives/semaphore.hpp>
#include <interleave/primitives/simple_queue.hpp>
#include <interleave/primitives/thread.hpp>
#include <interleave/primitives/python26.hpp>
#include <interleave/checkers/conservation.hpp>
#include <interleave/checkers/monitor.hpp>
#include <interleave/checkers/mutual_exclusion.hpp>
#include <interleave/checkers/order.hpp>

template class interleave::BasicQueue<int, interleave::FirstInFirstOut<int>>;
template class interleave::BasicQueue<int, interleave::SmallestFirst<int, std::less<int>>>;
template class interleave::BasicQueue<int, interleave::LastInFirstOut<int>>;
template class interleave::SimpleQueue<int>;
