// Names of addresses that mean the same object in every execution and every process of one build: an offset in the executions' memory, or in the
// program's own image.
#pragma once

#include <cstdint>

namespace interleave::engine {

std::uint64_t name_of_object(const void* object);
const void* object_of_name(std::uint64_t name);

}  // namespace interleave::engine
