// One connection as it should go: the requests that its client sends, the
// answers that must come back, and the events of its stream. It is told what
// the server reads and writes, and says when something is wrong.
//
//   kServing ── the last answer ──> kClosing ──┐
//      │                                       v
//      └── opens a stream ──> kStream ──> kStreamEnding ──> kGone
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
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
  // It sleeps with nothing left to do; `interest` is what it waits for here.
  void on_sleep(std::optional<os::Interest> interest);

  // ---- what the wire says (see WireSink)
  Following on_head(const AnswerHead& head) override;
  void on_body(std::string_view body) override;
  void on_chunk(std::string_view payload) override;
  void on_last_chunk() override;
  size_t on_plain(std::string_view bytes) override;
  void on_bad_wire(std::string_view why) override { violate(why); }

  // ---- as a stream
  void expect_event(uint32_t number);
  [[nodiscard]] size_t id() const { return id_; }
  [[nodiscard]] bool streaming() const { return phase_ == Phase::kStream; }
  [[nodiscard]] bool surely_connected() const { return !may_be_ended_; }
  // All that it was sent has been written, up to its clean end.
  [[nodiscard]] bool ended_cleanly() const;

  // ---- what its client may want to know
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
  // A request that the server has not read to its end.
  struct Pending {
    Request request;
    size_t begin;
    size_t end;
  };
  struct Answer {
    Request request{};
    int status = 0;
    int other_status = 0;  // just as good; 0: there is none
    std::vector<Presence> known{};
  };

  void take_requests();
  void apply(Request request, bool late);
  void publish(const Request& request, Answer& answer);
  void open_stream(const Request& request);
  void leave(Phase next);
  [[nodiscard]] bool begun() const;
  [[nodiscard]] bool head_overdue() const;
  [[nodiscard]] bool seen_as_head();
  [[nodiscard]] Following on_early_head(const AnswerHead& head);
  [[nodiscard]] Following check_head(const AnswerHead& head);
  void take_event(std::string_view payload);
  size_t take_plain_event(std::string_view bytes);
  void forget_front_event();
  [[nodiscard]] size_t most_queued() const;
  [[nodiscard]] size_t least_queued() const;
  [[nodiscard]] size_t frame_size(std::string_view payload) const;
  [[nodiscard]] bool may_close() const;
  [[nodiscard]] bool serving_may_close() const;
  [[nodiscard]] bool closing_may_close() const;
  [[nodiscard]] bool stream_may_close() const;
  void violate(std::string_view what) { journal_.violate(link_.number, what); }

  const Link& link_;
  Roster& roster_;
  Journal& journal_;
  WireReader reader_{*this};
  Phase phase_ = Phase::kServing;

  std::deque<Pending> requests_;
  std::deque<Answer> answers_;
  Answer current_;  // whose head has been read
  size_t composed_ = 0;
  size_t read_ = 0;
  size_t written_ = 0;
  size_t ignored_ = 0;  // read after the last request

  base::Time now_{};
  base::Time progress_{};  // of either direction
  base::Time last_write_{};
  base::Time closing_since_{};
  std::optional<base::Time> begun_at_;  // of the request that is half read

  std::deque<uint32_t> events_;
  size_t events_bytes_ = 0;    // of them, on the wire
  size_t doubtful_bytes_ = 0;  // of those that may not have been published
  size_t prelude_bytes_ = 0;   // at most, before the first event
  size_t id_ = 0;
  bool plain_ = false;
  bool opened_ = false;
  bool may_be_ended_ = false;
  bool refused_ = false;  // by a full socket, when it last wrote
  bool peer_ended_ = false;
  bool broken_ = false;
  bool unchecked_ = false;
};

}  // namespace rivulet::sim
