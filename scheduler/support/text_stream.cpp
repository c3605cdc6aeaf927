#include "scheduler/support/text_stream.hpp"

#include <dlfcn.h>

#include <sstream>

namespace interleave {
namespace {

static_assert(sizeof(std::ostringstream) <= 512);

struct Functions {
  void (*construct)(void*);
  void (*destroy)(void*);
  std::string (*text)(const void*);
};

template <class F>
void look_up(F*& function, const char* name) {
  function = reinterpret_cast<F*>(dlsym(RTLD_DEFAULT, name));
}

const Functions& functions() {
  static const Functions found = [] {
    Functions f{};
    look_up(f.construct, "_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1Ev");
    look_up(f.destroy, "_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEED1Ev");
    look_up(f.text, "_ZNKSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEE3strEv");
    return f;
  }();
  return found;
}

}  // namespace

TextStream::TextStream() { functions().construct(storage_); }
TextStream::~TextStream() { functions().destroy(storage_); }
std::string TextStream::text_of(const void* ostringstream) { return functions().text(ostringstream); }

}  // namespace interleave
