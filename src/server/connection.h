// One HTTP/1.x connection: requests in, answers out, in order.
//
//   kServing ── answer says close ──> kClosing ── written ──> kLingering
//     │ peer's FIN                       │ peer's FIN       (our FIN is sent)
//     v                                  │                      │
//   kClosingAlone <──────────────────────┘       peer's FIN, or │
//     │ written                                         timeout v
//     └─────────────────────────────────────────────────────> retired
//
// A parser exists from the first byte of a request to its answer; beside it,
// while the body is to be published, a Publication, or, while Redis is asked,
// an Inquiry. Answers leave before the loop sleeps, all that a turn made in one
// write. While they wait for the peer, nothing more is read from it: a client
// that does not take its answers cannot ask for more of them.
//
// connection_waits.cpp: while Redis is asked. connection_becomes.cpp: into a
// stream. upgrade_connection.cpp: into another binary.
//
// Lingering: a socket closed with unread input makes the kernel send a reset,
// which may overtake the last answer (RFC 9112 §9.6). So we send a FIN, read
// what is still coming, and close when the peer has.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/deadline_list.h"
#include "base/state.h"
#include "http/request_parser.h"
#include "os/reactor.h"
#include "os/socket.h"
#include "server/context.h"
#include "server/inquiry.h"
#include "server/listener_kind.h"
#include "server/outcome.h"
#include "server/publication.h"
#include "server/waiter.h"

namespace rivulet::server {

class Connection final : public os::ReplaceableHandler,
                         public base::Deadline,
                         public Waiter {
 public:
  // Owns `socket` from here on. `peer` is its os::peer_group(), `listener` what
  // accepted it.
  Connection(Context& context, os::Socket socket, uint64_t peer,
             ListenerKind listener);
  ~Connection() override;

  // Waits for the first request, once the reactor has it.
  void start();

  // At shutdown: sends the answers that wait, and closes. A request that has
  // not come in whole is the client's to repeat.
  void drain();

  void on_readable() override;
  void on_writable() override;
  void on_flush() override;
  void on_no_memory() override;
  void on_deadline();

  // A publish that had to wait may go on (PublishTurns).
  void on_turn();

  // Closes at once, to make room.
  void evict();

  // Into and out of the state of a server (upgrade.h): into one that has not
  // been started.
  void carry(base::State& state);
  [[nodiscard]] uint64_t peer() const { return peer_; }
  [[nodiscard]] ListenerKind listener() const { return listener_; }
  // Whether what has come in cannot be gone on with yet: it is another's turn
  // to publish, or Redis has not answered.
  [[nodiscard]] bool awaits_turn() const;

 private:
  enum class State : uint8_t { kServing, kClosing, kClosingAlone, kLingering };

  // Answers that wait beyond this stop further requests of a pipeline.
  static constexpr size_t kOutputHighWater = size_t{256} * 1024;
  // How much of a body must come in each header-timeout, of its own length or
  // of the largest: so no request takes longer than eleven of them, one for its
  // head.
  static constexpr uint64_t kBodyShares = 10;
  // What is read and dropped after our FIN before patience ends.
  static constexpr size_t kMaxLingerBytes = size_t{256} * 1024;

  void on_peer_end();
  void linger(size_t bytes);
  void process(std::string_view input);
  void keep_for_later(std::string_view input);
  void after_feed();
  void on_head();
  void await_body();
  void settle_request();
  void on_complete();
  void finish_publication();
  void finish_inquiry();
  void on_settled() override;
  [[nodiscard]] bool awaits_redis() const;
  void wait_for_turn();
  void wait_for_input();
  void on_slow_request();
  void serve();
  void respond(const http::Request& request, const http::Response& response,
               bool keep_alive);
  void answer(const http::Request& request, const http::Response& response,
              const http::ResponseFraming& framing);
  void account(const http::Request& request, http::Status status, size_t bytes);
  void respond_shared(http::Response response);
  void refuse(const http::Refusal& refusal);
  void refuse_rest(http::Response response);
  void become_stream(const http::Request& request, const OpenStream& stream);
  void become_watcher(const http::Request& request);
  [[nodiscard]] std::string take_stream_head(const http::Request& request,
                                             sse::Framing framing,
                                             std::string_view sharing);
  void write_output();
  void on_drained();
  void resume();
  void report_memory();
  void close_after_output();
  void retire();

  [[nodiscard]] size_t output_left() const { return output_.size() - written_; }

  Context& context_;
  os::Socket socket_;
  std::unique_ptr<http::RequestParser> parser_;
  std::unique_ptr<Publication> publication_;
  std::unique_ptr<Inquiry> inquiry_;  // while all instances are asked
  std::string output_;                // answers
  size_t written_ = 0;                // of output_
  std::string unread_;                // of a pipeline, while answers wait
  size_t linger_bytes_ = 0;
  base::Time asked_{};      // the first byte of the request
  uint64_t body_seen_ = 0;  // when its progress was looked at last
  const uint64_t peer_;
  uint64_t client_;  // for whom the request counts: peer_, or who is behind it
  size_t held_ = 0;  // as reported to HeldMemory
  const ListenerKind listener_;
  State state_ = State::kServing;
  bool publishes_ = false;  // what the parser has, by its head
};

}  // namespace rivulet::server
