#include "scheduler/fibers/tls_block.hpp"

#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "scheduler/modules/loaded_modules.hpp"
#include "scheduler/modules/real.hpp"

namespace interleave::engine::tls_blocks {
namespace {

// The thread-local variables of one module, at a fixed distance from the FS base.
struct Image {
  const void*    initial;
  std::size_t    initial_size, size;
  std::ptrdiff_t offset;
};

bool is_of_system(std::uintptr_t base) {
  static const auto* const modules = new std::vector<LoadedModule>(loaded_modules());
  return std::any_of(modules->begin(), modules->end(), [=](const LoadedModule& module) { return module.base == base && module.system; });
}

struct Parked {
  sem_t          ready;
  std::uintptr_t base = 0;
};

// Of the program and of its modules, instrumented or not.
int add_image(dl_phdr_info* info, std::size_t, void* result) {
  auto& images = *static_cast<std::vector<Image>*>(result);
  if (info->dlpi_tls_data == nullptr || is_of_system(info->dlpi_addr)) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_TLS || segment.p_memsz == 0) continue;
    images.push_back({reinterpret_cast<const void*>(info->dlpi_addr + segment.p_vaddr), segment.p_filesz, segment.p_memsz,
                      static_cast<std::ptrdiff_t>(reinterpret_cast<std::uintptr_t>(info->dlpi_tls_data) - current())});
  }
  return 0;
}

const std::vector<Image>& images() {
  static const std::vector<Image>* known = nullptr;
  if (known == nullptr) {
    auto* found = new std::vector<Image>;
    dl_iterate_phdr(&add_image, found);
    known = found;
  }
  return *known;
}

std::vector<Parked*>& parked() {
  static auto* list = new std::vector<Parked*>;
  return *list;
}

// The C library keeps the kernel's id of a thread in its block, and sends signals (abort's) to it. Code that runs with a
// parked thread's block runs on this OS thread, so the id is made to say so.
void adopt_kernel_id(pid_t of_parked, pid_t ours) {
  auto* words = reinterpret_cast<pid_t*>(pthread_self());
  // Only where eight bytes begin: the upper half of a pointer, 0x7f.., is an id that a thread may have.
  for (std::size_t i = 0; i < 0x900 / sizeof(pid_t); i += 2) {
    if (words[i] != of_parked) continue;
    words[i] = ours;
    return;
  }
}

pid_t engine_thread = 0;

void* park(void* argument) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  auto& self = *static_cast<Parked*>(argument);
  self.base = current();
  adopt_kernel_id(static_cast<pid_t>(syscall(SYS_gettid)), engine_thread);
  sem_post(&self.ready);
  // Asleep by a bare system call: everything in the block may be in use by a modelled thread from here on.
  while (true) {
    long number = SYS_pause;
    asm volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
  }
  return nullptr;
}

}  // namespace

std::size_t owner(std::uintptr_t address) {
  for (std::size_t thread = 0; thread < parked().size(); ++thread)
    for (const Image& image : images())
      if (address - (parked()[thread]->base + static_cast<std::uintptr_t>(image.offset)) < image.size) return thread;
  return ~std::size_t{0};
}

bool needed() { return !images().empty(); }

const char* obstacle() {
  constexpr unsigned long fsgsbase = 1ul << 1;  // HWCAP2_FSGSBASE
  return (getauxval(AT_HWCAP2) & fsgsbase) != 0 ? nullptr
                                                : "the kernel or processor does not let a program set its FS base (fsgsbase)";
}

std::uintptr_t current() {
  std::uintptr_t base;
  asm volatile("mov %%fs:0, %0" : "=r"(base));
  return base;
}

Range own_variables() {
  Range result{current(), current() + sizeof(void*) * 8};  // above the FS base: what the C library keeps of a thread, no variables
  dl_iterate_phdr([](dl_phdr_info* info, std::size_t, void* range) {
    constexpr std::uintptr_t most = std::uintptr_t{1} << 20;  // farther off: of a module that was loaded later
    auto& begin = static_cast<Range*>(range)->begin;
    const auto variables = reinterpret_cast<std::uintptr_t>(info->dlpi_tls_data);
    if (variables != 0 && current() - variables < most) begin = std::min(begin, variables);
    return 0;
  }, &result);
  return result;
}

void each_range(void (*f)(Range, void*), void* argument) {
  constexpr std::size_t descriptor = 0x900;  // of glibc's struct pthread, which begins at the FS base
  const std::uintptr_t variables = current() - own_variables().begin;
  const auto range_at = [&](std::uintptr_t base) { f({base - variables, base + descriptor}, argument); };
  range_at(current());
  for (const Parked* parked_thread : parked()) range_at(parked_thread->base);
}

std::uintptr_t base(std::size_t index) { return parked()[index]->base; }

std::size_t count() { return parked().size(); }

void forget() { parked().clear(); }

std::uintptr_t fresh(std::size_t index) {
  auto& list = parked();
  while (list.size() <= index) {
    auto* next = new Parked;
    sem_init(&next->ready, 0, 0);
    engine_thread = static_cast<pid_t>(syscall(SYS_gettid));
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, std::size_t{128} << 10);
    pthread_t thread;
    const int error = pthread_create(&thread, &attributes, &park, next);
    pthread_attr_destroy(&attributes);
    if (error != 0) throw std::system_error(error, std::generic_category(), "cannot park a thread for thread_local variables");
    while (sem_wait(&next->ready) != 0) {
    }
    list.push_back(next);
  }
  const std::uintptr_t base = list[index]->base;
  for (const Image& image : images()) {
    auto* place = reinterpret_cast<char*>(base + static_cast<std::uintptr_t>(image.offset));
    std::memcpy(place, image.initial, image.initial_size);
    std::memset(place + image.initial_size, 0, image.size - image.initial_size);
  }
  return base;
}

}  // namespace interleave::engine::tls_blocks
