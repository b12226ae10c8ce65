// Takes apart what the server sent over one connection, strictly (RFC 9112 §4
// to §7, HTML standard §9.2), and aborts at what it must not send.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "request_model.h"

namespace rivulet::fuzz {

struct Answer {
  int status = 0;
  std::string fields;  // all but Date, a line each
  std::string body;    // without the transfer coding
  bool close = false;  // says that it is the last
  bool stream = false;
  bool ended = true;  // a stream: whether its last chunk came

  [[nodiscard]] bool has(std::string_view field_line) const;
  // All of it, to be compared.
  [[nodiscard]] std::string summary() const;
};

struct Answers {
  std::vector<Answer> final;  // one for each request, in order
  // Before which of those a "100 Continue" came.
  std::vector<size_t> interim;
};

// `requests` says which answers are to HEAD.
Answers read_answers(std::string_view bytes,
                     const std::vector<ModelRequest>& requests);

// The events in the body of a stream: "data", or "name|data" for one that has
// a name. A half event at the end is a violation, and so are fields that nobody
// asked for, events without an id, and ids that do not rise.
std::vector<std::string> read_events(std::string_view body);

// What a reader gets as the data of an event that was published with `data`.
std::string as_event_data(std::string_view data);

}  // namespace rivulet::fuzz
