// The zone check of validation.h. absl remembers every name that it was asked for, also wrong ones,
// for ever; so a name reaches it only if the machine has a file for it, and strangers cannot fill
// the memory with rubbish.
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "projections/engine/validation.h"

namespace daybook::projections {
namespace {

constexpr size_t kMaxZoneBytes = 64;

bool HasZoneShape(std::string_view zone) {
  if (zone.size() > kMaxZoneBytes || !absl::ascii_isalpha(static_cast<unsigned char>(zone[0])))
    return false;
  for (const char c : zone) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '/' && c != '_' && c != '-' &&
        c != '+') {
      return false;
    }
  }
  // Copies of the database under other rules, and the machine's own setting: not IANA names.
  return !zone.starts_with("right/") && !zone.starts_with("posix/") && zone != "posixrules" &&
         zone != "localtime" && zone != "Factory" && !zone.starts_with("Fixed/");
}

bool LoadsFromDisk(const std::string& zone) {
  const char* directory = std::getenv("TZDIR");
  std::error_code error;
  const std::filesystem::path file =
      std::filesystem::path(directory != nullptr ? directory : "/usr/share/zoneinfo") / zone;
  if (!std::filesystem::is_regular_file(file, error)) return false;
  absl::TimeZone loaded;
  return absl::LoadTimeZone(zone, &loaded);
}

bool IsKnownZone(const std::string& zone) {
  if (zone == "UTC") return true;  // needs no file
  static std::mutex mutex;
  static auto* const known =
      new absl::flat_hash_set<std::string>;  // never destroyed: used by late threads
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (known->contains(zone)) return true;
  }
  if (!LoadsFromDisk(zone)) return false;
  std::lock_guard<std::mutex> lock(mutex);
  known->insert(zone);
  return true;
}

}  // namespace

MaybeRefusal CheckZone(std::string_view field, std::string_view zone, Presence presence) {
  if (zone.empty()) {
    if (presence == Presence::kOptional) return std::nullopt;
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, std::string(field), "a zone is required");
  }
  if (!HasZoneShape(zone)) {
    return Refuse(daybook::v1::REASON_ZONE_UNKNOWN, std::string(field),
                  "not the name of an IANA zone");
  }
  if (!IsKnownZone(std::string(zone))) {
    return Refuse(daybook::v1::REASON_ZONE_UNKNOWN, std::string(field),
                  fmt::format("'{}' is not an IANA zone", zone));
  }
  return std::nullopt;
}

}  // namespace daybook::projections
