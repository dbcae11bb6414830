// What the programs of tools/ return to the shell. Documented in tools/README.md; scripts rely on
// the numbers.
#pragma once

namespace daybook::tools {

enum class ExitCode : int {
  // Done.
  kOk = 0,
  // The server said no: the request is wrong or the facts forbid it. Asking again gives the same
  // answer. Of files: somebody else has them open, or they are not what the command is for.
  kRefused = 1,
  // The command line, or a file that it names, does not say what to do.
  kUsage = 2,
  // No server there, or it cannot answer now. Asking again with the same request id is safe.
  kUnreachable = 3,
  // An import went through, but lines were refused.
  kPartlyRefused = 4,
  // Input or output failed, or something broke inside.
  kBroken = 5,
  // What is stored is damaged; the findings say where.
  kDamaged = 6,
};

}  // namespace daybook::tools
