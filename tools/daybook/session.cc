#include "daybook/v1/imports.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::ImportService;

void AddSession(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "session", "Import sessions: open, close, show");

  auto open = NewVerb<ImportService>(cli, noun, "open", "Open a session for history",
                                     &ImportService::Stub::OpenImportSession);
  open.Required("session_id", "Id of the session")
      .Required("--from", "Where the history comes from", "source");
  open.Call();

  auto close =
      NewVerb<ImportService>(cli, noun, "close", "Close a session: what was due fires in due order",
                             &ImportService::Stub::CloseImportSession);
  close.Required("session_id", "Id of the session");
  close.Call();

  auto show = NewVerb<ImportService>(cli, noun, "show", "One session",
                                     &ImportService::Stub::GetImportSession);
  show.Required("session_id", "Id of the session");
  show.Call();
}

}  // namespace daybook::tools
