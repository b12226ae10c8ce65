#include "server/forwarded.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "http/token.h"

namespace rivulet::server {
namespace {

using Node = std::optional<os::IpAddress>;  // nothing: it cannot be told

// More proxies than any request goes through.
constexpr size_t kMaxHops = 32;
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kObfuscated =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-";

bool made_of(std::string_view text, std::string_view characters) {
  return !text.empty() &&
         text.find_first_not_of(characters) == std::string_view::npos;
}

// RFC 7239 §6: digits, or an obfuscated one after '_'.
bool is_port(std::string_view text) {
  constexpr size_t kMostDigits = 5;
  if (text.starts_with('_')) return made_of(text.substr(1), kObfuscated);
  return text.size() <= kMostDigits && made_of(text, kDigits);
}

// Of somebody: not "::" or "0.0.0.0".
Node usable(std::string_view text) {
  const Node address = os::IpAddress::parse(text);
  return address && !address->unspecified() ? address : std::nullopt;
}

// "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]", "[2001:db8::1]:4711".
Node parse_node(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const size_t end = std::min(text.find(bracketed ? ']' : ':'), text.size());
  std::string_view after = text.substr(end);
  std::string_view host = text.substr(0, end);
  if (bracketed) {
    if (after.empty()) return std::nullopt;
    after.remove_prefix(1);
    host.remove_prefix(1);
  }
  const bool has_port = after.starts_with(':') && is_port(after.substr(1));
  const bool is_v6 = host.find(':') != std::string_view::npos;
  if ((!after.empty() && !has_port) || is_v6 != bracketed) return std::nullopt;
  return usable(host);
}

// The way from the nearest proxy outwards, as far as it can be believed.
class Trail {
 public:
  explicit Trail(const TrustedProxies& trusted) : trusted_(trusted) {}

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const Node& reached() const { return reached_; }

  void go_on_to(const Node& node) {
    ended_ = true;
    if (!node) return;
    reached_ = node;
    ended_ = !trusted_.trusts(*node) || ++hops_ == kMaxHops;
  }

 private:
  const TrustedProxies& trusted_;
  Node reached_;
  size_t hops_ = 0;
  bool ended_ = false;
};

// Reads the elements of one Forwarded field (RFC 7239 §4).
class ForwardedReader {
 public:
  explicit ForwardedReader(std::string_view line) : rest_(line) {}

  // Whom each element is `for`, in order. Nothing when the field is malformed:
  // a quote that is not closed could hide what the next proxy has added.
  std::optional<std::vector<Node>> read() {
    std::vector<Node> nodes;
    do {
      std::optional<std::string> who;
      if (!read_element(who)) return std::nullopt;
      nodes.push_back(who ? parse_node(*who) : std::nullopt);
    } while (take(','));
    if (!rest_.empty()) return std::nullopt;
    return nodes;
  }

 private:
  bool read_element(std::optional<std::string>& who) {
    do {
      skip_blanks();
      const bool none = rest_.empty() || rest_[0] == ';' || rest_[0] == ',';
      if (!none && !read_pair(who)) return false;
      skip_blanks();
    } while (take(';'));
    return true;
  }

  bool read_pair(std::optional<std::string>& who) {
    const std::string_view name = take_token();
    std::string value;
    if (name.empty() || !take('=') || !read_value(value)) return false;
    if (!base::equals_ignoring_case(name, "for")) return true;
    if (who) return false;  // each may be there once
    who = std::move(value);
    return true;
  }

  bool read_value(std::string& value) {
    if (!take('"')) {
      value = take_token();
      return !value.empty();
    }
    while (!rest_.empty()) {
      if (take('"')) return true;
      take('\\');  // what follows stands for itself
      if (rest_.empty()) return false;
      value += rest_[0];
      rest_.remove_prefix(1);
    }
    return false;
  }

  std::string_view take_token() {
    const auto* const end =
        std::find_if_not(rest_.begin(), rest_.end(), [](char c) {
          return http::is_token_character(static_cast<unsigned char>(c));
        });
    const auto size = static_cast<size_t>(end - rest_.begin());
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_blanks() {
    while (take(' ') || take('\t')) {
    }
  }

  std::string_view rest_;
};

void follow_standard(std::string_view line, Trail& trail) {
  const auto nodes = ForwardedReader(line).read();
  if (!nodes) return trail.go_on_to(std::nullopt);
  for (size_t i = nodes->size(); i > 0 && !trail.ended(); --i) {
    trail.go_on_to((*nodes)[i - 1]);
  }
}

// A list of addresses; IPv6 mostly without brackets, for there is no port.
void follow_usual(std::string_view line, Trail& trail) {
  for (bool more = true; more && !trail.ended();) {
    const size_t comma = line.rfind(',');
    more = comma != std::string_view::npos;
    const std::string_view word =
        base::trim(more ? line.substr(comma + 1) : line);
    const Node bare = usable(word);
    trail.go_on_to(bare ? bare : parse_node(word));
    if (more) line = line.substr(0, comma);
  }
}

// Fields of one name are one list, whose last is the nearest.
template <typename Follow>
Node follow(const http::Request& request, std::string_view name,
            const TrustedProxies& trusted, Follow follow_line) {
  std::vector<std::string_view> lines;
  request.for_each_header(
      name, [&](std::string_view value) { lines.push_back(value); });
  Trail trail(trusted);
  for (size_t i = lines.size(); i > 0 && !trail.ended(); --i) {
    follow_line(lines[i - 1], trail);
  }
  return trail.reached();
}

}  // namespace

std::optional<os::IpAddress> forwarded_client(const http::Request& request,
                                              const TrustedProxies& trusted) {
  constexpr std::string_view kStandard = "forwarded";
  constexpr std::string_view kUsual = "x-forwarded-for";
  const bool has_standard = request.header(kStandard).has_value();
  const bool has_usual = request.header(kUsual).has_value();
  const Node usual = follow(request, kUsual, trusted, follow_usual);
  if (!has_standard) return usual;
  const Node standard = follow(request, kStandard, trusted, follow_standard);
  if (!has_usual || usual == standard) return standard;
  return std::nullopt;
}

}  // namespace rivulet::server
