#include "server/page.h"

#include <array>

#include "os/file.h"
#include "server/embedded_files.h"

namespace rivulet::server {
namespace {

constexpr size_t kMaxFileBytes = size_t{4} * 1024 * 1024;

struct ContentType {
  std::string_view ending;
  std::string_view type;
};

constexpr std::array<ContentType, 6> kContentTypes{{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".json", "application/json"},
}};

std::string_view content_type_of(std::string_view name) {
  for (const ContentType& known : kContentTypes) {
    if (name.ends_with(known.ending)) return known.type;
  }
  return "application/octet-stream";
}

const EmbeddedFile* find_embedded(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

bool stays_inside(std::string_view name) {
  return !name.empty() && name.front() != '.' &&
         name.find('/') == std::string_view::npos;
}

}  // namespace

bool Page::contains(std::string_view name) const {
  return folder_.empty() ? find_embedded(name) != nullptr
                         : find(name).has_value();
}

std::optional<Page::File> Page::find(std::string_view name,
                                     bool takes_gzip) const {
  if (!stays_inside(name)) return std::nullopt;
  if (folder_.empty()) {
    const EmbeddedFile* file = find_embedded(name);
    if (file == nullptr) return std::nullopt;
    return File{std::string(takes_gzip ? file->gzip : file->content),
                content_type_of(name), takes_gzip};
  }
  os::FileContent file = os::read_regular_file(
      folder_ + "/" + std::string(name), kMaxFileBytes, os::Links::kRefuse);
  if (!file.problem.empty()) return std::nullopt;
  return File{.content = std::move(file.bytes),
              .content_type = content_type_of(name)};
}

}  // namespace rivulet::server
