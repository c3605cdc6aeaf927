#include "scheduler/model/schedule.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fmt/format.h>

#include <interleave/interleave.hpp>

#include "scheduler/model/option_code.hpp"
#include "scheduler/support/bit_text.hpp"

namespace interleave {
namespace {

using engine::BitReader;
using engine::BitWriter;

constexpr std::string_view prefix = "il1:";
constexpr int hash_bits = 30;  // five characters
constexpr std::size_t hash_chars = hash_bits / 6;
constexpr std::size_t shortest = prefix.size() + hash_chars + hash_chars + 1 + hash_chars;

// The bits of `further` (option_code.hpp) that are not of an option.
constexpr std::uint64_t stops_round_bit = 1, comes_back_bit = 4, keeps_private_bit = 8;
constexpr std::uint64_t own_bits = stops_round_bit | comes_back_bit | keeps_private_bit;
constexpr std::size_t shared_lines_max = std::size_t{1} << 16;  // a guard against a forged token

constexpr std::uint32_t hash_mask = (std::uint32_t{1} << hash_bits) - 1;

std::uint32_t hash(std::span<const char> bytes) {
  return static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size())) & hash_mask;
}

std::size_t check_count(std::size_t choices) {
  const std::size_t chunk = schedule_chunk(choices);
  return chunk == 0 ? 0 : (choices + chunk - 1) / chunk;
}

[[noreturn]] void refuse(std::string_view token, std::string_view why) {
  constexpr std::size_t shown = 40;
  throw UsageError(fmt::format("{}{}: {}", token.substr(0, shown), token.size() > shown ? "..." : "", why));
}

// The text between version and checksum. Throws unless this is an undamaged token of this version.
std::string_view checked_body(std::string_view token) {
  const std::size_t colon = token.find(':');
  const bool looks_like_one = colon != token.npos && colon > 2 && token.starts_with("il") &&
                              std::all_of(token.begin() + 2, token.begin() + static_cast<std::ptrdiff_t>(colon),
                                          [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!looks_like_one) refuse(token, "not a schedule token, which begins with il1: (copy it whole from the report)");
  if (!token.starts_with(prefix)) {
    refuse(token, "a schedule token of an unknown version; replay it with the version of Interleave that printed it");
  }
  constexpr std::string_view damaged = "this schedule token is damaged: its checksum does not match (copy it whole from the report)";
  if (token.size() < shortest || token.substr(prefix.size()).find_first_not_of(engine::bit_characters) != token.npos) refuse(token, damaged);
  const std::string_view summed = token.substr(0, token.size() - hash_chars);
  if (BitReader(token.substr(summed.size())).bits(hash_bits) != hash(summed)) refuse(token, damaged);
  return summed.substr(prefix.size());
}

constexpr std::string_view malformed = "this schedule token is damaged: its choices cannot be read (copy it whole from the report)";

// How many, and each as what it is more than the one before. REQUIRES: sorted.
void write_lines(BitWriter& out, std::span<const StackLine> lines) {
  assert(std::is_sorted(lines.begin(), lines.end()));
  out.gamma(lines.size() + 1);
  StackLine before;
  for (const StackLine& line : lines) {
    const bool of_same = line.stack == before.stack;
    out.gamma(std::uint64_t{line.stack - before.stack} + 1);
    out.gamma(std::uint64_t{line.from_top} + 1 - (of_same ? before.from_top : 0));
    before = line;
  }
}

void read_lines(BitReader& in, std::string_view token, Schedule& schedule) {
  const auto count = in.gamma();
  if (!count || *count - 1 > shared_lines_max) refuse(token, malformed);
  StackLine before;
  while (schedule.shared_lines.size() < *count - 1) {
    const auto stack = in.gamma(), from_top = in.gamma();
    if (!stack || !from_top || std::max(*stack, *from_top) > std::numeric_limits<std::uint32_t>::max()) refuse(token, malformed);
    const auto further = static_cast<std::uint32_t>(*stack - 1), value = static_cast<std::uint32_t>(*from_top - 1);
    const StackLine line = {before.stack + further, value + (further == 0 ? before.from_top : 0)};
    if (line < before) refuse(token, malformed);  // the sum was too large
    before = line;
    schedule.shared_lines.push_back(before);
  }
}

void read_choices(BitReader& in, std::string_view token, bool checked, Schedule& schedule) {
  const auto count = in.gamma();
  if (!count || *count - 1 > schedule_choices_max) refuse(token, malformed);
  while (schedule.choices.size() < *count - 1) {
    const auto value = in.gamma();
    const auto length = in.gamma();
    if (!value || !length || *value - 1 > std::numeric_limits<std::uint32_t>::max()) refuse(token, malformed);
    if (*length > *count - 1 - schedule.choices.size()) refuse(token, malformed);
    schedule.choices.insert(schedule.choices.end(), *length, static_cast<std::uint32_t>(*value - 1));
  }
  for (std::size_t i = 0; checked && i < check_count(schedule.choices.size()); ++i) {
    const auto check = in.bits(4);
    if (!check) refuse(token, malformed);
    schedule.checks.push_back(static_cast<std::uint8_t>(*check));
  }
  if (!in.at_padding()) refuse(token, malformed);
}

// ---- identity of the build ------------------------------------------------------------------------------------------

std::span<const char> note_of(const dl_phdr_info& object) {
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object.dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* at = reinterpret_cast<const char*>(object.dlpi_addr + segment.p_vaddr);
    const auto* end = at + segment.p_memsz;
    const auto padded = [&](std::size_t size) { return (size + segment.p_align - 1) & ~(segment.p_align - 1); };
    while (static_cast<std::size_t>(end - at) >= sizeof(ElfW(Nhdr))) {
      ElfW(Nhdr) header;
      std::memcpy(&header, at, sizeof header);
      const auto* owner = at + sizeof header;
      const auto* content = at + padded(sizeof header + header.n_namesz);
      if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 && std::memcmp(owner, "GNU", 4) == 0) {
        return {content, header.n_descsz};
      }
      at = content + padded(header.n_descsz);
    }
  }
  return {};
}

std::uint32_t hash_of_file(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::uint32_t result = 0;
  struct stat status {};
  if (fstat(file, &status) == 0 && status.st_size > 0) {
    const auto size = static_cast<std::size_t>(status.st_size);
    void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes != MAP_FAILED) {
      result = hash({static_cast<const char*>(bytes), size});
      munmap(bytes, size);
    }
  }
  close(file);
  return result;
}

bool contains(const dl_phdr_info& object, const void* address) {
  const auto offset = reinterpret_cast<ElfW(Addr)>(address) - object.dlpi_addr;
  return std::any_of(object.dlpi_phdr, object.dlpi_phdr + object.dlpi_phnum, [&](const ElfW(Phdr) & segment) {
    return segment.p_type == PT_LOAD && offset >= segment.p_vaddr && offset - segment.p_vaddr < segment.p_memsz;
  });
}

struct BuildSum {
  bool executable = true;  // the next object is: it comes first
  std::uint32_t sum = 0;
};

// Adds the executable and the object that this code is in.
int add_object(dl_phdr_info* object, std::size_t, void* build_sum) {
  auto& total = *static_cast<BuildSum*>(build_sum);
  const bool executable = std::exchange(total.executable, false);
  if (!executable && !contains(*object, prefix.data())) return 0;
  const auto note = note_of(*object);
  const auto id = !note.empty() ? hash(note) : hash_of_file(executable ? "/proc/self/exe" : object->dlpi_name);
  total.sum = (total.sum * 31 + id) & hash_mask;
  return 0;
}

}  // namespace

std::uint8_t schedule_check(std::span<const std::uint32_t> fingerprints) {
  std::uint32_t sum = 0;
  for (const std::uint32_t fingerprint : fingerprints) sum = (sum ^ (fingerprint & 0xff)) * 0x01000193u;
  return static_cast<std::uint8_t>(sum * 0x9e3779b1u >> 28);  // the upper bits depend on all, even for a chunk of one
}

std::vector<std::uint8_t> schedule_checks(std::span<const std::uint32_t> fingerprints) {
  const std::size_t chunk = schedule_chunk(fingerprints.size());
  std::vector<std::uint8_t> checks;
  for (std::size_t begin = 0; begin < fingerprints.size(); begin += chunk)
    checks.push_back(schedule_check(fingerprints.subspan(begin, std::min(chunk, fingerprints.size() - begin))));
  return checks;
}

std::string encode(const Schedule& schedule) {
  if (schedule.choices.size() > schedule_choices_max) {
    throw UsageError(fmt::format("a schedule of {} choices is too long for a token (at most {}); lower the limit of steps",
                                 schedule.choices.size(), schedule_choices_max));
  }

  if (!schedule.checks.empty() && schedule.checks.size() != check_count(schedule.choices.size()))
    throw UsageError("a schedule has a check for each chunk of choices, or none");

  std::string token(prefix);
  BitWriter out(token);
  out.bits(hash(schedule.name), hash_bits);
  out.bits(schedule.build, hash_bits);
  out.bits(!schedule.checks.empty(), 1);
  engine::write_options(out, model_options, schedule.options.numbers(),
                (schedule.stops_round ? stops_round_bit : 0) | (schedule.comes_back ? comes_back_bit : 0) | (schedule.keeps_private ? keeps_private_bit : 0));
  if (schedule.keeps_private) write_lines(out, schedule.shared_lines);
  out.gamma(schedule.choices.size() + 1);
  for (auto run = schedule.choices.begin(); run != schedule.choices.end();) {
    const auto end = std::find_if(run, schedule.choices.end(), [&](std::uint32_t choice) { return choice != *run; });
    out.gamma(std::uint64_t{*run} + 1);
    out.gamma(static_cast<std::uint64_t>(end - run));
    run = end;
  }
  for (const std::uint8_t check : schedule.checks) out.bits(check, 4);
  out.pad();
  out.bits(hash(token), hash_bits);
  return token;
}

Schedule decode(std::string_view token, std::string_view expected_name) {
  BitReader in(checked_body(token));
  if (in.bits(hash_bits) != hash(expected_name)) {
    refuse(token, fmt::format("this schedule was not recorded for {}; give the name that the report printed with it", expected_name));
  }
  Schedule schedule;
  schedule.name = expected_name;
  schedule.build = static_cast<std::uint32_t>(*in.bits(hash_bits));
  const bool checked = *in.bits(1) != 0;
  std::uint64_t own = 0;
  switch (engine::read_options(in, model_options, schedule.options.numbers(), own_bits, own)) {
    case engine::OptionsRead::good: break;
    case engine::OptionsRead::damaged: refuse(token, malformed);
    case engine::OptionsRead::unknown:
      refuse(token, "a schedule token with an unknown option; replay it with the version of Interleave that printed it");
  }
  schedule.stops_round = (own & stops_round_bit) != 0;
  schedule.comes_back = (own & comes_back_bit) != 0;
  schedule.keeps_private = (own & keeps_private_bit) != 0;
  if (schedule.keeps_private) read_lines(in, token, schedule);
  read_choices(in, token, checked, schedule);
  if (encode(schedule) != token) refuse(token, malformed);  // one schedule, one token
  return schedule;
}

bool is_schedule_for(std::string_view token, std::string_view name) {
  return BitReader(checked_body(token)).bits(hash_bits) == hash(name);
}

std::uint32_t build_id() {
  static const std::uint32_t id = [] {
    BuildSum total;
    dl_iterate_phdr(add_object, &total);
    return total.sum;
  }();
  return id;
}

}  // namespace interleave
