// Names in a server's data directory, and in the folder of a backup, which has the same shape.
#pragma once

#include <string>

#include "ledger/embedded_files.h"

namespace daybook::ledger {

struct DataFiles {
  explicit DataFiles(const std::string& data)
      : lock(data + "/LOCK"),
        ledger_directory(data + "/ledger"),
        vault_directory(data + "/vault"),
        vault(vault_directory + "/vault"),
        master_key(vault_directory + "/master.key"),
        views(data + "/views"),
        manifest(data + "/manifest.json"),
        unfinished(data + "/unfinished"),
        ledger(ledger_directory) {}

  const std::string lock, ledger_directory, vault_directory, vault, master_key, views;
  const std::string manifest;    // of a finished backup
  const std::string unfinished;  // while a backup is being made
  const EmbeddedFiles ledger;
};

}  // namespace daybook::ledger
