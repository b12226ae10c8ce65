// Tests server/page.h: files from the binary and from a folder.
#include "server/page.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "../support/temp_folder.h"
#include "server/embedded_files.h"

namespace rivulet::server {
namespace {

using namespace std::string_literals;

TEST_CASE("the binary holds the page, every file under its own name") {
  const Page page("");
  REQUIRE_FALSE(embedded_files().empty());
  for (const EmbeddedFile& embedded : embedded_files()) {
    CAPTURE(embedded.name);
    CHECK(page.contains(embedded.name));
    const auto file = page.find(embedded.name);
    REQUIRE(file.has_value());
    CHECK(file->content == embedded.content);
    CHECK_FALSE(file->content.empty());
    CHECK_FALSE(file->gzip);
  }
}

TEST_CASE("the binary holds each compressed too, for those who take that") {
  const Page page("");
  for (const EmbeddedFile& embedded : embedded_files()) {
    CAPTURE(embedded.name);
    const auto file = page.find(embedded.name, true);
    REQUIRE(file.has_value());
    CHECK(file->gzip);
    CHECK(file->content == embedded.gzip);
    CHECK(file->content.starts_with("\x1f\x8b"));
    CHECK(file->content_type == page.find(embedded.name)->content_type);
  }
}

TEST_CASE("a folder's files are never compressed") {
  const test::TempFolder folder;
  folder.write("a.js", "let a = 1;");
  const auto file = Page(folder.path()).find("a.js", true);
  REQUIRE(file.has_value());
  CHECK_FALSE(file->gzip);
  CHECK(file->content == "let a = 1;");
}

TEST_CASE("the page's own start is HTML") {
  const auto index = Page("").find("index.html");
  REQUIRE(index.has_value());
  CHECK(index->content_type == "text/html; charset=utf-8");
  CHECK(index->content.find("<html") != std::string::npos);
}

TEST_CASE("what is not in the binary is not found") {
  const Page page("");
  for (const std::string name :
       {"", "missing.html", "index", "INDEX.HTML", "index.html ", "/index.html",
        "./index.html", "www/index.html", "../src", ".", ".."}) {
    CAPTURE(name);
    CHECK_FALSE(page.contains(name));
    CHECK_FALSE(page.find(name).has_value());
  }
}

TEST_CASE("a file is typed by its ending") {
  const test::TempFolder folder;
  const Page page(folder.path());
  struct Row {
    std::string_view name;
    std::string_view type;
  };
  for (const Row& row : {
           Row{"a.html", "text/html; charset=utf-8"},
           Row{"a.css", "text/css; charset=utf-8"},
           Row{"a.js", "text/javascript; charset=utf-8"},
           Row{"a.svg", "image/svg+xml"},
           Row{"a.png", "image/png"},
           Row{"a.json", "application/json"},
           Row{"a.html.bin", "application/octet-stream"},
           Row{"html", "application/octet-stream"},
       }) {
    folder.write(row.name, "x");
    CAPTURE(row.name);
    const auto file = page.find(row.name);
    REQUIRE(file.has_value());
    CHECK(file->content_type == row.type);
  }
}

TEST_CASE("a folder is read again each time") {
  const test::TempFolder folder;
  const Page page(folder.path());
  CHECK_FALSE(page.contains("index.html"));
  folder.write("index.html", "old");
  CHECK(page.contains("index.html"));
  CHECK(page.find("index.html")->content == "old");
  folder.write("index.html", "");
  CHECK(page.find("index.html")->content == "");
}

TEST_CASE("a folder replaces the files in the binary") {
  const test::TempFolder folder;
  CHECK_FALSE(Page(folder.path()).contains("index.html"));
  CHECK_FALSE(Page(folder.path_of("missing")).contains("index.html"));
}

TEST_CASE("nothing outside the folder, hidden in it or no file is found") {
  const test::TempFolder folder;
  const Page page(folder.path() + "/www");
  folder.write("secret", "secret");
  std::filesystem::create_directories(folder.path_of("www/sub"));
  folder.write("www/.hidden", "x");
  folder.write("www/sub/a.html", "x");
  std::filesystem::create_symlink("../secret", folder.path_of("www/link"));
  for (const std::string& name :
       {""s, "."s, ".."s, "../secret"s, "/etc/passwd"s, ".hidden"s, "sub"s,
        "sub/"s, "sub/a.html"s, "link"s, "www/../../secret"s}) {
    CAPTURE(name);
    CHECK_FALSE(page.contains(name));
    CHECK_FALSE(page.find(name).has_value());
  }
}

}  // namespace
}  // namespace rivulet::server
