// What simulated clients ask for, and what each of it must be answered with:
// composed here, byte by byte, without the server's code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
  kPublishToAll,
  kPublishToOne,
  kOpenStream,
  kListClients,
};

struct Request {
  std::string bytes{};
  Effect effect = Effect::kNone;
  size_t id = 0;          // index of the client id that it names
  std::string payload{};  // of the event that it publishes, as SSE has it
  int status = 200;       // of its answer
  std::string body{};     // of its answer, when `exact`
  bool exact = false;
  bool head_only = false;
  bool http10 = false;
  bool closes = false;     // the server closes after its answer
  bool malformed = false;  // may be refused before all of it has arrived
  bool expects = false;    // may be answered with 100 first
};

struct RequestLimits {
  size_t max_event_bytes;
  size_t target_bytes;
};

// Composes requests at random. Each event carries its number, so that no two
// are alike.
class RequestMaker {
 public:
  RequestMaker(Random random, RequestLimits limits,
               const std::vector<ClientId>& ids)
      : random_(random), limits_(limits), ids_(ids) {}

  // A stream under one of the ids.
  [[nodiscard]] Request stream(size_t id, bool http10);
  // An event, for one client with this probability, else for all.
  [[nodiscard]] Request publish(double to_one);
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
    std::string in_path;
    std::string payload;
    size_t size = 0;
  };

  [[nodiscard]] Data make_data();
  [[nodiscard]] size_t data_size();
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
  uint64_t events_ = 0;
};

}  // namespace rivulet::sim
