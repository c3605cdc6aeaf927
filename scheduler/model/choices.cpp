#include "scheduler/model/choices.hpp"

#include <sys/mman.h>

#include <new>
#include <utility>

namespace interleave::engine {
namespace {

ChoiceList* offered = nullptr;
bool        in_use = false;

}  // namespace

ChoiceList* ChoiceList::map() {
  void* const p = mmap(nullptr, sizeof(ChoiceList), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  return static_cast<ChoiceList*>(p);
}

void ChoiceList::offer(ChoiceList* list) {
  offered = list;
  in_use = false;
}

Choices::Choices() : list_(offered != nullptr && !std::exchange(in_use, true) ? *offered : *ChoiceList::map()) { clear(); }

Choices::~Choices() {
  if (&list_ == offered) {
    in_use = false;
  } else {
    munmap(&list_, sizeof(ChoiceList));
  }
}

}  // namespace interleave::engine
