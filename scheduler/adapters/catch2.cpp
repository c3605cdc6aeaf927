// Catch2's main, and the two wires between Catch2 and Interleave. Installed as source and compiled with -fsanitize=thread into
// every test of FRAMEWORK catch2: all code of an executable has to be instrumented.
//
// The object that Catch2 hands results of assertions to (IResultCapture) is wrapped. Inside a run nothing reaches Catch2's own
// object, so its counters and strings are not part of the program under test, a passing assertion costs next to nothing, and
// assertions on several real threads are safe although Catch2's are not. That interface is public in version 2 and private in
// version 3, known here up to 3.8. With later versions a listener passes failures on: then an assertion that failed in a modelled
// thread is counted once more by Catch2, and on real threads assertions belong in the test's own thread.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_RUNNER
#define CATCH_CONFIG_CONSOLE_WIDTH 124  // a report is 120 columns wide
#endif

#include <atomic>
#include <sstream>
#include <string>
#include <utility>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>
#include <interleave/scheduler/framework.hpp>

#define INTERLEAVE_CATCH2 (CATCH_VERSION_MAJOR * 100 + CATCH_VERSION_MINOR)

// In Catch2's namespace, so that the model takes it for what it is: the framework's code.
namespace Catch {
namespace {

std::string text_of(const AssertionInfo& info, const std::string& finding) {
  std::string text(info.macroName.data(), info.macroName.size());
  if (info.capturedExpression.size() != 0) {
    text += "( " + std::string(info.capturedExpression.data(), info.capturedExpression.size()) + " )";
  }
  return finding.empty() ? text : text + ": " + finding;
}

#if INTERLEAVE_CATCH2 < 300 || (304 <= INTERLEAVE_CATCH2 && INTERLEAVE_CATCH2 <= 308)

#if INTERLEAVE_CATCH2 < 300
template <class T>
using Given = const T&;
using Message = const StringRef&;
using Text = const std::string&;
using ListenerBase = TestEventListenerBase;
#else
template <class T>
using Given = T&&;
#if INTERLEAVE_CATCH2 < 307 || (INTERLEAVE_CATCH2 == 307 && CATCH_VERSION_PATCH == 0)
using Message = StringRef;
#else
using Message = std::string&&;
#endif
using Text = StringRef;
using ListenerBase = EventListenerBase;
#endif

class Capture final : public IResultCapture {
 public:
  void wrap(IResultCapture* inner) { inner_ = inner; }

  void handleExpr(const AssertionInfo& info, const ITransientExpression& expression, AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) return inner_->handleExpr(info, expression, reaction);
    const bool holds = expression.getResult() != isFalseTest(info.resultDisposition);
    last_passed_.store(holds, std::memory_order_relaxed);
    if (holds || shouldSuppressFailure(info.resultDisposition)) return;
    fail(info, "expands to " + expansion_of(expression), reaction);
  }

  void handleMessage(const AssertionInfo& info, ResultWas::OfType type, Message message,
                     AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) return inner_->handleMessage(info, type, std::forward<Message>(message), reaction);
    if (type == ResultWas::Ok) return;  // SUCCEED
    if (isOk(type)) return interleave::note(static_cast<std::string>(message));  // WARN
    fail(info, static_cast<std::string>(message), reaction);
  }

  void handleUnexpectedExceptionNotThrown(const AssertionInfo& info, AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) return inner_->handleUnexpectedExceptionNotThrown(info, reaction);
    fail(info, "no exception was thrown where one was expected", reaction);
  }

  void handleUnexpectedInflightException(const AssertionInfo& info, Given<std::string> message,
                                         AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) {
      return inner_->handleUnexpectedInflightException(info, std::forward<Given<std::string>>(message), reaction);
    }
    fail(info, "unexpected exception: " + message, reaction);
  }

  void handleNonExpr(const AssertionInfo& info, ResultWas::OfType type, AssertionReaction& reaction) override {
    if (!interleave::detail::in_run()) return inner_->handleNonExpr(info, type, reaction);
    if (!isOk(type)) fail(info, "", reaction);
  }

  void handleIncomplete(const AssertionInfo& info) override {
    if (!interleave::detail::in_run()) inner_->handleIncomplete(info);
  }

  void pushScopedMessage(const MessageInfo& message) override {
    if (!interleave::detail::in_run()) return inner_->pushScopedMessage(message);
    interleave::note(message.message);
  }
  void popScopedMessage(const MessageInfo& message) override {
    if (!interleave::detail::in_run()) inner_->popScopedMessage(message);
  }
  void emplaceUnscopedMessage(Given<MessageBuilder> builder) override {
    if (!interleave::detail::in_run()) {
      return inner_->emplaceUnscopedMessage(std::forward<Given<MessageBuilder>>(builder));
    }
    interleave::note(builder.m_stream.str());
  }

  void sectionEnded(Given<SectionEndInfo> info) override {
    if (!interleave::detail::in_run()) inner_->sectionEnded(std::forward<Given<SectionEndInfo>>(info));
  }
  void sectionEndedEarly(Given<SectionEndInfo> info) override {
    if (!interleave::detail::in_run()) inner_->sectionEndedEarly(std::forward<Given<SectionEndInfo>>(info));
  }
#if INTERLEAVE_CATCH2 < 300
  bool sectionStarted(const SectionInfo& info, Counts& assertions) override {
    return interleave::detail::in_run() || inner_->sectionStarted(info, assertions);
  }
  IGeneratorTracker& acquireGeneratorTracker(StringRef name, const SourceLineInfo& line) override {
    return inner_->acquireGeneratorTracker(name, line);
  }
#else
  bool sectionStarted(StringRef name, const SourceLineInfo& line, Counts& assertions) override {
    return interleave::detail::in_run() || inner_->sectionStarted(name, line, assertions);
  }
  IGeneratorTracker* acquireGeneratorTracker(StringRef name, const SourceLineInfo& line) override {
    return inner_->acquireGeneratorTracker(name, line);
  }
  IGeneratorTracker* createGeneratorTracker(StringRef name, SourceLineInfo line,
                                            Generators::GeneratorBasePtr&& generator) override {
    return inner_->createGeneratorTracker(name, line, std::move(generator));
  }
  void notifyAssertionStarted(const AssertionInfo& info) override {
    if (!interleave::detail::in_run()) inner_->notifyAssertionStarted(info);
  }
#endif

  bool lastAssertionPassed() override {
    return interleave::detail::in_run() ? last_passed_.load(std::memory_order_relaxed) : inner_->lastAssertionPassed();
  }
  void assertionPassed() override {
    if (!interleave::detail::in_run()) inner_->assertionPassed();
  }

  void handleFatalErrorCondition(StringRef message) override { inner_->handleFatalErrorCondition(message); }
  std::string getCurrentTestName() const override { return inner_->getCurrentTestName(); }
  const AssertionResult* getLastResult() const override { return inner_->getLastResult(); }
  void exceptionEarlyReported() override { inner_->exceptionEarlyReported(); }

#if INTERLEAVE_CATCH2 >= 300 || defined(CATCH_CONFIG_ENABLE_BENCHMARKING)
  void benchmarkPreparing(Text name) override { inner_->benchmarkPreparing(name); }
  void benchmarkStarting(const BenchmarkInfo& info) override { inner_->benchmarkStarting(info); }
  void benchmarkEnded(const BenchmarkStats<>& stats) override { inner_->benchmarkEnded(stats); }
  void benchmarkFailed(Text error) override { inner_->benchmarkFailed(error); }
#endif

 private:
  static std::string expansion_of(const ITransientExpression& expression) {
    const interleave::detail::FrameworkTurn turn;  // Catch2's string streams come from a global pool
    std::ostringstream expansion;
    expression.streamReconstructedExpression(expansion);
    return expansion.str();
  }

  static void fail(const AssertionInfo& info, const std::string& finding, AssertionReaction& reaction) {
    interleave::detail::framework_assertion_failed(text_of(info, finding).c_str(), info.lineInfo.file,
                                                   static_cast<unsigned>(info.lineInfo.line));
    reaction.shouldThrow = (info.resultDisposition & ResultDisposition::Normal) != 0 && interleave::detail::may_unwind();
  }

  IResultCapture* inner_ = nullptr;
  std::atomic<bool>      last_passed_{true};
};

class Listener final : public ListenerBase {
 public:
  using ListenerBase::ListenerBase;

  void testRunStarting(const TestRunInfo& info) override {
    static Capture capture;
    auto& context = getCurrentMutableContext();
    capture.wrap(context.getResultCapture());
    context.setResultCapture(&capture);
    ListenerBase::testRunStarting(info);
  }
};

#else

class Listener final : public EventListenerBase {
 public:
  using EventListenerBase::EventListenerBase;

  void assertionEnded(const AssertionStats& stats) override {
    const AssertionResult& result = stats.assertionResult;
    if (result.isOk() || !interleave::detail::in_run()) return;
    AssertionInfo info;
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

// Version 2 indents all lines of a message but the one behind an empty line, which here is the heading of the table.
std::string without_empty_lines(std::string text) {
  for (auto at = text.find("\n\n"); at != text.npos; at = text.find("\n\n", at)) text.insert(at + 1, 1, ' ');
  return text;
}

// One failure of the running test, where check() was called.
void fail_test(const char* text, const char* file, unsigned line) {
  AssertionHandler handler("interleave::check", SourceLineInfo(file, line), StringRef(), ResultDisposition::Normal);
  handler.handleMessage(ResultWas::ExplicitFailure, without_empty_lines(text));
  handler.complete();
}

const bool registered = [] {
  constexpr unsigned indented = 4;
  interleave::detail::set_framework({.fail = fail_test, .columns = CATCH_CONFIG_CONSOLE_WIDTH - indented});
  return true;
}();

}  // namespace
}  // namespace Catch

int main(int argc, char** argv) {
  static_cast<void>(Catch::registered);
  return Catch::Session().run(argc, argv);
}
