// The way of commands to the server, in batches that keep their order.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "daybook/v1/ingest.pb.h"
#include "tools/common/connection.h"
#include "tools/common/failure.h"

namespace daybook::tools {

// A batch as it was sent, and what became of it.
struct BatchOutcome {
  v1::IngestRequest request;
  v1::IngestResponse response;
};

// One thread sends and receives. Outcomes come in the order of sending.
class Sender {
 public:
  virtual ~Sender() = default;

  // Hands a batch over; the failure if the server cannot be reached for as long as the sender
  // tries.
  virtual std::optional<Failure> Send(v1::IngestRequest batch) = 0;
  // Waits for the oldest batch; call it only while in_flight() > 0.
  virtual std::optional<Failure> Receive(BatchOutcome& outcome) = 0;
  // Batches sent and not received.
  virtual size_t in_flight() const = 0;
};

// Over IngestService.Ingest. A stream that breaks is opened again and what was not acknowledged is
// sent again, in order, for `retry_for` after the last sign of life: request ids make that safe.
std::unique_ptr<Sender> NewStreamSender(const Connection& connection,
                                        std::chrono::milliseconds retry_for);

// Over the services' own methods, one call after the other. Says of every item that it was accepted
// now: an answer does not tell a repeat from the first time.
std::unique_ptr<Sender> NewUnarySender(const Connection& connection,
                                       std::chrono::milliseconds retry_for);

}  // namespace daybook::tools
