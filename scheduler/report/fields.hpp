// The members of a report and of what it consists of, each with its name. Whatever copies a report as a whole goes over these: as bytes
// (codec.hpp), as JSON (cli/json.cpp), as text that is equal only if the reports are.
//
//   fields(report, [](std::string_view name, auto& member) { ... });
//
// A member that is added to one of the structs must be added here: a binding with too few names does not compile.
#pragma once

#include <string_view>
#include <type_traits>

#include <interleave/interleave.hpp>

namespace interleave {

// `Value` is `Of`, or `const Of`.
template <class Value, class Of>
concept Is = std::is_same_v<std::remove_const_t<Value>, Of>;

template <Is<CodePlace> Value, class Visit>
void fields(Value& value, Visit&& visit) {
  auto& [function, file, line] = value;
  visit("function", function);
  visit("file", file);
  visit("line", line);
}

template <Is<ThreadState> Value, class Visit>
void fields(Value& value, Visit&& visit) {
  auto& [name, state, operation, object, location, holder, daemon, call, round, does, hold, stack] = value;
  visit("name", name);
  visit("state", state);
  visit("operation", operation);
  visit("object", object);
  visit("location", location);
  visit("holder", holder);
  visit("daemon", daemon);
  visit("call", call);
  visit("round", round);
  visit("does", does);
  visit("hold", hold);
  visit("stack", stack);
}

template <Is<TraceEvent> Value, class Visit>
void fields(Value& value, Visit&& visit) {
  auto& [step, thread, operation, object, location, call, does, hold, succeeded, second, stack, object_id, second_id, timed_out_early, shown, order, before, after, woke] = value;
  visit("step", step);
  visit("thread", thread);
  visit("operation", operation);
  visit("object", object);
  visit("location", location);
  visit("call", call);
  visit("does", does);
  visit("hold", hold);
  visit("succeeded", succeeded);
  visit("second", second);
  visit("stack", stack);
  visit("object_id", object_id);
  visit("second_id", second_id);
  visit("timed_out_early", timed_out_early);
  visit("shown", shown);
  visit("order", order);
  visit("before", before);
  visit("after", after);
  visit("woke", woke);
}

template <Is<Shrunk> Value, class Visit>
void fields(Value& value, Visit&& visit) {
  auto& [schedule, steps, preemptions, preemptions_left, executions, fewest_preemptions, fewest_steps, ended_by] = value;
  visit("schedule", schedule);
  visit("steps", steps);
  visit("preemptions", preemptions);
  visit("preemptions_left", preemptions_left);
  visit("executions", executions);
  visit("fewest_preemptions", fewest_preemptions);
  visit("fewest_steps", fewest_steps);
  visit("ended_by", ended_by);
}

template <Is<Failure> Value, class Visit>
void fields(Value& value, Visit&& visit) {
  auto& [kind, message, schedule, seed, strategy, step, threads, trace, objects, shrunk, stacks] = value;
  visit("kind", kind);
  visit("message", message);
  visit("step", step);
  visit("schedule", schedule);
  visit("seed", seed);
  visit("threads", threads);
  visit("trace", trace);
  visit("strategy", strategy);
  visit("objects", objects);
  visit("shrunk", shrunk);
  visit("stacks", stacks);
}

template <Is<Suppression> Value, class Visit>
void fields(Value& value, Visit&& visit) {
  auto& [pattern, count] = value;
  visit("pattern", pattern);
  visit("count", count);
}

template <Is<Report> Value, class Visit>
void fields(Value& value, Visit&& visit) {
  auto& [verdict, complete, executions, redundant, rounds, cut, failing, steps, steps_longest, threads_most, seconds, strategy, seed, covered,
         incomplete_reason, outcomes, failure, assumed, unseen, trusted, suppressions, whole, estimate, witnesses, drawn_executions, drawn_seed, past_executions,
         past_failure] = value;
  visit("strategy", strategy);
  visit("seed", seed);
  visit("verdict", verdict);
  visit("complete", complete);
  visit("executions", executions);
  visit("redundant", redundant);
  visit("cut", cut);
  visit("failing", failing);
  visit("steps", steps);
  visit("steps_longest", steps_longest);
  visit("threads_most", threads_most);
  visit("seconds", seconds);
  visit("outcomes", outcomes);
  visit("failure", failure);
  visit("covered", covered);
  visit("incomplete_reason", incomplete_reason);
  visit("assumed", assumed);
  visit("unseen", unseen);
  visit("trusted", trusted);
  visit("suppressions", suppressions);
  visit("rounds", rounds);
  visit("whole", whole);
  visit("estimate", estimate);
  visit("witnesses", witnesses);
  visit("drawn_executions", drawn_executions);
  visit("drawn_seed", drawn_seed);
  visit("past_executions", past_executions);
  visit("past_failure", past_failure);
}

}  // namespace interleave
