// One connection as it should go: the requests that its client sends, the
// answers that must come back, and the events of its stream. It is told what
// the server reads and writes, and says when something is wrong.
//
//   kServing ── the last answer ──> kClosing ──┐
//      │                                       v
//      └── opens a stream ──> kStream ──> kStreamEnding ──> kGone
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "journal.h"
#include "link.h"
#include "os/epoll_set.h"
#include "request.h"
#include "roster.h"
#include "wire_reader.h"

namespace rivulet::sim {

class Conversation final : public WireSink {
 public:
  Conversation(const Link& link, Roster& roster, Journal& journal)
      : link_(link), roster_(roster), journal_(journal) {}
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation() override = default;

  // The client is about to send this, after what it has sent so far.
  void add(Request request);

  // ---- what the server does (see Witness)
  void on_accept(base::Time now);
  void on_read(std::string_view bytes, base::Time now);
  void on_peer_end(base::Time now);
  void on_broken();
  void on_write(std::string_view bytes, base::Time now);
  void on_shutdown();
  void on_close(base::Time now);
  // An allocation fails in what the server makes of the last bytes it read.
  void on_no_memory();
  void on_drain(base::Time now);
  // It sleeps with nothing left to do; `interest` is what it waits for here.
  void on_sleep(std::optional<os::Interest> interest, base::Time now);

  // ---- what the wire says (see WireSink)
  Following on_head(const AnswerHead& head) override;
  [[nodiscard]] std::string_view said(std::string_view body) const;
  void on_body(std::string_view body) override;
  void on_chunk(std::string_view payload) override;
  void on_last_chunk() override;
  size_t on_plain(std::string_view bytes) override;
  void on_bad_wire(std::string_view why) override { violate(why); }

  // ---- as a stream
  void expect_event(uint32_t number);
  // Before all of `later`; with the stamp of its request.
  void insert_event(uint32_t number, const std::deque<uint32_t>& later,
                    uint64_t stamp);
  [[nodiscard]] const std::deque<uint32_t>& awaited() const { return events_; }
  [[nodiscard]] std::optional<uint32_t> next_event();
  [[nodiscard]] bool awaits(uint32_t number) const {
    return std::find(events_.begin(), events_.end(), number) != events_.end();
  }
  [[nodiscard]] bool keeps_up() const { return !as_stream() || !full_; }
  // Whether all events with that stamp are for it.
  [[nodiscard]] bool joined_before(uint64_t stamp) const {
    return joined_ < stamp && phase_ == Phase::kStream;
  }
  // Whether an event with that stamp must have been written by now.
  [[nodiscard]] bool must_have(uint64_t stamp) const {
    return joined_ < stamp && keeps_up() && surely_connected() && !unchecked_ &&
           !link_.server_reset && !(farewell_ && catching_up_);
  }
  void on_decided(uint32_t number, Fate before, Fate after);
  [[nodiscard]] size_t id() const { return id_; }
  [[nodiscard]] bool is_for(const Audience& audience) const;
  [[nodiscard]] uint64_t last_sequence() const { return last_sequence_; }
  [[nodiscard]] uint64_t group() const { return link_.group; }
  [[nodiscard]] bool streaming() const { return phase_ == Phase::kStream; }
  [[nodiscard]] bool surely_connected() const {
    return !may_be_ended_ && !may_be_refused_ && !may_be_too_slow() &&
           !roster_.short_of_memory();
  }
  [[nodiscard]] bool may_be_ended() const {
    return may_be_ended_ || may_be_too_slow();
  }
  // All that it was sent has been written, up to its clean end.
  [[nodiscard]] bool ended_cleanly() const;

  // ---- what the server holds for it, in bytes
  [[nodiscard]] size_t least_held() const;
  [[nodiscard]] size_t most_held() const;

  // ---- what its client may want to know
  // Whether a stream has been refused since this was asked last.
  [[nodiscard]] bool take_sent_away() {
    return std::exchange(sent_away_, false);
  }
  [[nodiscard]] size_t unanswered() const {
    return requests_.size() + answers_.size();
  }
  // Nothing is owed to the client that the server has read a request for.
  [[nodiscard]] bool all_written() const;
  [[nodiscard]] bool gone() const { return phase_ == Phase::kGone; }
  [[nodiscard]] bool broken() const { return broken_; }
  // It has left the paths on which every step can be foretold.
  [[nodiscard]] bool unchecked() const { return unchecked_; }

 private:
  enum class Phase : uint8_t {
    kServing,
    kClosing,
    kStream,
    kStreamEnding,
    kGone,
  };
  // Whether the stream is to begin by saying that something is gone.
  enum class Gap : uint8_t { kNone, kPerhaps, kSurely };
  struct Resumption {
    uint64_t next = 0;  // the first event that it may have missed
    Gap gap = Gap::kNone;
    uint64_t seen = 0;  // the sequence number before it
  };
  // What a request has published.
  struct Published {
    std::vector<uint32_t> events{};
    EventLog::Bounds receivers{0, 0};
    bool somebody = false;  // may have been there for one of them
    bool nobody = true;     // may have been there for any
  };
  // A request that the server has not read to its end.
  struct Pending {
    Request request;
    size_t begin;
    size_t end;
    Published published;  // of its events that have come
    size_t done = 0;      // of them
    std::vector<uint64_t> floating{};
  };
  struct Answer {
    Request request{};
    size_t begin = 0;  // of its request
    int status = 0;
    int other_status = 0;  // just as good; 0: there is none
    int answered = 0;      // once its head has come
    std::vector<Presence> known{};
    Published published{};
    std::vector<uint64_t> floating{};  // what it publishes in its own time
    Admission admission = Admission::kAdmitted;

    // What its publisher is told about who was there.
    void judge();
  };

  void take_requests();
  void apply(Pending pending, bool late, bool may_wait);
  void publish(const Request& request, Answer& answer, bool may_wait);
  void publish_one(const Audience& audience, const std::string& payload,
                   Published& published);
  void may_be_unavailable();
  void publish_pieces(Pending& pending);
  void check_receipt(std::string_view body);
  [[nodiscard]] bool check_receipt_id(std::string_view& body);
  void ask_for_stream(Request& request, Answer& answer);
  void open_stream(const Request& request);
  void turn_back();
  void leave(Phase next);
  [[nodiscard]] bool begun() const;
  [[nodiscard]] bool head_overdue() const;
  [[nodiscard]] bool seen_as_head();
  [[nodiscard]] Following on_early_head(const AnswerHead& head);
  [[nodiscard]] Following check_head(const AnswerHead& head);
  [[nodiscard]] bool gives_up_waiting(const AnswerHead& head);
  [[nodiscard]] Following check_stream_head(const AnswerHead& head);
  void check_published(int status);
  void check_retry(std::string_view line);
  void take_farewell(std::string_view payload);
  void check_heartbeat(base::Time now);
  [[nodiscard]] bool may_be_too_slow() const;
  [[nodiscard]] size_t optional_bytes() const;
  [[nodiscard]] bool take_optional(std::string_view payload);
  void take_event(std::string_view text);
  void on_event(uint32_t number, uint64_t sequence);
  [[nodiscard]] std::optional<Resumption> resumption(
      const LastSeen& last_seen) const;
  void resume(const LastSeen& last_seen);
  void take_gap(std::string_view text);
  void take_first_gap(std::string_view text);
  void take_later_gap(std::string_view text);
  void pass_gap(uint64_t after, uint64_t before);
  void forget_gone(uint64_t first);
  [[nodiscard]] size_t most_kept() const;
  void note_backlog();
  void note_caught_up();
  void leave_the_rest();
  size_t take_plain_event(std::string_view bytes);
  void forget_front_event();
  [[nodiscard]] size_t most_queued() const;
  [[nodiscard]] size_t least_queued() const;
  [[nodiscard]] size_t frame_size(uint32_t number) const;
  [[nodiscard]] size_t& bytes_of(uint32_t number, Fate fate);
  void count_bytes();
  [[nodiscard]] bool as_stream() const;
  [[nodiscard]] bool nothing_owed() const;
  // What one queued frame costs beside its bytes, at most.
  static constexpr size_t kMostFrameCost = 64;
  [[nodiscard]] bool may_be_evicted() const;
  [[nodiscard]] bool may_close() const;
  [[nodiscard]] bool may_close_by_itself() const;
  [[nodiscard]] base::Duration answer_timeout() const;
  [[nodiscard]] bool serving_may_close() const;
  [[nodiscard]] bool closing_may_close() const;
  [[nodiscard]] bool stream_may_close() const;
  void violate(std::string_view what) {
    if (!unchecked_) journal_.violate(link_.number, what);
  }

  const Link& link_;
  Roster& roster_;
  Journal& journal_;
  WireReader reader_{*this};
  Phase phase_ = Phase::kServing;

  std::deque<Pending> requests_;
  std::deque<Answer> answers_;
  Answer current_;               // whose head has been read
  std::vector<uint32_t> fresh_;  // events of what the server has read last
  size_t composed_ = 0;
  size_t read_ = 0;
  size_t written_ = 0;
  size_t ignored_ = 0;  // read after the last request

  base::Time now_{};
  base::Time progress_{};          // of either direction
  base::Duration quiet_before_{};  // from one write to the last
  base::Time last_write_{};
  base::Time closing_since_{};
  std::optional<base::Time> begun_at_;  // of the request that is half read

  std::deque<uint32_t> events_;
  std::vector<uint32_t> optional_;     // perhaps published before it joined
  uint64_t joined_ = 0;                // a stamp
  uint64_t last_sequence_ = 0;         // that it has got
  uint32_t position_ = 0;              // it needs no event before this one
  uint64_t perhaps_gone_ = 0;          // events before this one
  EventLog::Bounds first_sequence_{};  // of what was held when it came
  std::string last_seen_;              // what it said, in JSON
  Gap gap_ = Gap::kNone;
  bool catching_up_ = false;   // perhaps: the history keeps what waits
  size_t events_bytes_ = 0;    // of them, on the wire
  size_t doubtful_bytes_ = 0;  // of those that may not have been published
  size_t dropped_bytes_ = 0;   // of those that have not
  size_t prelude_bytes_ = 0;   // at most, before the first event
  size_t stream_end_ = 0;      // of the request for it
  size_t id_ = 0;
  uint64_t topics_ = 0;
  bool plain_ = false;
  bool opened_ = false;
  bool may_be_ended_ = false;
  bool may_be_refused_ = false;  // the stream; its head will tell
  bool refused_ = false;         // by a full socket, when it last wrote
  bool full_ = false;            // its socket, when the server slept last
  bool peer_ended_ = false;
  bool broken_ = false;
  bool unchecked_ = false;
  bool publishing_ = false;  // a body whose head has come
  bool sent_away_ = false;
  bool lags_ = false;      // the server may not have come to all requests
  bool cut_ = false;       // by the drain, before its last answers
  bool continue_ = false;  // 100 may come from before the drain
  bool farewell_ = false;  // told to come back later
  bool shut_ = false;      // the server's FIN is out
};

}  // namespace rivulet::sim
