// Fuzzes one whole connection: the input's text goes through a socket pair
// into a real server::Connection, cut as the input says and then cut evenly.
//
// Beside it a witness is subscribed to the hub. What must hold:
//   - every answer is well-formed, and belongs to a request that an
//     independent strict reader (request_model.h) finds in the text, in order
//   - a request that must be refused is refused, and ends the connection
//   - the witness got what was answered with Ok or with the events' ids, the
//     beginning of an event stream that is at fault or has no end, and nothing
//     that hides in the text
//   - the cuts change nothing but Date and "100 Continue"
//   - the connection ends with a FIN, and nothing stays behind
//
// mode: bits 0-2 how it ends, 3 small socket buffers, 4 the client reads late,
// 5-6 the size of the even pieces.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "answers.h"
#include "check.h"
#include "event_model.h"
#include "exchange.h"
#include "input.h"
#include "request_model.h"
#include "text_model.h"

namespace rivulet::fuzz {
namespace {

constexpr size_t kMaxTextBytes = 32 * 1024;
constexpr size_t kFloodBytes = 320 * 1024;  // more than any linger takes

// What one run came to.
struct Outcome {
  Answers answers;
  std::vector<std::string> witnessed;
  // A flood on a stream is cut off, and what waited for the client with it.
  bool cut_off = false;
};

// Streams of figures, whose numbers depend on how the input was cut: told from
// what they are to look like, and taken out of what is compared.
void check_figures(std::vector<Answer>& answers, const Model& model,
                   std::string_view text) {
  for (size_t i = 0; i < answers.size() && i < model.requests.size(); ++i) {
    if (!answers[i].stream || !asks_for_figures(model.requests[i])) continue;
    require(answers[i].body.starts_with("retry: ") &&
                answers[i].body.find("\nevent: stats\ndata: {\"") !=
                    std::string::npos,
            "what a stream of figures begins with", text);
    answers[i].body.clear();
    answers[i].ended = false;
  }
}

bool asks_for_events(const ModelRequest& request) {
  return asks_for_stream(request) || asks_for_figures(request);
}

Outcome run(const Model& model, const Mode& mode,
            const std::vector<std::string_view>& pieces) {
  const int descriptor = lowest_free_descriptor();
  Outcome outcome;
  {
    Exchange exchange(mode);
    for (const std::string_view piece : pieces) exchange.send(piece);
    exchange.finish();
    require(!exchange.reset() || mode.ending == Ending::kFlood,
            "a reset in place of the end", exchange.received());
    outcome.cut_off = exchange.reset() &&
                      std::ranges::any_of(model.requests, asks_for_events);
    if (outcome.cut_off) return outcome;
    outcome.answers = read_answers(exchange.received(), model.requests);
    check_figures(outcome.answers.final, model, exchange.received());
    const auto& answers = outcome.answers.final;
    require(answers.empty() || !answers.back().close || answers.back().stream ||
                exchange.ended_first(),
            "close was said, but no FIN came", exchange.received());
    outcome.witnessed = exchange.witnessed();
  }
  require(lowest_free_descriptor() == descriptor, "a descriptor stays open");
  return outcome;
}

bool is_ok(const Answer& answer) {
  return answer.status == 200 && answer.has("content-length: 2") &&
         answer.has("content-type: text/plain; charset=utf-8") &&
         answer.has("access-control-allow-origin: *");
}

// POST or PUT /publish..., whatever else is wrong with it.
bool is_body_route(const ModelRequest& request) {
  return (request.method == "POST" || request.method == "PUT") &&
         request.path.starts_with("/publish") && request.has_body;
}

// The events that a request with a body asks to publish, as read_events() has
// them; of an event stream, those before a fault.
std::vector<std::string> events_of(const ModelRequest& request,
                                   const ModelPosting& posting) {
  std::vector<ModelEvent> events{{posting.name, request.body}};
  if (request.event_stream) {
    events = model_read_stream(request.body, settings().max_event_bytes).events;
  }
  std::vector<std::string> shown;
  for (const auto& [name, data] : events) {
    const std::string& said = name.empty() ? posting.name : name;
    shown.push_back((said.empty() ? "" : said + "|") + as_event_data(data));
  }
  return shown;
}

bool is_for_witness(const ModelPosting& posting) {
  if (posting.to) return *posting.to == kWitness;
  if (posting.topics.empty()) return true;
  for (const std::string& topic : posting.topics) {
    if (topic == kWitnessTopic) return true;
  }
  return false;
}

// Whether an answer says that a body has been published.
bool says_published(const Answer& answer, const ModelRequest& request) {
  return posting_of(request) && answer.status == 200;
}

// The answer to a request that the strict reader takes.
void check_served(const Answer& answer, const ModelRequest& request,
                  std::string_view text) {
  const int status = answer.status;
  require(!answer.stream || asks_for_events(request),
          "a stream that nobody asked for", text);
  require(!is_ok(answer) || publish_of(request).has_value(),
          "Ok to what publishes nothing", text);
  const bool unread_body = posting_of(request) && request.has_body;
  const bool refused =
      status == 403 || status == 413 || status == 414 || status == 417 ||
      status == 431 || status == 501 ||
      ((unread_body || is_body_route(request)) && status == 400);
  if (answer.stream) {
    require(answer.close == (request.minor == 0 || !request.keep_alive),
            "how a stream ends", text);
    return;
  }
  require(answer.close || request.keep_alive, "close was asked for", text);
  require(!answer.close || !request.keep_alive || refused,
          "a good request ends the connection", text);
}

// What stands behind the last request of the strict reader.
void check_refusal(const Answer& answer, std::string_view text) {
  require(answer.status >= 400 && answer.close && !answer.stream,
          "what is no request must be refused", text);
}

void check_count(const Outcome& outcome, const Model& model, const Mode& mode,
                 std::string_view text) {
  const auto& answers = outcome.answers.final;
  const size_t count = model.requests.size();
  const bool over =
      !answers.empty() && (answers.back().close || answers.back().stream);
  const size_t most = count + (model.rest == Rest::kNothing ? 0 : 1);
  require(answers.size() <= most, "more answers than requests", text);
  if (over) return;
  require(answers.size() == count, "an answer for each request", text);
  require(model.rest != Rest::kMalformed, "no refusal", text);
  const bool endless = model.begun && model.begun->event_stream &&
                       posting_of(*model.begun).has_value();
  require(model.rest != Rest::kIncomplete || mode.ending != Ending::kFlood ||
              endless,
          "a flood that nobody minds", text);
}

void check_interim(const Outcome& outcome, const Model& model,
                   std::string_view text) {
  const size_t* before = nullptr;
  for (const size_t& index : outcome.answers.interim) {
    require(before == nullptr || *before < index, "100 twice", text);
    before = &index;
    require(index <= model.requests.size(), "100 to nothing", text);
    if (index == model.requests.size()) continue;  // to what is not whole
    require(model.requests[index].expects_continue &&
                model.requests[index].has_body,
            "100 to one who did not wait", text);
  }
}

// What the witness got, to be taken off from the front.
class Witnessed {
 public:
  Witnessed(const std::vector<std::string>& events, std::string_view text)
      : events_(events), text_(text) {}

  void take(const std::string& event) {
    require(seen_ < events_.size(), "not published", text_);
    require_same("what was published", event, events_[seen_++]);
  }
  void take_all(const std::vector<std::string>& events) {
    for (const std::string& event : events) take(event);
  }
  // As many as there are.
  void take_some(const std::vector<std::string>& events) {
    for (const std::string& event : events) {
      if (!done()) take(event);
    }
  }
  [[nodiscard]] bool done() const { return seen_ == events_.size(); }

 private:
  const std::vector<std::string>& events_;
  std::string_view text_;
  size_t seen_ = 0;
};

// A body that was answered as published, or an event stream that was answered
// in whatever way once its head was good.
void check_posting(const Answer& answer, const ModelRequest& request,
                   Witnessed& witnessed, std::string_view text) {
  const auto posting = posting_of(request);
  if (!posting) return;
  if (!says_published(answer, request)) {
    if (!request.event_stream || !is_for_witness(*posting)) return;
    // Refused at its head, or behind some events, or for one of them.
    const auto events = events_of(request, *posting);
    const bool for_event =
        answer.body.find("published before") != std::string::npos;
    return for_event ? witnessed.take_all(events) : witnessed.take_some(events);
  }
  require(answer.has("content-type: application/json"), "not JSON", text);
  require(request.event_stream || model_decode_utf8(request.body).has_value(),
          "an event that is no UTF-8", text);
  if (is_for_witness(*posting)) {
    witnessed.take_all(events_of(request, *posting));
  }
}

// Exactly the publishes that were answered so, in order, and then the events
// of a stream that is not over.
void check_witness(const Outcome& outcome, const Model& model,
                   std::string_view text) {
  Witnessed witnessed(outcome.witnessed, text);
  const auto& answers = outcome.answers.final;
  for (size_t i = 0; i < answers.size() && i < model.requests.size(); ++i) {
    check_posting(answers[i], model.requests[i], witnessed, text);
    if (!is_ok(answers[i])) continue;
    const auto publish = publish_of(model.requests[i]);
    if (!publish) continue;  // a probe
    require(!publish->to || *publish->to == kWitness, "Ok for a stranger",
            text);
    require(model_decode_utf8(publish->data).has_value(), "Ok for no UTF-8",
            text);
    witnessed.take(as_event_data(publish->data));
  }
  const bool over =
      !answers.empty() && (answers.back().close || answers.back().stream);
  const bool all = !over && model.rest == Rest::kIncomplete;
  if (model.begun && model.begun->event_stream) {
    const auto posting = posting_of(*model.begun);
    if (posting && is_for_witness(*posting)) {
      const auto events = events_of(*model.begun, *posting);
      all ? witnessed.take_all(events) : witnessed.take_some(events);
    }
  }
  require(witnessed.done(), "published unasked", text);
}

// Whether it says what it has seen last.
bool may_resume(const ModelRequest& request) {
  return !request.last_event_id.empty() ||
         request.query.find("lastEventId") != std::string::npos ||
         request.query.find("evs_last_event_id") != std::string::npos;
}

void check_stream(const Answer& answer, const ModelRequest& request,
                  const Mode& mode, std::string_view text) {
  if (!answer.stream || mode.ending == Ending::kFlood) return;
  if (asks_for_figures(request)) return;  // see check_figures()
  require(answer.body.starts_with("retry: "), "how a stream begins", text);
  const auto events = read_events(answer.body);
  require(!events.empty() && events.back() == kLastEvent, "what a stream gets",
          answer.body);
  require(events.size() == 1 || may_resume(request), "what nobody asked for",
          answer.body);
  require(answer.ended || mode.ending == Ending::kClose,
          "a stream without its end", text);
}

void check(const Outcome& outcome, const Model& model, const Mode& mode,
           std::string_view text) {
  check_count(outcome, model, mode, text);
  const auto& answers = outcome.answers.final;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (i < model.requests.size()) {
      check_served(answers[i], model.requests[i], text);
      check_stream(answers[i], model.requests[i], mode, text);
    } else {
      check_refusal(answers[i], text);
    }
  }
  check_interim(outcome, model, text);
  check_witness(outcome, model, text);
}

std::string summary(const Outcome& outcome) {
  std::string text;
  for (const Answer& answer : outcome.answers.final) text += answer.summary();
  return text;
}

// The unit tests' support says REQUIRE; here a failed one ends the process.
void prepare_doctest() {
  static doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  context.setAssertHandler([](const doctest::AssertData& data) {
    require(!data.m_failed, data.m_expr);
  });
}

}  // namespace

void fuzz(const uint8_t* data, size_t size) {
  static const bool prepared = (prepare_doctest(), true);
  require(prepared, "");
  const Input input = read_input(data, size);
  if (input.text.size() > kMaxTextBytes) return;
  const Mode mode(input.mode);
  std::string text(input.text);
  if (mode.ending == Ending::kFlood) text.append(kFloodBytes, 'x');
  const Model model =
      read_requests(text, settings().request.chunk_extension_bytes);
  const Outcome one = run(model, mode, cut(text, input.sizes));
  if (one.cut_off) return;
  check(one, model, mode, input.text);
  // A flood in single bytes would take minutes and show nothing.
  const bool large = text.size() > 512 * mode.even_piece;
  const size_t piece = large ? 100'000 : mode.even_piece;
  const Outcome other = run(model, mode, cut_evenly(text, piece));
  if (other.cut_off) return;
  check(other, model, mode, input.text);
  require_same("other cuts, other answers", summary(one), summary(other));
}

}  // namespace rivulet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::fuzz::fuzz(data, size);
  return 0;
}
