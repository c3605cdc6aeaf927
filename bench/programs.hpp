// The programs that are measured. Explored, or sampled, by `parallel` threads.
#pragma once

namespace programs {

void increments(int threads, int length);  // of one atomic variable
void mutex(int threads);                   // each locks it once
void readers(int threads);                 // and a writer
void last_zero(int threads);
void indexer(int threads);
void filesystem(int threads);
void producer_and_consumer(int integers);  // through a Condition of Python's
void queue(int items, bool one_condition);  // one place; two producers and two consumers of so many items each
void crossed_locks();

// Written as a user would, body by body.
void two_threads_of_1000_increments();
void three_threads_on_a_mutex();

}  // namespace programs
