#include "command_line.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "scheduler/model/schedule.hpp"
#include "scheduler/support/did_you_mean.hpp"

#include "terminal.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

struct VerbSyntax {
  Verb             verb;
  const char*      name;
  const char*      summary;
  std::string_view flags;  // those of `flags` that it takes, separated by spaces; MODEL: those of model_options.hpp
};

// `stress` takes those of the model as well, so that one command line serves both; it says that they mean nothing there.
constexpr VerbSyntax verbs[] = {
    {Verb::list, "list", "Name the scenarios, and what each must show.", "--color"},
    {Verb::search, "search", "Run scenarios under every schedule, to the end.",
     "--strategy --seed --executions --time --steps MODEL --require-complete --check --no-shrink --suppressions --jobs --trace --color"},
    {Verb::sample, "sample", "Run scenarios under schedules drawn at random.",
     "--strategy --seed --executions --time --steps MODEL --require-complete --check --no-shrink --suppressions --jobs --trace --color"},
    {Verb::replay, "replay", "Run the one execution that a failure named, and show it.",
     "--strategy --seed --schedule --steps MODEL --check --no-shrink --suppressions --trace --color"},
    {Verb::stress, "stress", "Run scenarios on real threads (in interleave-tsan: under ThreadSanitizer).",
     "--seed --executions --time --steps MODEL --check --suppressions --color"},
    {Verb::strategies, "strategies", "Name the strategies, and what each does.", "--color"},
    {Verb::checkers, "checkers", "Name the checkers, and what each finds.", "--color"},
    {Verb::corpus, "corpus", "List, run or drop the past failures of a project's tests (docs/corpus.md).", "--corpus --color"},
};

constexpr const char* description =
    "Interleave: unmodified multithreaded C++ under every schedule, or on real threads.\n"
    "\n"
    "Examples:\n"
    "  interleave search --all                          prove every scenario meant for it; print the table of verdicts\n"
    "  interleave search 'event/*' --first              the scenarios of a group, each up to its first failure\n"
    "  interleave replay NAME --schedule il1:TOKEN      the execution that a failure printed, step by step\n";

constexpr const char* footer =
    "A scenario is group/variant; a group or a glob such as 'queue/*' means all that match.\n"
    "Every flag but --all, --first and --json has a variable, INTERLEAVE_STRATEGY for --strategy and so on (--github: GITHUB_ACTIONS); the flag wins.\n"
    "Exit status: 0 as expected, 1 a failure or another verdict (replay: reproduced), 2 usage, 3 incomplete,\n"
    "4 something that the model cannot control, 70 a fault of Interleave. Of several: 70, 2, 4, 1, 3, 0, the first that occurs.";

bool takes(const VerbSyntax& verb, std::string_view flag) {
  const bool of_model = std::any_of(std::begin(model_options), std::end(model_options), [&](const auto& option) { return flag == option.flag; });
  return fmt::format(" {} ", verb.flags).find(fmt::format(" {} ", of_model ? "MODEL" : flag)) != std::string::npos;
}

// It runs no scenario, and says what there is.
bool only_names(const VerbSyntax& verb) {
  return verb.verb == Verb::list || verb.verb == Verb::checkers || verb.verb == Verb::strategies || verb.verb == Verb::corpus;
}

bool takes_all(const VerbSyntax& verb) { return verb.verb == Verb::corpus || (!only_names(verb) && verb.verb != Verb::replay); }

bool writes(const VerbSyntax& verb, const Format& format) { return *format.flag != '\0' && (format.lists || !only_names(verb)); }

bool is_format(std::string_view flag) {
  return std::any_of(formats().begin(), formats().end(), [&](const auto& each) { return *each.flag != '\0' && flag == each.flag; });
}

// `given`: what is on the command line, or null.
void add_output(Request& request, const Format& format, const std::string* given) {
  const char* twin = *format.variable != '\0' ? std::getenv(format.variable) : nullptr;
  const bool is_switch = *format.value == '\0';
  if (given != nullptr) {
    if (given->empty()) throw UsageError(fmt::format("{} goes to which file? Give {} {}", format.flag, format.flag, is_switch ? "alone, or =FILE" : format.value));
    if (is_switch && (*given == "false" || *given == "0")) return;
    request.outputs.push_back({format.flag, is_switch && (*given == "true" || *given == "1") ? "" : *given});
  } else if (twin != nullptr && *twin != '\0') {
    const std::string_view value = twin;
    if (is_switch && value != "true" && value != "1") return;
    request.outputs.push_back({format.flag, is_switch ? "" : twin});
  }
}

std::string names_of_verbs() {
  std::string text;
  for (const auto& verb : verbs) text += fmt::format("{}{}", text.empty() ? "" : ", ", verb.name);
  return text;
}

// CLI11 knows a wrong verb only as a surplus argument.
void refuse_unknown_verb(int argc, char** argv) {
  if (argc < 2) throw UsageError(fmt::format("what to do? Give one of {}, or --help", names_of_verbs()));
  const std::string_view word = argv[1];
  std::vector<std::string_view> names;
  for (const auto& verb : verbs) names.emplace_back(verb.name);
  if (word.starts_with('-') || std::find(names.begin(), names.end(), word) != names.end()) return;
  throw UsageError(fmt::format("there is no verb '{}'; {}", word, engine::nearest_sentence(word, names)));
}

// "; did you mean --first?", or nothing if no flag of the verb is near.
std::string near_flag(const VerbSyntax& verb, std::string_view word) {
  std::vector<std::string_view> known;
  for (const Flag& flag : flags)
    if (takes(verb, flag.name)) known.emplace_back(flag.name);
  for (const Format& format : formats())
    if (writes(verb, format)) known.emplace_back(format.flag);
  if (takes_all(verb)) known.emplace_back("--all");
  if (verb.verb == Verb::search) known.emplace_back("--first");
  const auto far = [&](std::string_view flag) { return engine::edit_distance(word, flag); };
  const auto nearest = std::min_element(known.begin(), known.end(), [&](std::string_view a, std::string_view b) { return far(a) < far(b); });
  return nearest != known.end() && far(*nearest) <= (word.size() - 1) / 3 ? fmt::format("; did you mean {}?", *nearest) : "";
}

// Before CLI11 reads the line: it would take the value of a flag that it does not know for one more scenario, and complain of that.
void refuse_unknown_flags(const VerbSyntax& verb, int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") return;
    if (!word.starts_with("--")) continue;
    const auto flag = word.substr(0, word.find('='));
    const bool of_all = flag == "--help" || std::any_of(formats().begin(), formats().end(), [&](const auto& each) { return writes(verb, each) && flag == each.flag; });
    const bool of_many = flag == "--all" && takes_all(verb);
    if (of_all || of_many || (flag == "--first" && verb.verb == Verb::search) || takes(verb, flag)) continue;
    const bool of_others = flag == "--all" || flag == "--first" || is_format(flag) ||
                           std::any_of(std::begin(verbs), std::end(verbs), [&](const auto& other) { return takes(other, flag); });
    throw UsageError(fmt::format("{} {}; see interleave {} --help{}", of_others ? fmt::format("{} takes no", verb.name) : "there is no flag",
                                 flag, verb.name, of_others ? "" : near_flag(verb, flag)));
  }
}

// What was given with each flag: of settings, and of formats in the order of their table.
struct Texts {
  std::array<std::string, flags.size()> settings;
  std::vector<std::string> outputs = std::vector<std::string>(formats().size());
};

void declare(CLI::App& command, const VerbSyntax& verb, Request& request, Texts& texts) {
  if (verb.verb == Verb::replay) {
    command.add_option("SCENARIO", request.scenarios, "its name")->expected(1)->required()->type_name("");
  } else if (verb.verb == Verb::corpus) {
    command.add_option("ACTION", request.scenarios, "list, run or drop, and the names of tests")->required()->type_name("");
    command.add_flag("--all", request.all, "drop every entry");
  } else if (!only_names(verb)) {
    command.add_option("SCENARIO", request.scenarios, "names, groups or globs")->type_name("");
    command.add_flag("--all", request.all, verb.verb == Verb::search ? "all that are meant to be searched" : "all of them");
  }
  if (verb.verb == Verb::search) command.add_flag("--first", request.first, "stop at a scenario's first failure");
  for (std::size_t i = 0; i < formats().size(); ++i) {
    const Format& format = formats()[i];
    if (!writes(verb, format)) continue;
    if (*format.value == '\0') {
      command.add_flag(format.flag, texts.outputs[i], format.help);
    } else {
      command.add_option(format.flag, texts.outputs[i], format.help)->type_name(format.value);
    }
  }
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (!takes(verb, flags[i].name)) continue;
    if (*flags[i].value == '\0') {
      command.add_flag(flags[i].name, texts.settings[i], flags[i].help);
    } else {
      command.add_option(flags[i].name, texts.settings[i], flags[i].help)->type_name(flags[i].value);
    }
  }
  command.footer(footer);
}

// One sentence out of what CLI11 says, which may end with a full stop or a line break.
std::string sentence(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(text.find_last_not_of(" .") + 1);
  return text;
}

std::string help_command(const CLI::App& app) {
  for (const auto* chosen : app.get_subcommands()) return fmt::format("interleave {} --help", chosen->get_name());
  return "interleave --help";
}

// A schedule in the environment, for a verb that replays none: who set it should know that nothing comes of it, and a damaged one
// is refused by every verb that explores.
void refuse_or_ignore_schedule(const Request& request, const VerbSyntax& verb) {
  if (!request.settings.schedule || only_names(verb) || takes(verb, "--schedule")) return;
  is_schedule_for(*request.settings.schedule, "");  // throws if it is damaged
  remark(fmt::format("INTERLEAVE_SCHEDULE means nothing to {}; going on without (interleave replay runs a schedule)", verb.name));
}

}  // namespace

Request read_command_line(int argc, char** argv) {
  refuse_unknown_verb(argc, argv);
  const auto named = std::find_if(std::begin(verbs), std::end(verbs), [&](const auto& v) { return std::string_view(argv[1]) == v.name; });
  if (named != std::end(verbs)) refuse_unknown_flags(*named, argc, argv);
  Request request;
  Texts texts;
  CLI::App app(description, "interleave");
  app.set_version_flag("--version", "interleave " INTERLEAVE_VERSION);
  app.footer(footer);
  app.require_subcommand(1);
  for (const auto& verb : verbs) declare(*app.add_subcommand(verb.name, verb.summary), verb, request, texts);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wish) {
    app.exit(wish);
    request.finished = true;
    return request;
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}; see {}", sentence(error.what()), help_command(app)));
  }

  const auto* chosen = app.get_subcommands().front();
  const auto* verb = std::find_if(std::begin(verbs), std::end(verbs), [&](const auto& v) { return chosen->get_name() == v.name; });
  request.verb = verb->verb;
  request.verb_name = verb->name;
  std::array<std::optional<std::string>, flags.size()> given;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (takes(*verb, flags[i].name) && chosen->count(flags[i].name) > 0) given[i] = texts.settings[i];
  }
  request.settings = read_settings(given);
  for (std::size_t i = 0; i < formats().size(); ++i)
    if (writes(*verb, formats()[i])) add_output(request, formats()[i], chosen->count(formats()[i].flag) > 0 ? &texts.outputs[i] : nullptr);
  refuse_or_ignore_schedule(request, *verb);
  return request;
}

}  // namespace interleave::cli
