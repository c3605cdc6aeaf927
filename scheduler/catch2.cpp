// Catch2's main, and the two wires between Catch2 and Interleave. Installed as source and compiled with -fsanitize=thread into
// every test of FRAMEWORK catch2: all code of an executable has to be instrumented.
//
// Version 2: the object that Catch2 hands results of assertions to (IResultCapture) is wrapped. Inside a run nothing reaches
// Catch2's own object, so its counters and strings are not part of the program under test, a passing assertion costs next to
// nothing, and assertions on several real threads are safe although Catch2's are not.
// Version 3: that interface is private and changes, so a listener passes failures on. Modelled threads are as above; on real
// threads, use assertions in the test's own thread and interleave::require elsewhere.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_RUNNER
#endif

#include <atomic>
#include <sstream>
#include <string>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>
#include <interleave/scheduler/framework.hpp>

namespace {

std::string text_of(const Catch::AssertionInfo& info, const std::string& finding) {
  std::string text(info.macroName.data(), info.macroName.size());
  if (info.capturedExpression.size() != 0) {
    text += "( " + std::string(info.capturedExpression.data(), info.capturedExpression.size()) + " )";
  }
  return finding.empty() ? text : text + ": " + finding;
}

#ifdef CATCH_CONFIG_RUNNER  // version 2

class Capture final : public Catch::IResultCapture {
 public:
  void wrap(Catch::IResultCapture* inner) { inner_ = inner; }

  void handleExpr(const Catch::AssertionInfo& info, const Catch::ITransientExpression& expression,
                  Catch::AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) return inner_->handleExpr(info, expression, reaction);
    const bool holds = expression.getResult() != Catch::isFalseTest(info.resultDisposition);
    last_passed_.store(holds, std::memory_order_relaxed);
    if (holds || Catch::shouldSuppressFailure(info.resultDisposition)) return;
    fail(info, "expands to " + expansion_of(expression), reaction);
  }

  void handleMessage(const Catch::AssertionInfo& info, Catch::ResultWas::OfType type, const Catch::StringRef& message,
                     Catch::AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) return inner_->handleMessage(info, type, message, reaction);
    if (type == Catch::ResultWas::Ok) return;  // SUCCEED
    if (Catch::isOk(type)) return interleave::note(static_cast<std::string>(message));  // WARN
    fail(info, static_cast<std::string>(message), reaction);
  }

  void handleUnexpectedExceptionNotThrown(const Catch::AssertionInfo& info, Catch::AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) return inner_->handleUnexpectedExceptionNotThrown(info, reaction);
    fail(info, "no exception was thrown where one was expected", reaction);
  }

  void handleUnexpectedInflightException(const Catch::AssertionInfo& info, const std::string& message,
                                         Catch::AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) return inner_->handleUnexpectedInflightException(info, message, reaction);
    fail(info, "unexpected exception: " + message, reaction);
  }

  void handleNonExpr(const Catch::AssertionInfo& info, Catch::ResultWas::OfType type,
                     Catch::AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) return inner_->handleNonExpr(info, type, reaction);
    if (!Catch::isOk(type)) fail(info, "", reaction);
  }

  void handleIncomplete(const Catch::AssertionInfo& info) override {
    if (!interleave::detail::in_run()) inner_->handleIncomplete(info);
  }

  void pushScopedMessage(const Catch::MessageInfo& message) override {
    if (!interleave::detail::in_run()) return inner_->pushScopedMessage(message);
    interleave::note(message.message);
  }
  void popScopedMessage(const Catch::MessageInfo& message) override {
    if (!interleave::detail::in_run()) inner_->popScopedMessage(message);
  }
  void emplaceUnscopedMessage(const Catch::MessageBuilder& builder) override {
    if (!interleave::detail::in_run()) return inner_->emplaceUnscopedMessage(builder);
    interleave::note(builder.m_stream.str());
  }

  bool sectionStarted(const Catch::SectionInfo& info, Catch::Counts& assertions) override {
    return interleave::detail::in_run() || inner_->sectionStarted(info, assertions);
  }
  void sectionEnded(const Catch::SectionEndInfo& info) override {
    if (!interleave::detail::in_run()) inner_->sectionEnded(info);
  }
  void sectionEndedEarly(const Catch::SectionEndInfo& info) override {
    if (!interleave::detail::in_run()) inner_->sectionEndedEarly(info);
  }

  bool lastAssertionPassed() override {
    return interleave::detail::in_run() ? last_passed_.load(std::memory_order_relaxed)
                                        : inner_->lastAssertionPassed();
  }
  void assertionPassed() override {
    if (!interleave::detail::in_run()) inner_->assertionPassed();
  }

  Catch::IGeneratorTracker& acquireGeneratorTracker(Catch::StringRef name, const Catch::SourceLineInfo& line) override {
    return inner_->acquireGeneratorTracker(name, line);
  }
  void handleFatalErrorCondition(Catch::StringRef message) override { inner_->handleFatalErrorCondition(message); }
  std::string getCurrentTestName() const override { return inner_->getCurrentTestName(); }
  const Catch::AssertionResult* getLastResult() const override { return inner_->getLastResult(); }
  void exceptionEarlyReported() override { inner_->exceptionEarlyReported(); }

#ifdef CATCH_CONFIG_ENABLE_BENCHMARKING
  void benchmarkPreparing(const std::string& name) override { inner_->benchmarkPreparing(name); }
  void benchmarkStarting(const Catch::BenchmarkInfo& info) override { inner_->benchmarkStarting(info); }
  void benchmarkEnded(const Catch::BenchmarkStats<>& stats) override { inner_->benchmarkEnded(stats); }
  void benchmarkFailed(const std::string& error) override { inner_->benchmarkFailed(error); }
#endif

 private:
  static std::string expansion_of(const Catch::ITransientExpression& expression) {
    const interleave::detail::FrameworkTurn turn;  // Catch2's string streams come from a global pool
    std::ostringstream expansion;
    expression.streamReconstructedExpression(expansion);
    return expansion.str();
  }

  static void fail(const Catch::AssertionInfo& info, const std::string& finding, Catch::AssertionReaction& reaction) {
    interleave::detail::framework_assertion_failed(text_of(info, finding).c_str(), info.lineInfo.file,
                                                   static_cast<unsigned>(info.lineInfo.line));
    reaction.shouldThrow = (info.resultDisposition & Catch::ResultDisposition::Normal) != 0 && interleave::detail::may_unwind();
  }

  Catch::IResultCapture* inner_ = nullptr;
  std::atomic<bool>      last_passed_{true};
};

class Listener final : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testRunStarting(const Catch::TestRunInfo& info) override {
    static Capture capture;
    auto& context = Catch::getCurrentMutableContext();
    capture.wrap(context.getResultCapture());
    context.setResultCapture(&capture);
    TestEventListenerBase::testRunStarting(info);
  }
};

#else  // version 3

class Listener final : public Catch::EventListenerBase {
 public:
  using EventListenerBase::EventListenerBase;

  void assertionEnded(const Catch::AssertionStats& stats) override {
    const Catch::AssertionResult& result = stats.assertionResult;
    if (result.isOk() || !interleave::detail::in_run()) return;
    Catch::AssertionInfo info;
    info.macroName = result.getTestMacroName();
    const std::string expression = result.hasExpression() ? result.getExpression() : "";
    info.capturedExpression = expression;
    const std::string finding = result.hasExpandedExpression() ? "expands to " + result.getExpandedExpression()
                                                                : std::string(result.getMessage());
    interleave::detail::framework_assertion_failed(text_of(info, finding).c_str(), result.getSourceInfo().file,
                                                   static_cast<unsigned>(result.getSourceInfo().line));
  }
};

#endif

CATCH_REGISTER_LISTENER(Listener)

// One failure of the running test, where check() was called.
void fail_test(const char* text, const char* file, unsigned line) {
  Catch::AssertionHandler handler("interleave::check", Catch::SourceLineInfo(file, line), Catch::StringRef(),
                                  Catch::ResultDisposition::Normal);
  handler.handleMessage(Catch::ResultWas::ExplicitFailure, text);
  handler.complete();
}

const bool registered = [] {
  interleave::detail::set_framework({.fail = fail_test});
  return true;
}();

}  // namespace

int main(int argc, char** argv) {
  static_cast<void>(registered);
  return Catch::Session().run(argc, argv);
}
