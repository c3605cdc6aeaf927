// {fmt}, compiled once: what its header-only form would put into every file that formats anything. Not the distribution's
// library, so that no symbol of ours can be taken for one of the program's.
#include <fmt/format-inl.h>

namespace fmt {

template detail::thousands_sep_result<char> detail::thousands_sep_impl<char>(detail::locale_ref);
template char detail::decimal_point_impl(detail::locale_ref);
template void detail::buffer<char>::append(const char*, const char*);
template void detail::vformat_to(detail::buffer<char>&, string_view, basic_format_args<buffer_context<char>>, detail::locale_ref);
template detail::dragonbox::decimal_fp<float> detail::dragonbox::to_decimal(float) noexcept;
template detail::dragonbox::decimal_fp<double> detail::dragonbox::to_decimal(double) noexcept;

}  // namespace fmt
