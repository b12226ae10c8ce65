// What requests ask for, by their paths and queries (request_model.h).
#include "request_model.h"
#include "text_model.h"

namespace rivulet::fuzz {
namespace {

std::vector<std::string> segments_of(std::string path) {
  if (path.size() > 2 && path.ends_with('/')) path.pop_back();
  std::vector<std::string> segments = model_split(path, '/');
  segments.erase(segments.begin());  // what stands before the first slash
  return segments;
}

}  // namespace

std::optional<ModelPublish> publish_of(const ModelRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  const auto segments = segments_of(request.path);
  const size_t count = segments.size();
  if (count < 3 || count > 4 || segments[0] != "publish" ||
      segments[count - 2] != "status" || segments[count - 1].empty()) {
    return std::nullopt;
  }
  const auto data = model_percent_decode(segments[count - 1]);
  if (!data) return std::nullopt;
  if (count == 3) return ModelPublish{std::nullopt, *data};
  const auto id = model_percent_decode(segments[1]);
  if (!id) return std::nullopt;
  return ModelPublish{id, *data};
}

std::optional<std::vector<std::string>> model_query_values(
    const std::string& query, const std::string& name) {
  std::vector<std::string> found;
  for (const std::string& pair : model_split(query, '&')) {
    const size_t equals = pair.find('=');
    if (pair.empty() || pair.substr(0, equals) != name) continue;
    std::string encoded;
    if (equals != std::string::npos) encoded = pair.substr(equals + 1);
    for (char& c : encoded) {
      if (c == '+') c = ' ';
    }
    const auto value = model_percent_decode(encoded);
    if (!value) return std::nullopt;
    found.push_back(*value);
  }
  return found;
}

std::optional<ModelPosting> posting_of(const ModelRequest& request) {
  if (request.method != "POST" && request.method != "PUT") return std::nullopt;
  const auto segments = segments_of(request.path);
  if (segments.empty() || segments.size() > 2 || segments[0] != "publish") {
    return std::nullopt;
  }
  ModelPosting posting;
  if (segments.size() == 2) {
    posting.to = model_percent_decode(segments[1]);
    if (!posting.to || segments[1].empty()) return std::nullopt;
  }
  const auto topics = model_query_values(request.query, "topic");
  const auto names = model_query_values(request.query, "event");
  if (!topics || !names) return std::nullopt;
  posting.topics = *topics;
  if (!names->empty()) posting.name = names->back();
  return posting;
}

bool asks_for_stream(const ModelRequest& request) {
  const auto segments = segments_of(request.path);
  if (request.method != "GET" || segments.empty()) return false;
  if (segments[0] != "stream" || segments.size() > 2) return false;
  return segments.size() == 1 || !segments[1].empty();
}

bool asks_for_figures(const ModelRequest& request) {
  const auto segments = segments_of(request.path);
  return request.method == "GET" && segments.size() == 1 &&
         segments[0] == "stats";
}

}  // namespace rivulet::fuzz
