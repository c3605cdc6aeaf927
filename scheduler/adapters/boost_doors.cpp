// Boost.Test, since version 1.59, in each of its three variants.
//
// All of its assertions report through one function, which knows what was evaluated, the text, and the place. While a run is under way
// it is ours. So are contexts (BOOST_TEST_CONTEXT, BOOST_TEST_INFO): inside a body they become notes.
#include <cstdarg>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/framework.hpp>
#include "scheduler/adapters/framework_doors.hpp"
#include "scheduler/support/text_stream.hpp"

namespace interleave::doors {
namespace {

// ---- what is known of Boost.Test's types, as far as it is looked at ----------------------------------------------------

struct LazyText {
  virtual ~LazyText();
  virtual std::ostream& operator()(std::ostream&) const;
};

struct Result {  // assertion_result
  bool        holds;
  const void* message;  // a wrap_stringstream, which begins with an ostringstream; may be null
};

struct ConstString {
  const char *begin, *end;
};

enum Level { warn, check, require_it, pass };
enum Kind {
  predicate, message, equal, not_equal, less, less_equal, greater, greater_equal, close, close_fraction, small, bitwise_equal,
  predicate_with_arguments, equal_collections, built_assertion,
};

enum Wanted { report_assertion, add_context, clear_context, set_checkpoint };

// ---- what is put in their place ------------------------------------------------------------------------------------------

struct Assertion {
  const Result&   result;
  const LazyText& description;
  Level           level;
  Kind            kind;
  std::size_t     count;
  va_list         arguments;
  std::string     text;
};

std::string text_of(const LazyText& lazy) {
  TextStream out;
  lazy(out.stream());
  return out.text();
}

// As Boost.Test words it.
std::string describe(Assertion& assertion) {
  const auto word = [&] { return std::string(va_arg(assertion.arguments, const char*)); };
  const auto value = [&] { return text_of(*va_arg(assertion.arguments, const LazyText*)); };
  const std::string prefix = assertion.level == warn ? "condition " : assertion.level == check ? "check " : "critical check ";
  const std::string suffix = assertion.level == warn ? " is not satisfied" : " has failed";
  const std::string details = assertion.result.message != nullptr ? TextStream::text_of(assertion.result.message) : "";
  std::string text, separator = ". ";
  switch (assertion.kind) {
    case message:
      text = text_of(assertion.description);
      break;
    case built_assertion:
      text = prefix + text_of(assertion.description) + suffix;
      separator = "";
      break;
    case equal: case not_equal: case less: case less_equal: case greater: case greater_equal: {
      static constexpr const char* checked[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};
      static constexpr const char* found[] = {" != ", " == ", " >= ", " > ", " <= ", " < "};
      const std::string left = word(), left_value = value(), right = word(), right_value = value();
      text = prefix + left + checked[assertion.kind - equal] + right + suffix + " [" + left_value + found[assertion.kind - equal] +
             right_value + "]";
      break;
    }
    case close: case close_fraction: {
      const std::string left = word(), left_value = value(), right = word(), right_value = value();
      word();
      return "difference{" + details + "} between " + left + "{" + left_value + "} and " + right + "{" + right_value + "} exceeds " +
             value() + (assertion.kind == close ? "%" : "");
    }
    case small: {
      const std::string what = word(), what_value = value();
      word();
      text = "absolute value of " + what + "{" + what_value + "} exceeds " + value();
      break;
    }
    case predicate_with_arguments: {
      std::string words, values;
      for (std::size_t i = 0; i < assertion.count; ++i) {
        words += (i == 0 ? "" : ", ") + word();
        values += (i == 0 ? "" : ", ") + value();
      }
      text = prefix + text_of(assertion.description) + "( " + words + " )" + suffix + " for ( " + values + " )";
      break;
    }
    case equal_collections: {
      const std::string left = word(), left_end = word(), right = word(), right_end = word();
      text = prefix + "{ " + left + ", " + left_end + " } == { " + right + ", " + right_end + " }" + suffix;
      break;
    }
    case bitwise_equal: {
      const std::string left = word(), right = word();
      text = prefix + left + " =.= " + right + suffix;
      break;
    }
    case predicate:
    default:
      text = prefix + text_of(assertion.description) + suffix;
  }
  return details.empty() ? text : text + separator + details;
}

// A report has a line for it.
std::string on_one_line(const std::string& text) {
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n') {
      line += text[i];
      continue;
    }
    while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
    while (i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == '\n')) ++i;
    if (i + 1 < text.size()) line += line.empty() ? "" : "; ";
  }
  return line;
}

struct Unwinding {};  // leaves a body on a real thread after a failed BOOST_REQUIRE

bool reported(const Result& result, const LazyText& description, const ConstString& file, std::size_t line, Level level, Kind kind,
              std::size_t count, ...) {
  if (result.holds) return true;
  Assertion assertion{result, description, level, kind, count, {}, {}};
  va_start(assertion.arguments, count);
  detail::unobserved(
      [](void* data) {
        auto& each = *static_cast<Assertion*>(data);
        each.text = on_one_line(describe(each));
      },
      &assertion);
  va_end(assertion.arguments);
  if (level == warn) {
    note(assertion.text);
    return false;
  }
  const std::string place(file.begin, file.end);
  detail::framework_assertion_failed(assertion.text.c_str(), place.c_str(), static_cast<unsigned>(line));
  if (level == require_it && detail::may_unwind()) throw Unwinding();
  return false;
}

int noted(const LazyText& text, bool) {
  struct Noted {
    const LazyText& text;
    std::string     result;
  } noted{text, {}};
  detail::unobserved(
      [](void* data) {
        auto& each = *static_cast<Noted*>(data);
        each.result = on_one_line(text_of(each.text));
      },
      &noted);
  note(noted.result);
  return 0;
}

void forgotten(int) {}

// Boost.Test writes down the place of each assertion, in statics of its own that threads do not share.
void passed(void*, ConstString, std::size_t, ConstString) {}

// ---- opening and closing ---------------------------------------------------------------------------------------------------

Replacement reporting, noting, forgetting, passing;

void close_doors() {
  reporting.take_out();
  noting.take_out();
  forgetting.take_out();
  passing.take_out();
}

void open_doors(const FrameworkDoors& boost) {
  if (boost[report_assertion] == nullptr) return;
  reporting.put_in(boost[report_assertion], &reported);
  noting.put_in(boost[add_context], &noted);
  forgetting.put_in(boost[clear_context], &forgotten);
  passing.put_in(boost[set_checkpoint], &passed);
}

}  // namespace

FrameworkDoors boost_test{{"_ZN5boost10test_tools9tt_detail16report_assertionERKNS0_16assertion_resultERKNS_9unit_test12lazy_"
                           "ostreamENS5_13basic_cstringIKcEEmNS1_10tool_levelENS1_10check_typeEmz",
                           "_ZN5boost9unit_test9framework11add_contextERKNS0_12lazy_ostreamEb",
                           "_ZN5boost9unit_test9framework13clear_contextEi",
                           "_ZN5boost9unit_test15unit_test_log_t14set_checkpointENS0_13basic_cstringIKcEEmS4_"},
                          &open_doors, &close_doors};
}  // namespace interleave::doors
