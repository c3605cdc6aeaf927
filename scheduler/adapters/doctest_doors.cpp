// doctest, versions 2.3 and 2.4.
//
// While a run is under way, doctest believes that no test case is running: then it counts nothing, and hands an assertion that fails to
// the handler that programs may set for assertions outside of test cases, with everything that is known of it. Messages (FAIL,
// FAIL_CHECK, MESSAGE) know no such handler, so what reports them is replaced. Every SUBCASE inside a body is entered.
#include <cstring>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/framework.hpp>
#include "scheduler/adapters/framework_doors.hpp"
#include "scheduler/support/text_stream.hpp"

namespace interleave::doors {
namespace {

// ---- what is known of doctest's types, as far as it is looked at -------------------------------------------------------

union String {
  char buffer[24];  // the text, if the last byte says that it is here
  struct {
    const char* text;
    unsigned size, capacity;
  } elsewhere;

  std::string_view view() const { return (buffer[23] & 0x80) != 0 ? elsewhere.text : buffer; }
};

enum Kind : int { is_warn = 1, is_check = 2, is_require = 4, is_throws = 16, is_throws_as = 32, is_throws_with = 64, is_nothrow = 128 };

struct AssertData {
  const void* test_case;
  int         kind;
  const char* file;
  int         line;
  const char* expression;
  bool        failed;
  bool        threw;
  String      exception;
  String      decomposed;
  bool        threw_as;
  const char* exception_type;
};

struct MessageData {
  String      text;
  const char* file;
  int         line;
  int         kind;
  std::ostream* stream;
  bool        logged;
};

struct SubcaseWithString {
  String      name;
  const char* file;
  int         line;
  bool        entered;
};

struct SubcaseWithPointer {
  const char* name;
  const char* file;
  int         line;
  bool        entered;
};

struct ContextScope {  // of INFO and CAPTURE
  virtual ~ContextScope();
  virtual void stringify(std::ostream*) const = 0;
};

enum Wanted {
  running_in_test, context_state, set_handler, message_log, pop_text, subcase_string, subcase_string_base, subcase_pointer,
  subcase_pointer_base, subcase_entered, subcase_end, subcase_end_base, contexts, contexts_number,
};

// ---- what is put in their place ------------------------------------------------------------------------------------------

bool* in_test = nullptr;                        // doctest::is_running_in_test
bool was_in_test = false;
void (*set_assert_handler)(void* context, void (*handler)(const AssertData&)) = nullptr;
void* context = nullptr;                        // doctest's Context has one member, a pointer to its state
String* (*pop_message)(String* result) = nullptr;
const ContextScope* const* (*active_contexts)() = nullptr;
int (*active_contexts_number)() = nullptr;
Replacement messages, entering[4], asking, leaving[2];

std::string name_of(int kind) {
  std::string name = (kind & is_require) != 0 ? "REQUIRE" : (kind & is_check) != 0 ? "CHECK" : "WARN";
  if ((kind & is_throws) != 0 || (kind & is_throws_as) != 0 || (kind & is_throws_with) != 0) name += "_THROWS";
  if ((kind & is_throws_as) != 0 && (kind & is_throws_with) != 0) return name + "_WITH_AS";
  if ((kind & is_throws_as) != 0) return name + "_AS";
  if ((kind & is_throws_with) != 0) return name + "_WITH";
  if ((kind & is_nothrow) != 0) return name + "_NOTHROW";
  constexpr int is_false = 256, is_unary = 512;
  if ((kind & is_unary) != 0) return name + ((kind & is_false) != 0 ? "_UNARY_FALSE" : "_UNARY");
  if ((kind & is_false) != 0) return name + "_FALSE";
  constexpr std::pair<int, const char*> comparisons[] = {{1024, "_EQ"}, {2048, "_NE"}, {4096, "_LT"}, {8192, "_GT"}, {16384, "_GE"}, {32768, "_LE"}};
  for (const auto& [bit, suffix] : comparisons)
    if ((kind & bit) != 0) return name + suffix;
  return name;
}

std::string text_of(const AssertData& data) {
  std::string text = name_of(data.kind) + "( " + data.expression + " )";
  const bool wants_exception = (data.kind & (is_throws | is_throws_as | is_throws_with)) != 0;
  if (data.threw && !data.exception.view().empty()) {
    text += ": threw " + std::string(data.exception.view());
  } else if (data.threw) {
    text += ": threw another exception";
  } else if (wants_exception) {
    text += ": no exception was thrown";
  } else if (!data.decomposed.view().empty()) {
    text += ": expands to " + std::string(data.decomposed.view());
  }
  return text;
}

// What INFO and CAPTURE have to say where the calling thread is now.
std::string in_context() {
  std::string text;
  if (active_contexts == nullptr || active_contexts_number == nullptr) return text;
  detail::unobserved(
      [](void* result) {
        const int count = active_contexts_number();
        const ContextScope* const* const all = active_contexts();
        for (int i = 0; i < count; ++i) {
          TextStream out;
          all[i]->stringify(&out.stream());
          *static_cast<std::string*>(result) += "; " + out.text();
        }
      },
      &text);
  return text;
}

void assertion_failed(const AssertData& data) {
  const std::string text = text_of(data) + in_context();
  const auto line = static_cast<unsigned>(data.line);
  if ((data.kind & is_warn) != 0) return note(text);
  detail::framework_assertion_failed(text.c_str(), data.file, line);
}

bool message_logged(MessageData& message) {
  std::string text;
  if (!message.logged && pop_message != nullptr) {
    struct Popped {
      MessageData& message;
      std::string  text;
    } popped{message, {}};
    detail::unobserved(
        [](void* data) {
          auto& out = *static_cast<Popped*>(data);
          String result;
          pop_message(&result);
          out.text = result.view();  // what it holds is leaked: the destructor is not known
          out.message.logged = true;
        },
        &popped);
    text = std::move(popped.text);
  }
  const auto line = static_cast<unsigned>(message.line);
  if ((message.kind & (is_check | is_require)) == 0) {
    note(text);
  } else {
    text = ((message.kind & is_require) != 0 ? "FAIL( " : "FAIL_CHECK( ") + text + " )" + in_context();
    detail::framework_assertion_failed(text.c_str(), message.file, line);
  }
  return false;
}

void entered(SubcaseWithString& subcase) {
  std::memset(&subcase.name, 0, sizeof subcase.name);
  subcase.name.buffer[23] = 23;
  subcase.entered = true;
}
void entered_old(SubcaseWithPointer& subcase) { subcase.entered = true; }
bool always(const void*) { return true; }
void nothing(void*) {}

// ---- opening and closing ---------------------------------------------------------------------------------------------------

void close() {
  if (in_test == nullptr) return;
  messages.take_out();
  for (Replacement& each : entering) each.take_out();
  asking.take_out();
  for (Replacement& each : leaving) each.take_out();
  set_assert_handler(&context, nullptr);
  *in_test = was_in_test;
  in_test = nullptr;
}

void open(const FrameworkDoors& doctest) {
  auto* const running = static_cast<bool*>(doctest[running_in_test]);
  auto* const state = static_cast<void**>(doctest[context_state]);
  if (running == nullptr || state == nullptr || *state == nullptr || doctest[set_handler] == nullptr || !*running) return;
  in_test = running;
  context = *state;
  active_contexts = reinterpret_cast<decltype(active_contexts)>(doctest[contexts]);
  active_contexts_number = reinterpret_cast<decltype(active_contexts_number)>(doctest[contexts_number]);
  pop_message = reinterpret_cast<decltype(pop_message)>(doctest[pop_text]);
  set_assert_handler = reinterpret_cast<decltype(set_assert_handler)>(doctest[set_handler]);
  set_assert_handler(&context, &assertion_failed);
  was_in_test = std::exchange(*in_test, false);
  messages.put_in(doctest[message_log], &message_logged);
  entering[0].put_in(doctest[subcase_string], &entered);
  entering[2].put_in(doctest[subcase_pointer], &entered_old);
  if (doctest[subcase_string] != doctest[subcase_string_base]) entering[1].put_in(doctest[subcase_string_base], &entered);
  if (doctest[subcase_pointer] != doctest[subcase_pointer_base]) entering[3].put_in(doctest[subcase_pointer_base], &entered_old);
  asking.put_in(doctest[subcase_entered], &always);
  leaving[0].put_in(doctest[subcase_end], &nothing);
  if (doctest[subcase_end] != doctest[subcase_end_base]) leaving[1].put_in(doctest[subcase_end_base], &nothing);
}

}  // namespace

FrameworkDoors doctest{{"_ZN7doctest18is_running_in_testE", "_ZN7doctest6detail4g_csE",
                        "_ZN7doctest7Context16setAssertHandlerEPFvRKNS_10AssertDataEE", "_ZN7doctest6detail14MessageBuilder3logEv",
                        "_ZN7doctest6detail7tlssPopEv", "_ZN7doctest6detail7SubcaseC1ERKNS_6StringEPKci",
                        "_ZN7doctest6detail7SubcaseC2ERKNS_6StringEPKci", "_ZN7doctest6detail7SubcaseC1EPKcS3_i",
                        "_ZN7doctest6detail7SubcaseC2EPKcS3_i", "_ZNK7doctest6detail7SubcasecvbEv", "_ZN7doctest6detail7SubcaseD1Ev",
                        "_ZN7doctest6detail7SubcaseD2Ev", "_ZN7doctest9IReporter19get_active_contextsEv",
                        "_ZN7doctest9IReporter23get_num_active_contextsEv"},
                       &open, &close};

}  // namespace interleave::doors
