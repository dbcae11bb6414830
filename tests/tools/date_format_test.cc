// Goal: local times of files become the right instants, also where clocks change.
#include "tools/common/date_format.h"

#include <catch2/catch.hpp>

namespace daybook::tools {
namespace {

std::string Utc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*S", time, absl::UTCTimeZone());
}

std::string Read(const char* format, const char* text, const char* zone = "UTC") {
  const auto compiled = DateFormat::Compile(format);
  REQUIRE(compiled.ok());
  const auto time = compiled->Parse(text, *LoadZone(zone));
  return time.ok() ? Utc(*time) : "refused";
}

TEST_CASE("formats that files use", "[date_format]") {
  CHECK(Read("%Y-%m-%d %H:%M:%S", "2010-12-01 08:26:00") == "2010-12-01T08:26:00");
  CHECK(Read("%m/%d/%Y %H:%M", "12/1/2010 8:26") == "2010-12-01T08:26:00");
  CHECK(Read("%d.%m.%y", "1.2.99") == "1999-02-01T00:00:00");
  CHECK(Read("%Y %b %d", "2008 may 5") == "2008-05-05T00:00:00");
  CHECK(Read("%d %B %Y", "5   September 2008") == "2008-09-05T00:00:00");
  CHECK(Read("%m/%d/%Y %I:%M %p", "11/13/2014 12:05 AM") == "2014-11-13T00:05:00");
  CHECK(Read("%m/%d/%Y %I:%M %p", "11/13/2014 12:05 pm") == "2014-11-13T12:05:00");
  CHECK(Read("%Y-%m-%dT%H:%M:%S%z", "2014-01-01T00:00:00.25+01:30") == "2013-12-31T22:30:00.25");
  CHECK(Read("%Y-%m-%dT%H:%M:%S%z", "2014-01-01T00:00:00Z") == "2014-01-01T00:00:00");
  CHECK(Read("%s", "1291191960") == "2010-12-01T08:26:00");
}

TEST_CASE("what is no time is refused", "[date_format]") {
  CHECK(Read("%Y-%m-%d", "2011-02-29") == "refused");
  CHECK(Read("%Y-%m-%d", "2011-13-01") == "refused");
  CHECK(Read("%Y-%m-%d", "2011-1-1x") == "refused");
  CHECK(Read("%Y-%m-%d", "") == "refused");
  CHECK(Read("%Y-%m-%d %H:%M", "2011-01-01 24:00") == "refused");
  CHECK(Read("%Y-%m-%d %I:%M %p", "2011-01-01 13:00 pm") == "refused");
  CHECK(Read("%Y-%m-%d", "99-01-01") == "refused");
}

TEST_CASE("a zone's clocks", "[date_format]") {
  const char* format = "%Y-%m-%d %H:%M";
  CHECK(Read(format, "2011-06-01 00:00", "Europe/London") == "2011-05-31T23:00:00");
  CHECK(Read(format, "2011-12-05 00:00", "Europe/London") == "2011-12-05T00:00:00");
  SECTION("a time that comes twice is the later one") {
    CHECK(Read(format, "2010-10-31 01:30", "Europe/London") == "2010-10-31T01:30:00");
  }
  SECTION("a time that does not come is read with the offset before") {
    CHECK(Read(format, "2011-03-27 01:30", "Europe/London") == "2011-03-27T01:30:00");
  }
}

TEST_CASE("formats are checked when they are compiled", "[date_format]") {
  CHECK_FALSE(DateFormat::Compile("%Y-%m").ok());
  CHECK_FALSE(DateFormat::Compile("%Q").ok());
  CHECK_FALSE(DateFormat::Compile("%Y-%m-%d %").ok());
  CHECK_FALSE(LoadZone("Europe/Atlantis").ok());
  CHECK_FALSE(LoadZone("").ok());
}

TEST_CASE("instants as people type them", "[date_format]") {
  const absl::TimeZone london = *LoadZone("Europe/London");
  CHECK(Utc(*ParseInstant("2011-06-01", &london)) == "2011-05-31T23:00:00");
  CHECK(Utc(*ParseInstant("2011-06-01T00:00", &london)) == "2011-05-31T23:00:00");
  CHECK(Utc(*ParseInstant("2011-06-01 10:20:30", &london)) == "2011-06-01T09:20:30");
  CHECK(Utc(*ParseInstant("2011-06-01T00:00:00Z", nullptr)) == "2011-06-01T00:00:00");
  CHECK(Utc(*ParseInstant("2011-06-01T02:00:00+02:00", &london)) == "2011-06-01T00:00:00");
  CHECK_FALSE(ParseInstant("2011-06-01", nullptr).ok());
  CHECK_FALSE(ParseInstant("yesterday", &london).ok());
}

}  // namespace
}  // namespace daybook::tools
