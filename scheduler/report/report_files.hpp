// The files that a report leaves behind for browsers and machines: a page with a trace-event file and a Graphviz file beside it, and a line of
// JSON. Whatever goes wrong with them is a sentence, and changes neither verdict nor exit status.
#pragma once

#include <string>
#include <string_view>

#include <interleave/interleave.hpp>

#include "scheduler/report/page.hpp"
#include "scheduler/report/report.hpp"

namespace interleave {

// The name as that of a file: "/" becomes "+", ":" becomes "@", a blank becomes "_"; where more must be replaced or cut off, a checksum of
// the whole name keeps different names apart.
std::string file_name_of(std::string_view name);

struct Written {
  std::string page;     // its path; empty: it could not be written
  std::string trouble;  // one sentence; empty: none
};

// The folder is made if it is not there. Makes NAME.html, and for a failure NAME.trace.json and NAME.dot, each renamed into place, so that a
// reader sees the old file or the new one.
Written write_page(const std::string& folder, const Report& report, const PageTexts& texts);

// Whether write_page can write there: a sentence, or empty if it can. Makes the folder.
std::string trouble_with_folder(const std::string& folder);

// Puts the text at the end of the file with one write, so that lines of several processes do not mix. A sentence, or empty if all is well.
std::string append_to_file(const std::string& file, std::string_view text);

// What INTERLEAVE_REPORT (a page of each failing exploration) and INTERLEAVE_JSON (a line of each exploration) ask for. Says on stderr where
// the page is, or what went wrong. `how`: the ways back.
void write_what_was_asked_for(const Report& report, const RenderOptions& how);

}  // namespace interleave
