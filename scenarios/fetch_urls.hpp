// The article's first program: two threads fetch two pages each and write them to one file.
//
// A page is two chunks. Three things are visible steps: to open an URL, and to write each of the two chunks. Each is one atomic
// operation, as the interpreter's lock makes it in Python; so without a lock pages get mixed, but nothing is a data race.
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <interleave/primitives/guard.hpp>
#include <interleave/primitives/lock.hpp>
#include <interleave/scenarios/transcript.hpp>

namespace interleave::scenarios::fetch_urls {

enum class Url { google, facebook, yahoo, youtube };

inline constexpr std::array all_urls{Url::google, Url::facebook, Url::yahoo, Url::youtube};

inline std::string_view name_of(Url url) {
  constexpr std::array<std::string_view, 4> names{"google", "facebook", "yahoo", "youtube"};
  return names[static_cast<std::size_t>(url)];
}

struct UrlError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// An opened page, which can be read once: what is read after its end is empty.
class Page {
 public:
  // `breaks`: the connection breaks while the page is read, which the program does not expect.
  Page(Url url, bool breaks) : url_(url), breaks_(breaks) {}

  std::optional<Url> read() {
    if (breaks_) throw std::runtime_error("incomplete read");
    return std::exchange(url_, std::nullopt);
  }

 private:
  std::optional<Url> url_;
  bool breaks_;
};

class Web {
 public:
  enum class Fault { none, unreachable, breaks };

  Web() = default;
  Web(Url faulty, Fault fault) : faulty_(faulty), fault_(fault) {}

  Page open(Url url) {
    requests_.fetch_add(1);
    const Fault fault = url == faulty_ ? fault_ : Fault::none;
    if (fault == Fault::unreachable) throw UrlError("unreachable");
    return Page{url, fault == Fault::breaks};
  }

 private:
  std::atomic<int> requests_{0};
  std::optional<Url> faulty_;
  Fault fault_ = Fault::none;
};

// The file. Each chunk goes to a place of its own, so that no two threads write the same memory.
class Output {
 public:
  void write(std::optional<Url> page) {
    if (!page) return;
    for (int part = 0; part < 2; ++part) chunks_[size_.fetch_add(1)] = *page;
  }

  // REQUIRES, these and below: nobody writes.
  //
  // The pages in their order, by name; nothing if the chunks of two pages are mixed.
  std::string pages() const {
    std::string names;
    for (std::size_t at = 0; at < size_; at += 2) {
      if (chunks_[at] != chunks_[at + 1]) return "";
      names.append(at == 0 ? "" : " ").append(name_of(chunks_[at]));
    }
    return names;
  }

  bool has(Url url) const {
    for (std::size_t at = 0; at < size_; ++at)
      if (chunks_[at] == url) return true;
    return false;
  }

  std::size_t pages_missing() const { return all_urls.size() - size_ / 2; }

 private:
  std::array<Url, 2 * all_urls.size()> chunks_{};
  std::atomic<std::size_t> size_{0};
};

inline std::vector<Url> urls_of_thread_1() { return {Url::google, Url::facebook}; }
inline std::vector<Url> urls_of_thread_2() { return {Url::yahoo, Url::youtube}; }

// One FetchUrls thread: its name and its urls, of which it takes the last first.
struct Fetcher {
  std::string_view name;
  std::vector<Url> urls;
  Web& web;
  Output& output;

  Url next() {
    const Url url = urls.back();
    urls.pop_back();
    return url;
  }

  // The article's handler prints, and falls through to the write: `page` is then the last one, or none.
  void open(Url url, std::optional<Page>& page) {
    try {
      page = web.open(url);
    } catch (const UrlError& error) {
      say("URL ", name_of(url), " failed: ", error.what());
    }
  }
  void fetched(Url url) const { say("URL ", name_of(url), " fetched by ", name); }
  void written() const { say("write done by ", name); }
};

// An uncaught exception ends a Python thread and nothing else.
template <class Body>
void die_alone(std::string_view name, Body body) {
  try {
    body();
  } catch (const std::exception& error) {
    say("Exception in thread ", name, ": ", error.what());
  }
}

// ---- the three forms of FetchUrls.run ------------------------------------------------------------------------------

inline void run_unlocked(Fetcher self) {
  std::optional<Page> page;
  while (!self.urls.empty()) {
    const Url url = self.next();
    self.open(url, page);
    self.output.write(page.value().read());
    self.written();
    self.fetched(url);
  }
}

// `progress` is called with the lock held, after a page has been written.
template <class Progress>
void run_lock(Fetcher self, Lock& lock, Progress progress) {
  std::optional<Page> page;
  while (!self.urls.empty()) {
    const Url url = self.next();
    self.open(url, page);
    lock.acquire();
    say("lock acquired by ", self.name);
    self.output.write(page.value().read());  // an exception here leaves the lock held
    self.written();
    progress();
    say("lock released by ", self.name);  // not yet
    lock.release();
    self.fetched(url);
  }
}
inline void run_lock(Fetcher self, Lock& lock) {
  run_lock(std::move(self), lock, [] {});
}

inline void run_with(Fetcher self, Lock& lock) {
  std::optional<Page> page;
  while (!self.urls.empty()) {
    const Url url = self.next();
    self.open(url, page);
    {
      Guard guard{lock};
      say("lock acquired by ", self.name);
      self.output.write(page.value().read());
      self.written();
      say("lock released by ", self.name);
    }
    self.fetched(url);
  }
}

// The page orders that are possible: two threads, each last page first.
inline std::vector<std::string> page_orders() {
  return {"facebook google youtube yahoo", "facebook youtube google yahoo", "facebook youtube yahoo google",
          "youtube facebook google yahoo", "youtube facebook yahoo google", "youtube yahoo facebook google"};
}

}  // namespace interleave::scenarios::fetch_urls
