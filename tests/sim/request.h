// What simulated clients ask for, and what each of it must be answered with:
// composed here, byte by byte, without the server's code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event_log.h"
#include "random.h"

namespace rivulet::sim {

// A client id in its three spellings.
struct ClientId {
  std::string raw;
  std::string in_path;
  std::string in_json;
};

// Ids that the clients of one schedule share.
[[nodiscard]] std::vector<ClientId> make_client_ids(Random& random,
                                                    size_t count);

enum class Effect : uint8_t {
  kNone,
  kPublish,
  kPublishEvents,  // each as soon as it has come
  kOpenStream,
  kListClients,
};

// What a client says that it has seen last.
struct LastSeen {
  std::string text;
  std::string in_json;   // as text that is no UTF-8 has none: empty then
  bool nothing = false;  // it wants all there is
  std::optional<uint64_t> sequence{};
};

// One event of a body that is a stream of them.
struct BodyEvent {
  size_t end;  // of the bytes of the request that complete it
  std::string payload;
};

struct Request {
  std::string bytes{};
  Effect effect = Effect::kNone;
  size_t id = 0;          // index of the client id of a stream
  Audience audience{};    // of what it publishes; a stream's topics
  std::string payload{};  // of the event that it publishes, as SSE has it
  std::optional<LastSeen> last_seen{};  // of a stream
  std::vector<BodyEvent> events{};
  size_t head_bytes = 0;  // of a request whose body is published
  int status = 200;       // of its answer
  std::string body{};     // of its answer, when `exact`
  bool exact = false;
  bool head_only = false;
  bool http10 = false;
  bool has_body = false;
  bool posted = false;     // publishes it
  bool closes = false;     // the server closes after its answer
  bool malformed = false;  // may be refused before all of it has arrived
  bool expects = false;    // may be answered with 100 first
};

struct RequestLimits {
  size_t max_event_bytes;
  size_t target_bytes;
  bool for_everybody;  // all that is published
};

[[nodiscard]] std::string percent_encoded(std::string_view text);

// Composes requests at random. Each event carries its number, so that no two
// are alike.
class RequestMaker {
 public:
  RequestMaker(Random random, RequestLimits limits,
               const std::vector<ClientId>& ids)
      : random_(random), limits_(limits), ids_(ids) {
    make_topics();
  }

  // A stream under one of the ids, or none.
  [[nodiscard]] Request stream(size_t id, bool http10,
                               std::optional<LastSeen> last_seen);
  // What nobody can have seen.
  [[nodiscard]] LastSeen strange_id(const std::string& epoch);
  // An event, for one client with this probability, else for all.
  [[nodiscard]] Request publish(double to_one);
  // The same with the event as a body, and several of them in one.
  [[nodiscard]] Request publish_body(double to_one);
  [[nodiscard]] Request publish_events(double to_one);
  // GET /clients.
  [[nodiscard]] Request clients();
  // Anything that has no effect beyond its answer.
  [[nodiscard]] Request harmless();
  // A long answer.
  [[nodiscard]] Request page_file();
  // A large body, for nothing.
  [[nodiscard]] Request bulky();
  // What must be refused, and what may try to hide a publish.
  [[nodiscard]] Request malformed();

 private:
  struct Data {
    std::string text;
    std::string payload;
    size_t text_as_lines = 0;  // its bytes with one for each line end
  };
  // Where events go, and what they say beside their data.
  struct Address {
    std::string target;
    Audience audience{};
    std::string name{};
    std::string retry{};

    [[nodiscard]] std::string fields(const std::string& of_name) const {
      return (of_name.empty() ? "" : "event: " + of_name + '\n') + retry;
    }
  };

  [[nodiscard]] Data make_data();
  [[nodiscard]] size_t data_size();
  void make_topics();
  [[nodiscard]] Address address(double to_one);
  [[nodiscard]] Audience to_one_client();
  [[nodiscard]] std::string topics(Audience& audience);
  void add_body(Request& request, std::string_view body,
                std::vector<size_t>& ends);
  [[nodiscard]] std::string body_head(std::string_view target, bool closes);
  [[nodiscard]] std::string spell_event(const Data& data, std::string_view name,
                                        std::string_view line_end);
  static void refuse_events(Request& request, size_t published);
  [[nodiscard]] Request with_body();
  [[nodiscard]] Request with_body(std::string_view body);
  [[nodiscard]] Request with_chunked_body();
  [[nodiscard]] std::string head(std::string_view method,
                                 std::string_view target, bool http10);
  void finish(Request& request, std::string_view method,
              std::string_view target);
  [[nodiscard]] std::string hidden_publish();

  Random random_;
  RequestLimits limits_;
  const std::vector<ClientId>& ids_;
  std::vector<std::string> topics_;  // as a query has them
  uint64_t events_ = 0;
};

}  // namespace rivulet::sim
