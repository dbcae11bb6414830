// Keeps batches of commands on their way and deals with what the server says about them.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "tools/import/command.h"
#include "tools/import/importer.h"
#include "tools/import/sender.h"

namespace daybook::tools {

// Not thread-safe. A refusal that may pass (queue full, ...) is sent again, a bad line is taken out
// of its command and the rest sent again, a closed session ends the import, every other refusal
// refuses the command's lines. What is sent again goes behind what is on its way already: only with
// one command in flight is the order exact even then.
class Pump {
 public:
  struct Limits {
    size_t batch_items;
    size_t batches_in_flight;
  };

  // All must outlive the pump.
  Pump(Sender& sender, const Limits& limits, const CommandBuilder& builder, const Intake& intake,
       RefusedLines& refused, ImportSummary& summary);

  // Takes a command; sends when a batch is full and waits when too many are in flight.
  std::optional<Failure> Push(Command command);
  // Sends and receives all that is left: then every command pushed so far is settled.
  std::optional<Failure> Drain();

 private:
  std::optional<Failure> Put(Command command);
  std::optional<Failure> SendBatch();
  std::optional<Failure> ReceiveBatch();
  std::optional<Failure> HandleRefusal(Command command, const v1::IngestRefusal& refusal);
  void RefuseAll(const Command& command, const Refusal& refusal);

  Sender& sender_;
  const Limits limits_;
  const CommandBuilder& builder_;
  const Intake& intake_;
  RefusedLines& refused_;
  ImportSummary& summary_;
  std::vector<Command> next_;
  size_t next_bytes_ = 0;
  std::deque<std::vector<Command>> sent_;
  std::deque<Command> again_;
};

}  // namespace daybook::tools
