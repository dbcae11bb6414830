#include <algorithm>

#include "daybook/v1/backups.pb.h"
#include "server/backup_job.h"
#include "server/services/services.h"

namespace daybook::server {
namespace {

using projections::Caller;
using projections::MaybeRefusal;
using projections::Refuse;
using Where = MethodTable::Where;

constexpr std::string_view kCollection = "backups/";
constexpr size_t kMaxName = 64;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// "backups/NAME" → NAME, which becomes a folder's name: nothing that leads elsewhere.
MaybeRefusal ParseBackup(const std::string& text, std::string* name) {
  if (text.empty()) return Refuse(v1::REASON_FIELD_REQUIRED, "backup", "say which backup");
  const std::string rest = text.starts_with(kCollection) ? text.substr(kCollection.size()) : "";
  const bool good = !rest.empty() && rest.size() <= kMaxName && IsLetterOrDigit(rest[0]) &&
                    std::all_of(rest.begin(), rest.end(), [](char c) {
                      return IsLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
                    });
  if (!good) {
    return Refuse(v1::REASON_FIELD_INVALID, "backup",
                  "not of the form backups/NAME, where NAME has 1 to 64 characters of "
                  "[A-Za-z0-9._-] and begins with a letter or digit");
  }
  *name = rest;
  return std::nullopt;
}

MaybeRefusal FromStatus(const absl::Status& status) {
  const std::string message(status.message());
  if (absl::IsNotFound(status)) return Refuse(v1::REASON_NOT_FOUND, "backup", message);
  if (absl::IsInvalidArgument(status)) return Refuse(v1::REASON_FIELD_INVALID, "backup", message);
  return Refuse(v1::REASON_OVERLOADED, "", message);
}

}  // namespace

std::unique_ptr<MethodTable> MakeBackupService(const CallHost& host, BackupJob* job) {
  auto service = std::make_unique<MethodTable>("daybook.v1.BackupService", host);
  service->Function<v1::CreateBackupRequest, v1::CreateBackupResponse>(
      "CreateBackup", Where::kInBackground,
      [job](const Caller&, const v1::CreateBackupRequest& request,
            v1::CreateBackupResponse* response) -> MaybeRefusal {
        std::string name;
        if (auto refusal = ParseBackup(request.backup(), &name)) return refusal;
        auto backup = job->Begin(name);
        if (!backup.ok()) return FromStatus(backup.status());
        *response->mutable_backup() = *std::move(backup);
        return std::nullopt;
      });
  service->Function<v1::GetBackupRequest, v1::GetBackupResponse>(
      "GetBackup", Where::kAtOnce,
      [job](const Caller&, const v1::GetBackupRequest& request,
            v1::GetBackupResponse* response) -> MaybeRefusal {
        std::string name;
        if (auto refusal = ParseBackup(request.backup(), &name)) return refusal;
        auto backup = job->Find(name);
        if (!backup.ok()) return FromStatus(backup.status());
        *response->mutable_backup() = *std::move(backup);
        return std::nullopt;
      });
  service->Complete();
  return service;
}

}  // namespace daybook::server
