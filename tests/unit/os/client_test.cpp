// Tests os/client.h: one question to a server, and its answer.
#include "os/client.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <functional>
#include <string>
#include <thread>

#include "../support/temp_folder.h"
#include "os/listener.h"

namespace rivulet::os {
namespace {

constexpr base::Duration kLong{20'000};
constexpr base::Duration kShort{50};

void wait_for_input(int fd) {
  pollfd entry{fd, POLLIN, 0};
  REQUIRE(::poll(&entry, 1, static_cast<int>(kLong.count())) == 1);
}

Socket accept_one(const Listener& listener) {
  wait_for_input(listener.fd());
  return listener.accept().socket;
}

// What a server that is asked `question` hears, when it says `answer` after
// all of it.
std::string heard(const Listener& listener, size_t size,
                  std::string_view answer) {
  const Socket socket = accept_one(listener);
  std::string bytes;
  char part[64];
  while (bytes.size() < size) {
    wait_for_input(socket.fd());
    const IoResult result = socket.read(part);
    if (result.status != IoStatus::kDone) break;
    bytes.append(part, result.size);
  }
  const ConstBuffer piece{answer.data(), answer.size()};
  (void)socket.write({&piece, 1});
  return bytes;
}

TEST_CASE("a question is sent and the answer read to its end") {
  const test::TempFolder folder;
  for (const std::string& where :
       {std::string("127.0.0.1:0"), "unix:" + folder.path_of("socket")}) {
    CAPTURE(where);
    const Listener listener(where);
    std::string question;
    std::thread server(
        [&] { question = heard(listener, 5, "I am well, thank you"); });
    const Answer answer =
        ask(parse_address(listener.address()), "well?", 100, kLong);
    server.join();
    CHECK(question == "well?");
    CHECK(answer.problem == "");
    CHECK(answer.bytes == "I am well, thank you");
  }
}

TEST_CASE("of a long answer the start is kept") {
  const Listener listener("127.0.0.1:0");
  std::thread server(
      [&] { (void)heard(listener, 1, std::string(5'000, 'x')); });
  const Answer answer = ask(parse_address(listener.address()), "?", 7, kLong);
  server.join();
  CHECK(answer.problem == "");
  CHECK(answer.bytes == "xxxxxxx");
}

TEST_CASE("where nobody listens there is no answer") {
  const test::TempFolder folder;
  std::string gone;
  {
    const Listener listener("127.0.0.1:0");
    gone = listener.address();
  }
  CHECK(ask(parse_address(gone), "?", 1, kLong).problem ==
        "cannot connect: Connection refused");
  const std::string missing = "unix:" + folder.path_of("missing");
  CHECK(ask(parse_address(missing), "?", 1, kLong).problem ==
        "cannot connect: No such file or directory");
}

TEST_CASE("a server that says nothing, or does not end, is given up") {
  const Listener listener("127.0.0.1:0");
  const Address address = parse_address(listener.address());
  CHECK(ask(address, "?", 1, kShort).problem == "no answer in time");
  Socket open;
  std::thread server([&] {
    (void)accept_one(listener);  // of the one above
    open = accept_one(listener);
    const ConstBuffer piece{"well", 4};
    (void)open.write({&piece, 1});
  });
  const Answer answer = ask(address, "?", 10, base::Duration(500));
  server.join();
  CHECK(answer.problem == "no answer in time");
}

}  // namespace
}  // namespace rivulet::os
