// Tests server/listeners.h: what is opened, what each listener is for, and that
// nothing stays when something fails.
#include "server/listeners.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "../support/kept_log.h"
#include "../support/server_bench.h"
#include "../support/socket_pair.h"
#include "../support/temp_folder.h"
#include "os/address.h"

namespace rivulet::server {
namespace {

using Addresses = std::vector<std::string>;
using test::KeptLog;
using test::ServerBench;
using test::TempFolder;

// Listens somewhere on unix sockets, which have names that are known before.
struct House {
  House(const TempFolder& where, const Addresses& listen,
        const Addresses& admin_listen)
      : folder(where),
        bench(settings(listen, admin_listen), kept.log()),
        listeners(bench.context) {}

  [[nodiscard]] std::string address(std::string_view name) const {
    return "unix:" + folder.path_of(name);
  }
  Settings settings(const Addresses& listen, const Addresses& admin) const {
    Settings all = test::default_settings();
    for (const auto& name : listen) all.listen.push_back(address(name));
    for (const auto& name : admin) all.admin_listen.push_back(address(name));
    return all;
  }
  // A socket that somebody else has opened.
  [[nodiscard]] os::InheritedSocket inherited(const std::string& file,
                                              const std::string& name) const {
    const os::Address where = os::parse_address(address(file));
    os::UniqueFd fd(
        ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    REQUIRE(::bind(fd.get(), where.raw(), where.size) == 0);
    REQUIRE(::listen(fd.get(), 8) == 0);
    return {std::move(fd), name};
  }

  // The status that a request gets there; nothing when nobody listens.
  std::optional<std::string> ask(std::string_view name,
                                 const std::string& path) {
    const os::Address where = os::parse_address(address(name));
    const os::UniqueFd fd(
        ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(fd.get(), where.raw(), where.size) != 0) return std::nullopt;
    test::send_all(fd.get(), "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    bench.work();
    return test::receive(fd.get()).substr(9, 3);
  }
  bool told(std::string_view name, const std::string& more) const {
    const std::string line =
        "msg=listening address=" + address(name) + more + "\n";
    return kept.text().find(line) != std::string::npos;
  }

  const TempFolder& folder;
  KeptLog kept;
  ServerBench bench;
  Listeners listeners;
};

TEST_CASE("without an admin listener each has every route") {
  const TempFolder folder;
  House house(folder, {"one", "two"}, {});
  house.listeners.open({});
  CHECK(house.bench.context.own_handlers == 2);
  for (const std::string name : {"one", "two"}) {
    CHECK(house.ask(name, "/livez") == "200");
    CHECK(house.ask(name, "/") == "200");
    CHECK(house.told(name, ""));
  }
}

TEST_CASE("beside an admin listener the others are for strangers") {
  const TempFolder folder;
  House house(folder, {"one", "two"}, {"admin", "more"});
  house.listeners.open({});
  for (const std::string name : {"one", "two"}) {
    CHECK(house.ask(name, "/livez") == "404");
    CHECK(house.ask(name, "/") == "200");
    CHECK(house.told(name, " routes=public"));
  }
  for (const std::string name : {"admin", "more"}) {
    CHECK(house.ask(name, "/livez") == "200");
    CHECK(house.ask(name, "/") == "200");
    CHECK(house.told(name, " routes=admin"));
  }
}

TEST_CASE("what is handed over takes the place of what is said of its kind") {
  const TempFolder folder;
  House house(folder, {"listen"}, {"admin-listen"});
  std::vector<os::InheritedSocket> sockets;
  SUBCASE("a public one") {
    sockets.push_back(house.inherited("given", "rivulet.socket"));
    house.listeners.open(std::move(sockets));
    CHECK(house.ask("given", "/livez") == "404");
    CHECK(house.ask("listen", "/") == std::nullopt);
    CHECK(house.ask("admin-listen", "/livez") == "200");
  }
  SUBCASE("an admin one") {
    sockets.push_back(house.inherited("given", "admin"));
    house.listeners.open(std::move(sockets));
    CHECK(house.ask("given", "/livez") == "200");
    CHECK(house.ask("listen", "/livez") == "404");
    CHECK(house.ask("admin-listen", "/livez") == std::nullopt);
  }
  SUBCASE("both") {
    sockets.push_back(house.inherited("admin", "admin"));
    sockets.push_back(house.inherited("public", ""));
    house.listeners.open(std::move(sockets));
    CHECK(house.ask("admin", "/livez") == "200");
    CHECK(house.ask("public", "/livez") == "404");
    CHECK(house.ask("listen", "/") == std::nullopt);
    CHECK(house.ask("admin-listen", "/livez") == std::nullopt);
  }
}

TEST_CASE("what is handed over without a name is for everything") {
  const TempFolder folder;
  House house(folder, {"listen"}, {});
  std::vector<os::InheritedSocket> sockets;
  sockets.push_back(house.inherited("given", ""));
  house.listeners.open(std::move(sockets));
  CHECK(house.ask("given", "/livez") == "200");
  CHECK(house.ask("listen", "/livez") == std::nullopt);
}

TEST_CASE("closing leaves no file and answers nobody") {
  const TempFolder folder;
  House house(folder, {"one"}, {"admin"});
  house.listeners.open({});
  house.listeners.close();
  house.bench.work();
  CHECK(house.bench.context.own_handlers == 0);
  CHECK(house.ask("one", "/") == std::nullopt);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("when one address fails nothing stays, and none was announced") {
  const TempFolder folder;
  {
    House house(folder, {"one", "two"}, {"missing/admin"});
    CHECK_THROWS_AS(house.listeners.open({}), std::system_error);
    CHECK(house.kept.text() == "");
    CHECK(std::filesystem::exists(folder.path_of("two")));
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace rivulet::server
