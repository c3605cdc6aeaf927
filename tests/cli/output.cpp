// The formats beside the text, and scenarios side by side: what they say, and that neither loses or changes anything.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>

#include <interleave/catch2.hpp>
#include <interleave/scheduler/observer.hpp>

#include "scheduler/api/model_options.hpp"
#include "scheduler/report/codec.hpp"

#include "command.hpp"

using interleave::cli::command;
using interleave::cli::has;
using interleave::cli::Said;
using nlohmann::ordered_json;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

// A folder of its own for the files of one test.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/interleave_output_XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator{}));
  }

 private:
  std::filesystem::path path_;
};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Of XML as it is written here, without comments and such: tags that match, attributes in quotes, known entities, no control characters.
// Returns what is wrong, or nothing.
std::string wrong_with(const std::string& xml) {
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  if (xml.rfind(declaration, 0) != 0) return "no declaration";
  std::vector<std::string> open;
  for (std::size_t at = declaration.size(); at < xml.size();) {
    const char c = xml[at];
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') return "a control character";
    if (c == '&') {
      const std::string entity = xml.substr(at, xml.find(';', at) - at + 1);
      if (entity.rfind("&#", 0) != 0 && std::set<std::string>{"&amp;", "&lt;", "&gt;", "&quot;"}.count(entity) == 0) return "entity " + entity;
    }
    if (c != '<') {
      ++at;
      continue;
    }
    std::size_t end = at;
    for (bool quoted = false; end < xml.size() && (quoted || xml[end] != '>'); ++end) {
      if (xml[end] == '"') quoted = !quoted;
      if (end > at && xml[end] == '<') return "< in a tag";
    }
    if (end == xml.size()) return "a tag without end";
    const std::string tag = xml.substr(at + 1, end - at - 1);
    if (tag.front() == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "closes " + tag;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    at = end + 1;
  }
  return open.empty() ? "" : "does not close " + open.back();
}

ordered_json without_times(ordered_json document) {
  for (auto& result : document["results"]) result.erase("seconds");
  return document;
}

}  // namespace

TEST_CASE("what is wrong with XML is seen") {
  const std::string begin = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  CHECK(wrong_with(begin + "<a b=\"1>2\"><c/>&lt;&#10;</a>").empty());
  for (const auto* bad : {"<a>", "<a></b>", "<a>&</a>", "<a>&nbsp;</a>", "<a>\x01</a>", "<a b=\"<\"/>"}) CHECK_FALSE(wrong_with(begin + bad).empty());
}

TEST_CASE("--junit: a case a scenario, and a failure is what the exit status is of") {
  const Folder folder;
  const auto said = command("search good bad wrong/fails wrong/passes limit/bounded --junit " + folder / "out.xml");
  CHECK(said.status == 1);
  CHECK(has(said.out, "wrong/fails"));  // the table is on stdout as always
  const auto xml = content(folder / "out.xml");
  INFO(xml);
  CHECK(wrong_with(xml).empty());
  CHECK(count(xml, "<testsuite ") == 1);
  CHECK(count(xml, "<testcase ") == 10);
  CHECK(count(xml, "</failure>") == 2);
  CHECK(has(xml, "<testsuite name=\"interleave search\" tests=\"10\" failures=\"2\" errors=\"0\" skipped=\"0\" time=\""));
  CHECK(has(xml, "<testcase classname=\"wrong\" name=\"wrong/fails\" time=\""));
  CHECK(has(xml, "<failure type=\"require\" message=\"it fails (require) and is declared to pass: "));
  CHECK(has(xml, ": an update was lost\">FAILED  wrong/fails   require after 5 steps"));
  CHECK(has(xml, "<failure type=\"not-as-declared\" message=\"no schedule fails, and it is declared to fail with require\">"));
  CHECK(has(xml, "interleave replay wrong/fails --schedule il1:"));
  CHECK(has(xml, "<property name=\"schedule\" value=\"il1:"));
  CHECK(has(xml, "<property name=\"covered\" value=\"every schedule with at most 1 preemption\"/>"));
  CHECK(folder.files() == 1);  // nothing is left beside it
}

TEST_CASE("--junit: what was not complete is told of and is no failure; what was not run is skipped") {
  const Folder folder;
  CHECK(command("search limit/endless --steps 50 --junit " + folder / "out.xml").status == 3);
  auto xml = content(folder / "out.xml");
  CHECK(wrong_with(xml).empty());
  CHECK(has(xml, "failures=\"0\""));
  CHECK(has(xml, "<property name=\"incomplete\" value=\"the search is not complete"));
  CHECK(has(xml, "<property name=\"incomplete_reason\""));
  CHECK(command("search --all --strategy dfs", "INTERLEAVE_JUNIT=" + folder / "out.xml").status == 4);
  xml = content(folder / "out.xml");
  CHECK(wrong_with(xml).empty());
  CHECK(has(xml, "<skipped message=\"needs a reducing search\"/>"));
  CHECK(has(xml, "skipped=\"3\""));
}

TEST_CASE("--junit and --json: a program may say what no document can") {
  const Folder folder;
  CHECK(command("search wrong/fails --junit " + folder / "out.xml" + " --json=" + folder / "out.json", "FIXTURE_BYTES=1").status == 1);
  const auto xml = content(folder / "out.xml");
  INFO(xml);
  CHECK(wrong_with(xml).empty());
  const std::string replaced = "\xef\xbf\xbd";
  CHECK(has(xml, replaced + replaced + "[1m " + replaced + replaced + replaced + " " + replaced + replaced + replaced + " " + replaced +
                     " &lt;&amp;&quot;]]&gt; \xc3\xa4"));
  CHECK(ordered_json::parse(content(folder / "out.json"))["results"].size() == 1);
}

TEST_CASE("several formats at once; each can go to a file") {
  const Folder folder;
  const auto said = command("search bad good --json=" + folder / "a.json" + " --junit " + folder / "a.xml" + " --tokens " + folder / "tokens");
  CHECK(said.status == 0);
  CHECK(has(said.out, "as expected"));
  const auto document = ordered_json::parse(content(folder / "a.json"));
  CHECK(document["results"].size() == 7);
  CHECK(document["not_run"].empty());
  CHECK(wrong_with(content(folder / "a.xml")).empty());
  const auto tokens = content(folder / "tokens");
  CHECK(count(tokens, "interleave replay bad/") == 3);
  CHECK(count(tokens, "\n") == 3);
  CHECK(count(said.out, "il1:") == 1);  // an example
  CHECK(has(said.out, "Commands that replay the failures, one a line: " + folder / "tokens"));
  // The document is the one on stdout.
  const auto alone = command("search bad good --json --junit " + folder / "b.xml");
  CHECK(without_times(ordered_json::parse(alone.out)) == without_times(document));
  CHECK(wrong_with(content(folder / "b.xml")).empty());
}

TEST_CASE("a file that cannot be written is refused before anything runs") {
  for (const auto* arguments : {"search good --junit /nowhere/at/all.xml", "search good --junit /tmp", "search good --json=/nowhere/x"}) {
    const auto said = command(arguments);
    CAPTURE(said.err);
    CHECK(said.status == 2);
    CHECK(said.out.empty());
    CHECK(count(said.err, "\n") == 1);
  }
  CHECK(command("list --junit /tmp/x").status == 2);
  CHECK(command("search good --junit /dev/null").status == 0);
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("--jobs: the same documents, output and status, in the same order, however many processes there are") {
  for (const std::string arguments : {"search --all", "search good bad wrong --first", "sample good bad wrong --seed 7 --executions 200",
                                      "search good wrong limit/large --strategy dfs --executions 40"}) {
    CAPTURE(arguments);
    const auto one = command(arguments + " --jobs 1 --json"), three = command(arguments + " --jobs 3 --json"), usual = command(arguments + " --json");
    CHECK(one.status == three.status);
    CHECK(one.status == usual.status);
    CHECK(without_times(one.json()) == without_times(three.json()));
    CHECK(without_times(one.json()) == without_times(usual.json()));
  }
  CHECK(command("search good bad", "INTERLEAVE_JOBS=2").status == 0);
  CHECK(command("search good bad --jobs many").status == 2);
  CHECK(command("search good/passes bad/deadlock --jobs 2 --suppressions /nowhere").status == 2);  // as refused in another process
}

TEST_CASE("--jobs: a scenario whose process is killed has failed, with its schedule, and the others go on") {
  const Folder folder;
  const auto said = command("search good bad --jobs 2 --json --junit " + folder / "out.xml", "FIXTURE_KILLS=1");
  CAPTURE(said.out, said.err);
  CHECK(said.status == 1);
  const auto document = said.json();
  REQUIRE(document["results"].size() == 7);
  std::string token;
  for (const auto& result : document["results"]) {
    const bool killed = result["scenario"] == "good/both_outcomes";
    CHECK(result["as_expected"] == !killed);
    if (!killed) continue;
    CHECK(result["failure"]["kind"] == "crash");
    CHECK(has(result["failure"]["message"], "was ended by SIGKILL"));
    token = result["failure"]["schedule"];
  }
  REQUIRE(has(token, "il1:"));
  CHECK(command("replay good/both_outcomes --schedule " + token).status == 0);  // the schedule, by which it is not killed here
  CHECK(command("replay good/both_outcomes --schedule " + token, "FIXTURE_KILLS=1").status == 128 + 9);
  CHECK(wrong_with(content(folder / "out.xml")).empty());
  CHECK(has(content(folder / "out.xml"), "<failure type=\"crash\""));
}

TEST_CASE("the schedule that a killed process leaves behind has every model option that a token has") {
  const auto said = command("search good/both_outcomes --heap reuse --races ignore --interrupts --spurious-wakeups", "FIXTURE_KILLS=1");
  CHECK(said.status == 128 + 9);
  const auto at = said.err.find("il1:");
  REQUIRE(at != said.err.npos);
  const auto token = said.err.substr(at, said.err.find_first_of(" \n", at) - at);
  const auto replayed = command("replay good/both_outcomes --heap fresh --races fail --interrupts=0 --spurious-wakeups=0 --schedule " + token);
  CHECK(replayed.status == 0);
  CHECK(has(replayed.err, "going on without --races=fail, --heap=fresh, --spurious-wakeups=0, --interrupts=0\n"));
  CHECK_FALSE(has(command("replay good/both_outcomes --heap reuse --races ignore --schedule " + token).err, "going on without"));
}

TEST_CASE("nothing is lost by an interruption") {
  const Folder folder;
  // In order: one that ends, and one that would take a year.
  for (const std::string jobs : {"1", "2"}) {
    CAPTURE(jobs);
    const std::string flags = "search good/passes limit/large --strategy dfs --jobs " + jobs + " --junit " + folder / "out.xml" + " --json=" + folder / "out.json";
    const auto said = command(flags, "timeout --preserve-status -s INT 3");
    CHECK(said.status == 128 + 2);
    const auto xml = content(folder / "out.xml");
    INFO(xml);
    CHECK(wrong_with(xml).empty());
    CHECK(has(xml, "<testcase classname=\"good\" name=\"good/passes\""));
    CHECK(has(xml, "tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\""));
    const auto document = ordered_json::parse(content(folder / "out.json"));
    REQUIRE(document["results"].size() == 1);
    CHECK(document["results"][0]["verdict"] == "pass");
    CHECK(document["not_run"][0]["scenario"] == "limit/large");
    CHECK(has(said.out, "Interrupted: 1 of 2 scenarios were not run to their end") == (jobs == "2"));
  }
}

// The row of an option in docs/command.md.
std::string row_of(const interleave::ModelOption& option) {
  std::string values;
  for (const char c : std::string_view(option.values)) values += c == '|' ? "\\|" : std::string(1, c);
  return "| `" + std::string(option.flag) + "` | `" + option.variable + "` | " + (values.empty() ? "" : "`" + values + "`") + " | " + option.help + " |\n";
}

// A row of the table of options and nothing else is what a flag, its variable, its help and its documentation are made of.
TEST_CASE("an option of the model has its flag, its variable, its help, and its row in docs/command.md") {
  const auto docs = content(INTERLEAVE_DOCS "/command.md");
  const auto help = command("search --help").out;
  std::string words;  // as the help may break a line anywhere between two words
  for (const char c : help) words += c == '\n' || (c == ' ' && !words.empty() && words.back() == ' ') ? (words.back() == ' ' ? "" : " ") : std::string(1, c);
  std::string rows;
  for (const auto& option : interleave::model_options) {
    CAPTURE(option.flag);
    rows += row_of(option);
    INFO("docs/command.md, \"Options of the model\", is to have this row, the rows in the order of the table of model options:\n" << row_of(option));
    CHECK(has(docs, row_of(option)));
    CHECK(has(words, option.flag));
    CHECK(has(words, option.help));
    CHECK(command(std::string("search good/passes ") + option.flag + "=nonsense").status == 2);
    CHECK(command("search good/passes", std::string(option.variable) + "=nonsense").status == 2);
    CHECK(has(command(std::string("list ") + option.flag).err, "list takes no"));
  }
  CHECK(has(docs, "| flag | variable | values | meaning |\n|---|---|---|---|\n" + rows + "\n"));  // and no other row
}

TEST_CASE("every flag of the verbs that explore stands in docs/command.md") {
  const auto docs = content(INTERLEAVE_DOCS "/command.md");
  std::size_t flags = 0;
  for (const char* verb : {"search", "sample", "replay", "list"}) {
    std::istringstream help(command(std::string(verb) + " --help").out);
    for (std::string word; help >> word;) {
      if (!word.starts_with("--")) continue;
      const std::string flag = word.substr(0, word.find_first_not_of("-abcdefghijklmnopqrstuvwxyz"));
      INFO("docs/command.md is to have a row or a sentence with `" << flag << "`, which `interleave " << verb << " --help` lists");
      CHECK((has(docs, "`" + flag + "`") || has(docs, "`" + flag + " ") || has(docs, "`" + flag + "=") || has(docs, " " + flag) || flag == "--help"));
      ++flags;
    }
  }
  CHECK(flags > 20);
}

TEST_CASE("a report survives the way through a pipe, whatever is in it; a damaged one is refused") {
  interleave::Report report;
  report.verdict = interleave::Verdict::incomplete;
  report.executions = ~std::uint64_t{0};
  report.seconds = 0.1;
  report.outcomes = {{"", 1}, {std::string("\0\xff", 2), 2}};
  report.unseen = {"a", ""};
  report.suppressions = {{.pattern = "race:x", .count = 3}};
  report.whole = true;
  interleave::Failure failure;
  failure.kind = "deadlock";
  failure.threads.resize(2);
  failure.threads[1].round = 7;
  failure.threads[1].daemon = true;
  failure.trace.resize(3);
  failure.trace[2].call = "Event::wait";
  failure.trace[2].does = failure.threads[1].does = interleave::OperationClass::takes;
  failure.trace[2].hold = interleave::Hold::permit;
  failure.trace[2].succeeded = false;
  failure.objects = {{"atomic 1", "ready"}};
  report.failure = failure;
  const std::string bytes = interleave::codec::bytes_of(report);
  interleave::Report back;
  REQUIRE(interleave::codec::read(bytes, back));
  CHECK(interleave::codec::bytes_of(back) == bytes);
  CHECK(back.outcomes == report.outcomes);
  CHECK(back.failure->threads[1].round == 7);
  CHECK(back.failure->threads[1].does == interleave::OperationClass::takes);
  CHECK(back.failure->trace[2].hold == interleave::Hold::permit);
  CHECK_FALSE(back.failure->trace[2].succeeded);
  CHECK(back.failure->objects == failure.objects);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(interleave::codec::read(bytes.substr(0, size), back));
  CHECK_FALSE(interleave::codec::read(bytes + "x", back));
}
