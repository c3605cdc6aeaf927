// The programs that are measured. Explored, or sampled, by `parallel` threads.
#pragma once

#include <functional>

namespace programs {

// What a function without arguments does by itself is the program, as a user would write it. One that takes the number of threads
// returns the program: putting the bodies of many threads together takes as long as running them, and is not measured.
using Program = std::function<void()>;

Program increments(int threads, int length);  // of one atomic variable
Program mutex(int threads);                   // each locks it once
Program readers(int threads);                 // and a writer
Program last_zero(int threads);
Program indexer(int threads);
Program filesystem(int threads);

void producer_and_consumer(int integers);   // through a Condition of Python's
void queue(int items, bool one_condition);  // one place; two producers and two consumers of so many items each
void crossed_locks();
void two_threads_of_1000_increments();
void three_threads_on_a_mutex();

}  // namespace programs
