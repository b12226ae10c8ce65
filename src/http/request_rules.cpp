#include "http/request_rules.h"

#include <algorithm>

#include "base/text.h"
#include "os/ip_address.h"

namespace rivulet::http {
namespace {

Refusal bad_request(const char* reason) {
  return {Status::kBadRequest, reason};
}

bool consists_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    "-._~!$&'()*+;=%";

// uri-host [":" port] (RFC 9110 §7.2, RFC 3986 §3.2.2): a name, by the
// characters that may stand in it, or an IPv6 address in brackets.
bool is_authority(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const size_t end = bracketed ? text.find(']') : text.find(':');
  const size_t host_size = std::min(end, text.size());
  if (bracketed) {
    if (end == std::string_view::npos) return false;
    if (!os::is_ipv6(text.substr(1, host_size - 1))) return false;
  } else {
    const std::string_view name = text.substr(0, host_size);
    if (!consists_of(name, kNameCharacters)) return false;
    if (!base::percent_decode(name)) return false;
  }
  const std::string_view port = text.substr(host_size + (bracketed ? 1 : 0));
  return port.empty() ||
         (port.front() == ':' && consists_of(port.substr(1), kDigits));
}

size_t count_fields(const Request& request, std::string_view name) {
  size_t count = 0;
  request.for_each_header(name, [&count](std::string_view) { ++count; });
  return count;
}

// The length of "http://" or "https://" at the front of `target`, else 0.
size_t scheme_length(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (base::equals_ignoring_case(target.substr(0, scheme.size()), scheme)) {
      return scheme.size();
    }
  }
  return 0;
}

}  // namespace

std::optional<Refusal> RequestRules::apply(Request& request) {
  request.keep_alive_ = persists(request);
  if (auto refusal = check_host(request)) return refusal;
  if (auto refusal = split_target(request)) return refusal;
  if (auto refusal = frame_body(request)) return refusal;
  return check_expectation(request);
}

std::optional<Refusal> RequestRules::check_host(const Request& request) {
  const size_t count = count_fields(request, "host");
  if (count > 1) return bad_request("Host was given more than once");
  if (count == 0) {
    if (request.minor_version() == 0) return std::nullopt;
    return bad_request("HTTP/1.1 needs a Host field");
  }
  if (!is_authority(*request.header("host"))) {
    return bad_request("Host is not a host name and port");
  }
  return std::nullopt;
}

std::optional<Refusal> RequestRules::split_target(Request& request) {
  if (auto refusal = strip_authority(request)) return refusal;
  const std::string_view target = request.view(request.target_);
  if (target == "*" && request.method() != Method::kOptions) {
    return bad_request("the target '*' goes with OPTIONS only");
  }
  if (target != "*" && !target.starts_with('/')) {
    return bad_request("the request target must be a path");
  }
  if (target.find('#') != std::string_view::npos) {
    return bad_request("a request target has no '#': encode it as %23");
  }
  const size_t mark = std::min(target.find('?'), target.size());
  const auto path_size = static_cast<uint32_t>(mark);
  request.path_ = {request.target_.at, path_size};
  if (mark < target.size()) {
    request.query_ = {request.target_.at + path_size + 1,
                      request.target_.size - path_size - 1};
  }
  return std::nullopt;
}

// Absolute-form, "http://host/path", is what a proxy is sent and every server
// must take (RFC 9112 §3.2.2): only its path matters here.
std::optional<Refusal> RequestRules::strip_authority(Request& request) {
  const std::string_view target = request.view(request.target_);
  const size_t scheme = scheme_length(target);
  if (scheme == 0) return std::nullopt;
  const size_t end =
      std::min(target.find_first_of("/?#", scheme), target.size());
  const std::string_view authority = target.substr(scheme, end - scheme);
  // An http URI has a host (RFC 9110 §4.2.1).
  if (authority.empty() || authority.front() == ':' ||
      !is_authority(authority)) {
    return bad_request("the request target names no valid host");
  }
  const std::string path_and_query(target.substr(end));
  request.target_.at = static_cast<uint32_t>(request.text_.size());
  if (!path_and_query.starts_with('/')) request.text_ += '/';
  request.text_ += path_and_query;
  request.target_.size =
      static_cast<uint32_t>(request.text_.size()) - request.target_.at;
  return std::nullopt;
}

std::optional<Refusal> RequestRules::frame_body(Request& request) {
  const size_t codings = count_fields(request, "transfer-encoding");
  if (codings == 0) return read_content_length(request);
  if (request.minor_version() == 0) {
    return bad_request("HTTP/1.0 has no Transfer-Encoding");
  }
  if (count_fields(request, "content-length") > 0) {
    return bad_request(
        "Transfer-Encoding and Content-Length exclude each other");
  }
  if (codings > 1 || !base::equals_ignoring_case(
                         *request.header("transfer-encoding"), "chunked")) {
    return bad_request("the only transfer coding taken is a single 'chunked'");
  }
  request.body_kind_ = BodyKind::kChunked;
  return std::nullopt;
}

// HTTP/1.1 persists unless somebody says close, HTTP/1.0 only when asked to
// and nobody says close (RFC 9112 §9.3).
bool RequestRules::persists(const Request& request) {
  bool close = false;
  bool keep_alive = false;
  request.for_each_header("connection", [&](std::string_view options) {
    while (!options.empty()) {
      const std::string_view option =
          base::trim(base::take_until(options, ','));
      if (base::equals_ignoring_case(option, "close")) close = true;
      if (base::equals_ignoring_case(option, "keep-alive")) keep_alive = true;
    }
  });
  return !close && (request.minor_version() > 0 || keep_alive);
}

std::optional<Refusal> RequestRules::read_content_length(Request& request) {
  bool valid = true;
  std::optional<uint64_t> length;
  request.for_each_header("content-length", [&](std::string_view value) {
    const auto number = base::parse_decimal(value);
    if (!number || (length && *length != *number)) valid = false;
    length = number;
  });
  if (!valid) return bad_request("Content-Length must be one decimal number");
  request.content_length_ = length.value_or(0);
  if (request.content_length_ > 0) request.body_kind_ = BodyKind::kLength;
  return std::nullopt;
}

std::optional<Refusal> RequestRules::check_expectation(const Request& request) {
  const auto expectation = request.header("expect");
  if (!expectation || request.minor_version() == 0 ||
      base::equals_ignoring_case(*expectation, "100-continue")) {
    return std::nullopt;
  }
  return Refusal{Status::kExpectationFailed,
                 "the only expectation known here is 100-continue"};
}

}  // namespace rivulet::http
