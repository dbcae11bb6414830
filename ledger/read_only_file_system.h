// The real file system for looking only: files are opened for reading, whatever would change
// something fails with FailedPrecondition, and Lock shares with others who look (NotFound if the
// file is not there: nothing is made). What verifies a ledger uses it, so that it cannot repair
// anything by accident.
#pragma once

#include "ledger/file_system.h"

namespace daybook::ledger {

// Lives for ever. Thread-safe.
FileSystem* ReadOnlyFileSystem();

}  // namespace daybook::ledger
