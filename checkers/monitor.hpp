#pragma once
#include <interleave/interleave.hpp>
#pragma GCC visibility push(default)

namespace interleave::detail { void forget_monitors(); void fail(std::string_view, std::string_view, SourceLocation); std::uint64_t thread_key() noexcept; std::string thread_label(); }

#pragma GCC visibility pop
