#include "request_model.h"

#include <cctype>

#include "text_model.h"

namespace rivulet::fuzz {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr size_t kMaxEmptyLines = 2;
constexpr size_t kMaxSizeDigits = 32;  // zeros in front among them
constexpr size_t kMaxSignificantDigits = 15;

struct Field {
  std::string name;  // in lower case
  std::string value;
};

bool is_token(std::string_view text) {
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other =
        c != '\0' &&
        std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    if (!letter && !other && !(c >= '0' && c <= '9')) return false;
  }
  return !text.empty();
}

bool has_only(std::string_view text, bool blanks_too) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte == ' ' || byte == '\t') && blanks_too) continue;
    if (byte <= ' ' || byte == 0x7F) return false;
  }
  return true;
}

// Lines without their CR LF; `block` ends with one.
std::vector<std::string_view> lines_of(std::string_view block) {
  std::vector<std::string_view> lines;
  while (!block.empty()) {
    const size_t end = block.find(kLineEnd);
    lines.push_back(block.substr(0, end));
    block.remove_prefix(end + kLineEnd.size());
  }
  return lines;
}

std::optional<Field> read_field(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  if (!is_token(line.substr(0, colon))) return std::nullopt;
  if (!has_only(line.substr(colon + 1), true)) return std::nullopt;
  return Field{model_lower(line.substr(0, colon)),
               model_trim(line.substr(colon + 1))};
}

std::vector<std::string> values(const std::vector<Field>& fields,
                                std::string_view name) {
  std::vector<std::string> found;
  for (const Field& field : fields) {
    if (field.name == name) found.push_back(field.value);
  }
  return found;
}

bool is_host(std::string_view text) {
  const size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const size_t colon = text.find(':', bracket);
  const std::string host(text.substr(0, colon));
  if (colon != std::string_view::npos) {
    for (const char c : text.substr(colon + 1)) {
      if (c < '0' || c > '9') return false;
    }
  }
  if (bracket > 0) {
    return host.size() == bracket + 1 &&
           model_is_ipv6(std::string_view(host).substr(1, bracket - 1));
  }
  if (!model_percent_decode(host)) return false;
  for (const char c : host) {
    const bool known =
        std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        std::string("-._~!$&'()*+;=%").find(c) != std::string::npos;
    if (!known) return false;
  }
  return true;
}

// Cuts the authority off an absolute-form target; false when it names no host.
bool take_authority(std::string& target) {
  const std::string lower = model_lower(target);
  const size_t scheme = lower.starts_with("http://")    ? 7
                        : lower.starts_with("https://") ? 8
                                                        : 0;
  if (scheme == 0) return true;
  const size_t end =
      std::min(target.find_first_of("/?#", scheme), target.size());
  const std::string authority = target.substr(scheme, end - scheme);
  if (authority.empty() || authority[0] == ':' || !is_host(authority)) {
    return false;
  }
  target.erase(0, end);
  if (!target.starts_with('/')) target.insert(0, "/");
  return true;
}

bool read_target(std::string target, ModelRequest& request) {
  if (!take_authority(target)) return false;
  const bool asterisk = target == "*" && request.method == "OPTIONS";
  if (!asterisk && !target.starts_with('/')) return false;
  if (target.find('#') != std::string::npos) return false;
  const size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  return true;
}

bool read_request_line(std::string_view line, ModelRequest& request) {
  const std::vector<std::string> words = model_split(line, ' ');
  if (words.size() != 3) return false;
  if (!is_token(words[0]) || words[1].empty() || !has_only(words[1], false)) {
    return false;
  }
  request.method = words[0];
  if (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0") return false;
  request.minor = words[2].back() - '0';
  return read_target(words[1], request);
}

void read_connection(const std::vector<Field>& fields, ModelRequest& request) {
  bool close = false;
  bool keep = request.minor == 1;
  for (const std::string& value : values(fields, "connection")) {
    for (const std::string& option : model_split(value, ',')) {
      close = close || model_lower(model_trim(option)) == "close";
      keep = keep || model_lower(model_trim(option)) == "keep-alive";
    }
  }
  request.keep_alive = keep && !close;
}

struct Body {
  bool valid = true;
  bool chunked = false;
  uint64_t length = 0;
};

Body read_framing(const std::vector<Field>& fields, int minor) {
  const auto codings = values(fields, "transfer-encoding");
  const auto lengths = values(fields, "content-length");
  if (!codings.empty()) {
    const bool good = minor == 1 && lengths.empty() && codings.size() == 1 &&
                      model_lower(codings[0]) == "chunked";
    return {.valid = good, .chunked = true};
  }
  Body body;
  if (lengths.empty()) return body;
  const auto length = model_decimal(lengths[0]);
  body.valid = lengths.size() == 1 && length.has_value();
  body.length = length.value_or(0);
  return body;
}

enum class Read { kWhole, kIncomplete, kMalformed };

void skip_blanks(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

bool take_token(std::string_view& text) {
  size_t size = 0;
  while (size < text.size() && is_token(text.substr(0, size + 1))) ++size;
  text.remove_prefix(size);
  return size > 0;
}

// DQUOTE *( qdtext / quoted-pair ) DQUOTE (RFC 9110 §5.6.4); `text` is free of
// control characters.
bool take_quoted(std::string_view& text) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// *( BWS ";" BWS name [ BWS "=" BWS value ] ) (RFC 9112 §7.1.1).
bool is_extension(std::string_view text) {
  if (!has_only(text, true)) return false;
  while (!text.empty()) {
    skip_blanks(text);
    if (!text.starts_with(';')) return false;
    text.remove_prefix(1);
    skip_blanks(text);
    if (!take_token(text)) return false;
    std::string_view after = text;
    skip_blanks(after);
    if (!after.starts_with('=')) continue;
    text = after.substr(1);
    skip_blanks(text);
    if (text.starts_with('"') ? !take_quoted(text) : !take_token(text)) {
      return false;
    }
  }
  return true;
}

// Takes one chunk's size line off the front.
Read take_size_line(std::string_view& text, size_t& extension_bytes_left,
                    uint64_t& size) {
  const size_t end = text.find(kLineEnd);
  if (end == std::string_view::npos) return Read::kIncomplete;
  const std::string_view line = text.substr(0, end);
  const size_t digits =
      std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
  if (digits == 0 || digits > kMaxSizeDigits) return Read::kMalformed;
  const size_t zeros = std::min(line.find_first_not_of('0'), digits);
  if (digits - zeros > kMaxSignificantDigits) return Read::kMalformed;
  const std::string_view extension = line.substr(digits);
  if (extension.size() > extension_bytes_left || !is_extension(extension)) {
    return Read::kMalformed;
  }
  extension_bytes_left -= extension.size();
  size = zeros == digits
             ? 0
             : std::stoull(std::string(line.substr(zeros, digits - zeros)),
                           nullptr, 16);
  text.remove_prefix(end + kLineEnd.size());
  return Read::kWhole;
}

Read take_trailers(std::string_view& text) {
  for (;;) {
    const size_t end = text.find(kLineEnd);
    if (end == std::string_view::npos) return Read::kIncomplete;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + kLineEnd.size());
    if (line.empty()) return Read::kWhole;
    if (!read_field(line)) return Read::kMalformed;
  }
}

Read take_chunks(std::string_view& text, size_t extension_bytes_left,
                 std::string& body) {
  for (;;) {
    uint64_t size = 0;
    const Read line = take_size_line(text, extension_bytes_left, size);
    if (line != Read::kWhole) return line;
    if (size == 0) return take_trailers(text);
    body += text.substr(0, size);
    if (text.size() < size + kLineEnd.size()) return Read::kIncomplete;
    if (text.substr(size, kLineEnd.size()) != kLineEnd) {
      return Read::kMalformed;
    }
    text.remove_prefix(size + kLineEnd.size());
  }
}

Read take_body(std::string_view& text, const Body& body,
               size_t max_extension_bytes, std::string& content) {
  if (body.chunked) return take_chunks(text, max_extension_bytes, content);
  content = text.substr(0, body.length);
  if (text.size() < body.length) return Read::kIncomplete;
  text.remove_prefix(body.length);
  return Read::kWhole;
}

bool is_event_stream(const std::vector<Field>& fields) {
  const auto types = values(fields, "content-type");
  return !types.empty() &&
         model_lower(model_trim(model_split(types[0], ';')[0])) ==
             "text/event-stream";
}

Read take_request(std::string_view& text, size_t max_extension_bytes,
                  ModelRequest& request, bool& head_read) {
  const size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return Read::kIncomplete;
  const auto lines = lines_of(text.substr(0, end + kLineEnd.size()));
  text.remove_prefix(end + 2 * kLineEnd.size());
  if (!read_request_line(lines[0], request)) return Read::kMalformed;
  std::vector<Field> fields;
  for (size_t i = 1; i < lines.size(); ++i) {
    const auto field = read_field(lines[i]);
    if (!field) return Read::kMalformed;
    fields.push_back(*field);
  }
  const auto hosts = values(fields, "host");
  if (hosts.size() > 1 || (hosts.empty() && request.minor == 1) ||
      (!hosts.empty() && !is_host(hosts[0]))) {
    return Read::kMalformed;
  }
  read_connection(fields, request);
  request.expects_continue =
      request.minor == 1 && !values(fields, "expect").empty();
  const Body body = read_framing(fields, request.minor);
  if (!body.valid) return Read::kMalformed;
  request.has_body = body.chunked || body.length > 0;
  request.event_stream = is_event_stream(fields);
  const auto last_ids = values(fields, "last-event-id");
  if (!last_ids.empty()) request.last_event_id = last_ids[0];
  head_read = true;
  return take_body(text, body, max_extension_bytes, request.body);
}

}  // namespace

Model read_requests(std::string_view text, size_t max_extension_bytes) {
  Model model;
  const size_t size = text.size();
  for (;;) {
    for (size_t n = 0; n < kMaxEmptyLines && text.starts_with(kLineEnd); ++n) {
      text.remove_prefix(kLineEnd.size());
    }
    if (text.empty()) return model;
    ModelRequest request;
    bool head_read = false;
    const Read read =
        text.starts_with(kLineEnd)
            ? Read::kMalformed
            : take_request(text, max_extension_bytes, request, head_read);
    if (read != Read::kWhole) {
      if (head_read) model.begun = request;
      model.rest =
          read == Read::kMalformed ? Rest::kMalformed : Rest::kIncomplete;
      return model;
    }
    request.end = size - text.size();
    model.requests.push_back(request);
  }
}

}  // namespace rivulet::fuzz
