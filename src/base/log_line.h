// One line of the log as text: logfmt or JSON, and what becomes of values that
// could be taken for something else.
//
// Every line is valid UTF-8 with one line end, its last byte. Control
// characters, what reorders or breaks a line on a screen (U+2028, marks of
// writing direction) and bytes that are no UTF-8 are escaped: as \xNN, byte by
// byte, in logfmt; in JSON as \uNNNN, and U+FFFD for each byte that is none.
// (append_json_string() of base/text.h is for programs, and escapes less.)
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/log.h"

namespace rivulet::base {

[[nodiscard]] std::string format_line(LogFormat format, LogLevel level,
                                      std::string_view message,
                                      std::initializer_list<LogField> fields);

}  // namespace rivulet::base
