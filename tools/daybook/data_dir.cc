#include "tools/daybook/data_dir.h"

#include "ledger/data_files.h"
#include "ledger/identity.h"
#include "projections/engine/fold_reader.h"

namespace daybook::tools {

void AddDataDir(CLI::App& verb, std::string* directory) {
  *directory = "var";
  verb.add_option("--data-dir", *directory, "Data directory of a server that is not running")
      ->envname("DAYBOOK_DATA_DIR")
      ->capture_default_str();
}

ledger::PayloadTypes KnownPayloads(const projections::Catalogue& catalogue) {
  const projections::EventCatalogue* const events = &catalogue.events();
  return [events](uint16_t type, uint16_t version) -> const google::protobuf::Message* {
    const projections::EventSpec* const spec = events->Find(type);
    return spec == nullptr || version > spec->schema_version ? nullptr : spec->prototype;
  };
}

void ReadClaims(const std::string& data, ledger::VerifyOptions* options, std::string* problem) {
  const ledger::DataFiles files(data);
  const auto identity = ledger::ReadIdentity(options->file_system, files.ledger.identity);
  const auto database = projections::OpenFoldDatabaseReadOnly(files.views);
  if (!database.ok()) *problem = std::string(database.status().message());
  if (!identity.ok() || !database.ok()) return;
  for (const std::string& name : (*database)->List()) {
    const auto storage = (*database)->Open(name);
    const auto state = storage.ok() ? (*storage)->LoadState() : storage.status();
    if (!state.ok()) {
      *problem = std::string(state.status().message());
      continue;
    }
    if (state->ledger != identity->id) {
      if (!state->positions.empty()) *problem = name + " is of another ledger";
      continue;
    }
    const std::string who = "views/" + name;
    if (state->place.group.value() > 0) options->places.push_back({who, state->place});
    for (const auto& [partition, position] : state->positions) {
      options->positions.push_back({who, partition, position.sequence, position.hash});
    }
  }
}

std::unique_ptr<ledger::MasterKeySource> MasterKeyIn(const std::string& data,
                                                     const std::string& file) {
  const std::string path = file.empty() ? ledger::DataFiles(data).master_key : file;
  return std::make_unique<ledger::CallbackMasterKey>([path]() -> absl::StatusOr<std::string> {
    const auto opened = ledger::ReadOnlyFileSystem()->Open(path, /*create=*/false);
    if (!opened.ok()) return opened.status();
    constexpr size_t kMaxBytes = 128;
    std::string text;
    const absl::Status read = (*opened)->ReadAt(0, kMaxBytes, &text);
    if (!read.ok()) return read;
    return text;
  });
}

void FailOnFiles(Cli& cli, const absl::Status& status) {
  cli.Fail(status);
  if (absl::IsFailedPrecondition(status) || absl::IsAlreadyExists(status)) {
    cli.exit_code = ExitCode::kRefused;
  } else if (absl::IsDataLoss(status)) {
    cli.exit_code = ExitCode::kDamaged;
  }
}

}  // namespace daybook::tools
