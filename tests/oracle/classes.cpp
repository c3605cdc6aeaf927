#include "classes.hpp"

#include <stdexcept>

#include "program.hpp"

namespace oracle {

void Classes::close(Object& object) {
  if (object.run.empty()) return;
  object.groups += "{";
  for (const auto& [thread, index] : object.run) object.groups += std::to_string(thread) + "." + std::to_string(index) + " ";
  object.groups += "}";
  object.run.clear();
}

void Classes::access(int number, Way way, int thread, std::uint32_t index) {
  Object& object = objects_[number];
  if (way == Way::write || way != object.way) close(object);
  object.way = way;
  object.run.insert({thread, index});
  if (way == Way::write) close(object);
}

std::optional<interleave::Objection> Classes::on_step(const interleave::ObservedStep& step) {
  const int thread = thread_of(step.thread);
  const std::uint32_t index = ++indices_[thread];
  const int object = object_of(step.object);
  const std::string_view op = step.operation;
  const bool ok = step.succeeded;
  std::string did = std::string(op) + "@" + std::to_string(object) + (ok ? "" : "!");
  const auto meet = [&](int at, Way way) { access(at, way, thread, index); };
  const auto word = [&](Way way) {  // a word is two halves; its upper half is also an object of its own
    if (object >= first_high) return meet(object, way);
    meet(object, way);
    meet(object + first_high - first_word, way);
  };
  const auto wake = [&](bool all) {
    auto& sleepers = sleepers_[object];
    if (all) {
      sleepers.clear();
      return;
    }
    auto chosen = sleepers.begin();
    std::advance(chosen, step.choice);
    did += ">" + std::to_string(chosen->second);
    sleepers.erase(chosen);
  };

  if (op == "load") {
    word(Way::read);
  } else if (op == "store" || op == "exchange" || op == "fetch-modify") {
    word(Way::write);
    if (object >= first_high) half_written_[object - first_high] = true;
  } else if (op == "compare-exchange") {
    // A failed one is a read, but where halves of the word were written by themselves.
    word(ok || half_written_[object] ? Way::write : Way::read);
  } else if (op.starts_with("mutex")) {
    meet(object, ok ? Way::write : Way::read);
  } else if (op == "sem_post") {
    meet(object, Way::post);
  } else if (op == "sem_getvalue") {
    meet(object, Way::read);
  } else if (op.starts_with("sem_")) {
    meet(object, ok ? Way::write : Way::read);
  } else if (op == "condition wait") {
    meet(object, Way::enqueue);
    meet(object - first_condition + first_mutex, Way::write);
    sleepers_[object][step.thread] = thread;
  } else if (op == "condition signal" || op == "condition broadcast") {
    meet(object, ok ? Way::write : Way::read);
    if (ok) wake(op == "condition broadcast");
  } else if (op == "condition timeout") {
    meet(object, Way::write);
    sleepers_[object].erase(step.thread);
  } else if (op.ends_with("after waiting")) {  // of a lock where writers come first
    meet(the_room, ok ? Way::write : Way::read);
    if (op.find("timed") != op.npos) meet(the_gate, Way::write);
  } else if (op.starts_with("rwlock")) {
    // One that fails does not get in; a write lock that fails closes the gate instead.
    const Way way = op.find("read") != op.npos ? Way::share : Way::write;
    meet(the_gate, ok ? way : op == "rwlock write lock" ? Way::enqueue : Way::read);
    if (ok) meet(the_room, way);
  } else if (op.starts_with("once")) {
    meet(object, Way::write);
  } else if (op == "futex wait") {
    meet(object, Way::read);
    meet(object - first_word + first_queue, Way::enqueue);
    if (ok) sleepers_[object - first_word + first_queue][step.thread] = thread;
  } else if (op == "futex timeout") {
    meet(object, Way::write);
    sleepers_[object].erase(step.thread);
  } else if (op == "futex wake") {
    meet(object, ok ? Way::write : Way::read);
    meet(the_wakings, Way::post);  // a woken thread may end within this step
    if (ok) wake(object == queue_woken_at_once);
  } else if (op == "choose") {
    did += "=" + std::to_string(step.choice);
  } else if (op == "thread try_join" || op == "thread timed join") {
    // Any step of a thread may be its last, so whether it has ended depends on each.
    meet(the_wakings, Way::read);
    meet(first_end + asked_for(static_cast<std::uint8_t>(thread), askings_[thread]++), Way::read);
  } else if (!op.starts_with("thread")) {
    throw std::runtime_error("the oracle knows no operation " + std::string(op));
  }
  meet(first_end + thread, Way::write);
  // Who waits for it in `both` may end with it, and whatever the others do that it waits for.
  for (int ending = waiting_for(static_cast<std::uint8_t>(thread)); ending != 255; ending = waiting_for(static_cast<std::uint8_t>(ending)))
    meet(first_end + ending, Way::post);
  threads_[thread] += did + " ";
  return std::nullopt;
}

void Classes::flush() {
  if (begun_) {
    std::string form;
    for (auto& [thread, did] : threads_) form += std::to_string(thread) + ": " + did + "\n";
    for (auto& [number, object] : objects_) {
      close(object);
      form += "@" + std::to_string(number) + " " + object.groups + "\n";
    }
    ++seen_[form];
  }
  begun_ = false;
  threads_.clear();
  indices_.clear();
  askings_.clear();
  half_written_.clear();
  objects_.clear();
  sleepers_.clear();
}

}  // namespace oracle
