// Goal: text from files is UTF-8 or refused, and codes are codes.
#include "tools/import/text.h"

#include <catch2/catch.hpp>

namespace daybook::tools {
namespace {

TEST_CASE("UTF-8 by the book", "[text]") {
  CHECK(IsUtf8("plain"));
  CHECK(IsUtf8("\xc2\xa3 \xe2\x82\xac \xf0\x9f\x98\x80"));
  CHECK_FALSE(IsUtf8("\xa3"));
  CHECK_FALSE(IsUtf8("\xc0\xaf"));
  CHECK_FALSE(IsUtf8("\xe0\x80\x80"));
  CHECK_FALSE(IsUtf8("\xed\xa0\x80"));
  CHECK_FALSE(IsUtf8("\xf4\x90\x80\x80"));
  CHECK_FALSE(IsUtf8("\xe2\x82"));
  CHECK_FALSE(IsUtf8("\xff"));
}

TEST_CASE("ASCII is found in every position", "[text]") {
  for (size_t length = 1; length < 20; ++length) {
    for (size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      CHECK(IsAscii(text));
      text[at] = '\x80';
      CHECK_FALSE(IsAscii(text));
    }
  }
}

TEST_CASE("Latin-1", "[text]") {
  CHECK(Latin1ToUtf8("\xa3"
                     "5 \xe9t\xe9") ==
        "\xc2\xa3"
        "5 \xc3\xa9t\xc3\xa9");
}

TEST_CASE("codes", "[text]") {
  CHECK(ToCode("Choice Recovery, Inc.") == "Choice-Recovery-Inc.");
  CHECK(ToCode("  (a)  ") == "a");
  CHECK(ToCode("") == "");
  CHECK(ToCode("\xc3\xa9") == "");
  CHECK(ToCode(std::string(100, 'x')).size() == 64);
  CHECK(ToCode(std::string(63, 'x') + " y") == std::string(63, 'x'));
}

TEST_CASE("trimming and cutting", "[text]") {
  CHECK(Trim(" \t a b\xc2\xa0\r\n") == "a b");
  CHECK(Trim("   ").empty());
  CHECK(Truncate("a\xe2\x82\xac"
                 "b",
                 3) == "a");
  CHECK(Truncate("a\xe2\x82\xac"
                 "b",
                 4) == "a\xe2\x82\xac");
  CHECK(Truncate("ab", 5) == "ab");
}

}  // namespace
}  // namespace daybook::tools
