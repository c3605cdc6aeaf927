// GoogleTest itself, its main, and the two wires between it and Interleave. Installed as source and compiled with
// -fsanitize=thread into every test of FRAMEWORK gtest, together with GoogleTest's own sources: all code of an executable has to be
// instrumented, and the packaged library is not.
//
// GoogleTest hands every result of an assertion to one reporter. Inside a run a failed one becomes the failure of the execution
// instead, and the rest is dropped; nothing reaches GoogleTest's own reporter.
#include <src/gtest-all.cc>

#include <string>

#include <interleave/gtest.hpp>
#include <interleave/scheduler/framework.hpp>

// In GoogleTest's namespace, so that the model takes it for what it is: the framework's code.
namespace testing {
namespace {

// GoogleTest reports under a lock that it keeps to itself. An execution that ends there would keep it for ever.
template <auto Member>
struct Reveal {
  friend internal::Mutex& lock_of(UnitTest& test) { return test.*Member; }
};
internal::Mutex& lock_of(UnitTest& test);
template struct Reveal<&UnitTest::mutex_>;

class Reporter final : public TestPartResultReporterInterface {
 public:
  void install() {
    internal::UnitTestImpl* test = internal::GetUnitTestImpl();
    inner_ = test->GetGlobalTestPartResultReporter();
    test->SetGlobalTestPartResultReporter(this);
  }

  void ReportTestPartResult(const TestPartResult& result) override {
    if (!interleave::detail::in_run()) return inner_->ReportTestPartResult(result);
    if (!result.failed()) return;  // SUCCEED
    if (interleave::modelled()) {  // then the execution ends below, and nobody comes back
      lock_of(*UnitTest::GetInstance()).Unlock();
      interleave::detail::keep_framework_writes();  // a value of each of GoogleTest's thread-local variables
    }
    interleave::detail::framework_assertion_failed(on_one_line(result.message()).c_str(), result.file_name(),
                                                   result.line_number() > 0 ? static_cast<unsigned>(result.line_number()) : 0);
  }

 private:
  static std::string on_one_line(const char* message) {
    std::string text;
    for (const char* c = message; *c != '\0'; ++c) {
      if (*c != '\n') {
        text += *c;
      } else if (c[1] != '\0') {
        text += text.empty() || text.back() == ':' ? " " : "; ";
        while (c[1] == ' ') ++c;
      }
    }
    return text;
  }

  TestPartResultReporterInterface* inner_ = nullptr;
};

// One failure of the running test, where check() was called; then out of the test.
void fail_test(const char* text, const char* file, unsigned line) {
  GTEST_MESSAGE_AT_(file, static_cast<int>(line), text, TestPartResult::kFatalFailure);
  throw AssertionException(TestPartResult(TestPartResult::kFatalFailure, file, static_cast<int>(line), text));
}

}  // namespace
}  // namespace testing

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  static testing::Reporter reporter;
  reporter.install();
  interleave::detail::set_framework({.fail = testing::fail_test});
  return RUN_ALL_TESTS();
}
