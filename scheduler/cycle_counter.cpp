#include <interleave/scheduler/cycle_counter.hpp>

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <x86intrin.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string_view>

#include <fmt/format.h>

#include <interleave/scheduler/door.hpp>
#include <interleave/scheduler/hooks.hpp>
#include <interleave/scheduler/symbols.hpp>

namespace interleave::engine {
namespace {

// 0f 31: rdtsc; 0f 01 f9: rdtscp. What looks like one in the middle of another instruction only costs the traps.
bool may_read_counter(const unsigned char* begin, const unsigned char* end) {
  while (begin < end) {
    const void* const found = std::memchr(begin, 0x0f, static_cast<std::size_t>(end - begin));
    if (found == nullptr) return false;
    const auto* p = static_cast<const unsigned char*>(found);
    if (p + 1 < end && p[1] == 0x31) return true;
    if (p + 2 < end && p[1] == 0x01 && p[2] == 0xf9) return true;
    begin = p + 1;
  }
  return false;
}

// Not the program's: they read the counter for nobody, or below a door.
bool of_system(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (const std::string_view known : {"libc.so", "libm.so", "libstdc++.so", "libgcc_s.so", "ld-linux", "linux-vdso", "libinterleave.so",
                                       "libpthread.so", "libdl.so", "librt.so", "libboost_context.so", "libdw.so", "libelf.so", "libz.so",
                                       "libbz2.so", "liblzma.so", "libzstd.so", "libfmt.so", "libatomic.so"})
    if (name.starts_with(known)) return true;
  return false;
}

int look_through(dl_phdr_info* module, std::size_t, void* result) {
  if (of_system(module->dlpi_name)) return 0;
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = module->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0 || (part.p_flags & PF_R) == 0) continue;
    const auto* begin = reinterpret_cast<const unsigned char*>(module->dlpi_addr + part.p_vaddr);
    if (!may_read_counter(begin, begin + part.p_memsz)) continue;
    *static_cast<bool*>(result) = true;
    return 1;
  }
  return 0;
}

// Of all modules that are loaded now; looked for again where there are more.
bool any_may_read_counter() {
  static unsigned long long loaded = 0;
  static bool known = false;
  unsigned long long now = 0;
  dl_iterate_phdr([](dl_phdr_info* module, std::size_t, void* data) {
    *static_cast<unsigned long long*>(data) = module->dlpi_adds;
    return 1;
  }, &now);
  if (!known && loaded != now) dl_iterate_phdr(&look_through, &known);
  loaded = now;
  return known;
}

bool trapping = false;
bool refused = false;           // the kernel does not let us
const void* first_read = nullptr;  // by modelled code, since the exploration began

void tell(Report& report) {
  if (refused) {
    report.unseen.push_back("code of the program may read the processor's cycle counter (rdtsc), and the system does not let it be trapped "
                            "(prctl(PR_SET_TSC) fails): what depends on it was not explored");
  }
  if (first_read == nullptr) return;
  Symbols symbols;
  report.unseen.push_back(fmt::format("{} reads the processor's cycle counter (rdtsc): it was shown the model's clock, and no other values were explored",
                                      place(symbols.frames(static_cast<const char*>(first_read) + 1).front())));
}

const hooks::Basis basis{[](const Options&) { first_read = nullptr; }, &tell};

// The vDSO computes the real time from it.
bool in_vdso(const void* code) {
  static const std::uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
  constexpr std::uintptr_t pages = 4 * 4096;
  return vdso != 0 && reinterpret_cast<std::uintptr_t>(code) - vdso < pages;
}

}  // namespace

CycleCounterTrap::CycleCounterTrap() : outermost_(!trapping && any_may_read_counter()) {
  if (!outermost_) return;
  refused = prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) != 0;
  trapping = !refused;
}

CycleCounterTrap::~CycleCounterTrap() {
  if (!outermost_ || !trapping) return;
  prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
  trapping = false;
}

bool answered_cycle_counter(const siginfo_t& info, void* context) {
  if (!trapping || info.si_code != SI_KERNEL) return false;
  greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const auto* const code = reinterpret_cast<const unsigned char*>(registers[REG_RIP]);
  const bool names_processor = code[0] == 0x0f && code[1] == 0x01 && code[2] == 0xf9;
  if (!names_processor && !(code[0] == 0x0f && code[1] == 0x31)) return false;
  std::uint64_t count = 0;
  unsigned processor = 0;
  Execution* const run = Execution::current;
  if (mode != Mode::outside && run != nullptr && run->on_fiber() && !in_vdso(code)) {
    const EngineScope engine;
    if (first_read == nullptr) first_read = code;
    run->look_at_clock();
    count = clock_origin(CLOCK_MONOTONIC) + run->now();
    processor = static_cast<unsigned>(std::countr_zero(run->self().extras().attributes.processors));
  } else {
    prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
    count = __rdtscp(&processor);
    prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
  }
  registers[REG_RAX] = static_cast<greg_t>(count & 0xffff'ffff);
  registers[REG_RDX] = static_cast<greg_t>(count >> 32);
  if (names_processor) registers[REG_RCX] = static_cast<greg_t>(processor);
  registers[REG_RIP] += names_processor ? 3 : 2;
  return true;
}

}  // namespace interleave::engine
