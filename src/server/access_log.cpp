#include "server/access_log.h"

#include <string>

namespace rivulet::server {
namespace {

// A path may hold a whole event; its beginning tells which it was.
constexpr size_t kMostOfAPath = 256;

std::string_view name_of(http::Method method) {
  switch (method) {
    case http::Method::kGet:
      return "GET";
    case http::Method::kHead:
      return "HEAD";
    case http::Method::kPost:
      return "POST";
    case http::Method::kPut:
      return "PUT";
    case http::Method::kDelete:
      return "DELETE";
    case http::Method::kOptions:
      return "OPTIONS";
    case http::Method::kOther:
      break;
  }
  return "-";
}

std::string shown(std::string_view path) {
  if (path.empty()) return "-";
  if (path.size() <= kMostOfAPath) return std::string(path);
  return std::string(path.substr(0, kMostOfAPath)) + "...";
}

}  // namespace

void log_access(const base::Log& log, const Answered& answered,
                std::string_view address) {
  log.info("request", {{"method", name_of(answered.request.method())},
                       {"path", shown(answered.request.path())},
                       {"status", static_cast<int>(answered.status)},
                       {"bytes", answered.bytes},
                       {"ms", answered.took.count()},
                       {"address", address}});
}

}  // namespace rivulet::server
