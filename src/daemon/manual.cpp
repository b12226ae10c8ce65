#include "daemon/manual.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "daemon/option_table.h"
#include "daemon/version.h"

namespace rivulet::daemon {
namespace {

constexpr std::string_view kHead = R"(.Dt RIVULET 8
.Os rivulet
.Sh NAME
.Nm rivulet
.Nd Server-Sent-Events server
.Sh SYNOPSIS
.Nm
.Op Fl \-config Ar FILE
.Op Fl \-OPTION Ar VALUE
.Ar ...
.Nm
.Op Ar option ...
.Fl \-check\-config | Fl \-print\-config | Fl \-healthcheck
.Nm
.Fl \-default\-config | Fl \-help | Fl \-man | Fl \-version
.Sh DESCRIPTION
.Nm
holds very many streams of Server-Sent Events open, and sends what is
published with plain HTTP requests to one client, to a topic or to all.
It stays in the foreground and logs to standard error.
.Pp
Whoever reaches its port may publish, so it listens on loopback unless told
otherwise.
.Sh OPTIONS
Each option is a flag, a variable of the environment and a line of the
configuration file.
The flag goes before the variable, that before the file, that before the
default.
A SIZE is a number of bytes, or one with B, KiB, MiB or GiB; a TIME is a number
with ms, s, m or h.
ADDRESSES and ORIGINS are lists: what stands between commas, or in several flags
or lines, is one list, and takes the place of another one as a whole.
.Bl -tag -width Ds
)";

constexpr std::string_view kTasks = R"(.El
.Pp
These do something else than serve:
.Bl -tag -width Ds
)";

constexpr std::string_view kTail = R"(.El
.Sh ENVIRONMENT
Each option has a variable, named above.
.Ev PORT
is as good as
.Ev RIVULET_PORT ,
which goes before it.
.Sh FILES
The file that
.Fl \-config
names has one
.Ql name = value
a line.
Blanks around name and value do not count, and there are no quotes.
Empty lines and lines that start with
.Ql #
are comments.
What is unknown, given twice though it is no list, out of its limits or at odds
with something else is refused.
.Pp
The units for
.Xr systemd 1
name
.Pa /etc/rivulet/rivulet.conf ,
and read variables from
.Pa /etc/default/rivulet ,
which need not be there.
.Sh SIGNALS
.Bl -tag -width Ds
.It SIGHUP
read the configuration again, and take it for all options that are not fixed at
start.
What is wrong with it is logged, and then everything stays as it was.
Streams stay open in any case.
.It SIGTERM , SIGINT
accept nothing more, tell every stream when to come back and end it, and exit
when all have ended or after
.Cm drain\-timeout .
A second one ends it at once.
.It SIGUSR2
become the program that lies now where this one did at start, in the same
process and with all that is open, once that has shown beside this one that it
can.
What is wrong with it is logged, and then everything stays as it was.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
all is well
.It 1
.Fl \-healthcheck
found no server, or one that is not well
.It 64
wrong flags
.It 69
the address is in use
.It 70
anything else
.It 78
the file or the environment is wrong
.El
.Sh EXAMPLES
Ask what a file means before it is used:
.Pp
.Dl rivulet \-\-config rivulet.conf \-\-check\-config
.Dl rivulet \-\-config rivulet.conf \-\-print\-config
.Pp
Listen and publish:
.Pp
.Dl curl \-N localhost:3000/stream/ana
.Dl curl \-d hello localhost:3000/publish/ana
.Sh SEE ALSO
.Xr curl 1 ,
.Xr systemd 1
)";

// Text as roff reads it: no request, no escape, hyphens as they are typed, and
// quotes that open and close.
std::string roff(std::string_view text) {
  std::string out;
  char previous = ' ';
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      const bool opens = previous == ' ' || previous == '(';
      out += opens ? "\\(oq" : "\\(cq";
    } else {
      if (c == '.' && out.empty()) out += "\\&";
      out += c;
    }
    previous = c;
  }
  return out;
}

void append_option(std::string& text, const Row& row) {
  auto end = std::back_inserter(text);
  fmt::format_to(end, ".It Fl \\-{} Ar {}\n{}\n", roff(row.name),
                 roff(row.value_name), roff(row.help));
  fmt::format_to(end, ".br\n.Ev {}", variable_of(row));
  const std::string_view note = reload_note(row);
  if (!note.empty()) fmt::format_to(end, " , No {}", note);
  if (!row.default_value.empty()) {
    fmt::format_to(end, " , No default Ql {}", roff(row.default_value));
  }
  text += '\n';
}

}  // namespace

std::string manual_text() {
  std::string text = fmt::format(".Dd {}\n{}", kVersionDate, kHead);
  for (const Row& row : option_rows()) append_option(text, row);
  text += kTasks;
  for (const TaskRow& row : task_rows()) {
    fmt::format_to(std::back_inserter(text), ".It Fl {}\n{}\n",
                   roff(row.flag.substr(1)), roff(row.help));
  }
  text += kTail;
  return text;
}

}  // namespace rivulet::daemon
