#include "source_place.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "scheduler/report/trace_graph.hpp"

namespace interleave::cli {
namespace {

std::string repository() {
  const char* workspace = std::getenv("GITHUB_WORKSPACE");
  if (workspace != nullptr && *workspace != '\0') return workspace;
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  return error ? "" : here.string();
}

}  // namespace

SourcePlace source_place(const CodePlace& place) {
  if (place.file.empty()) return {};
  const std::filesystem::path file(place.file), root(repository());
  if (file.is_relative()) return {file.lexically_normal().string(), place.line, true};
  const auto inside = file.lexically_normal().lexically_relative(root.lexically_normal());
  if (root.empty() || inside.empty() || *inside.begin() == "..") return {file.lexically_normal().string(), place.line, false};
  return {inside.string(), place.line, true};
}

SourcePlace source_place(const Failure& failure) {
  const CodePlace* place = place_of(failure);
  return place == nullptr ? SourcePlace{} : source_place(*place);
}

}  // namespace interleave::cli
