#include "http/status.h"

namespace rivulet::http {

std::string_view reason_phrase(Status status) {
  switch (status) {
    case Status::kOk:
      return "OK";
    case Status::kNoContent:
      return "No Content";
    case Status::kBadRequest:
      return "Bad Request";
    case Status::kUnauthorized:
      return "Unauthorized";
    case Status::kForbidden:
      return "Forbidden";
    case Status::kNotFound:
      return "Not Found";
    case Status::kMethodNotAllowed:
      return "Method Not Allowed";
    case Status::kRequestTimeout:
      return "Request Timeout";
    case Status::kContentTooLarge:
      return "Content Too Large";
    case Status::kUriTooLong:
      return "URI Too Long";
    case Status::kExpectationFailed:
      return "Expectation Failed";
    case Status::kHeaderFieldsTooLarge:
      return "Request Header Fields Too Large";
    case Status::kNotImplemented:
      return "Not Implemented";
    case Status::kServiceUnavailable:
      return "Service Unavailable";
    case Status::kVersionNotSupported:
      return "HTTP Version Not Supported";
  }
  return {};
}

}  // namespace rivulet::http
