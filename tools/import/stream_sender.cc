#include <deque>
#include <optional>
#include <thread>

#include "daybook/v1/ingest.grpc.pb.h"
#include "tools/import/sender.h"

namespace daybook::tools {
namespace {

constexpr std::chrono::milliseconds kFirstPause(50);
constexpr std::chrono::milliseconds kLongestPause(1000);

class StreamSender : public Sender {
 public:
  StreamSender(const Connection& connection, std::chrono::milliseconds retry_for)
      : stub_(connection.NewStub<v1::IngestService>()), retry_for_(retry_for) {}

  ~StreamSender() override {
    if (stream_ == nullptr) return;
    if (!batches_.empty()) context_->TryCancel();
    EndStream();
  }
  StreamSender(const StreamSender&) = delete;
  StreamSender& operator=(const StreamSender&) = delete;

  std::optional<Failure> Send(v1::IngestRequest batch) override {
    batch.set_batch(++last_batch_);
    batches_.push_back(std::move(batch));
    if (stream_ != nullptr && stream_->Write(batches_.back())) return std::nullopt;
    return Reopen();
  }

  std::optional<Failure> Receive(BatchOutcome& outcome) override {
    while (stream_ == nullptr || !stream_->Read(&outcome.response)) {
      if (auto failure = Reopen()) return failure;
    }
    last_life_ = std::chrono::steady_clock::now();
    pause_ = kFirstPause;
    outcome.request = std::move(batches_.front());
    batches_.pop_front();
    if (outcome.response.batch() == outcome.request.batch()) return std::nullopt;
    return Failure{
        grpc::StatusCode::INTERNAL, "", "the server acknowledged batches out of order", {}};
  }

  size_t in_flight() const override { return batches_.size(); }

 private:
  // Opens the stream and sends everything that was not acknowledged.
  std::optional<Failure> Reopen() {
    while (true) {
      if (stream_ != nullptr) {
        const Failure failure = ReadFailure(EndStream());
        const bool may_mend =
            ToExitCode(failure) == ExitCode::kUnreachable || IsRetryable(failure.reason);
        const auto silence = std::chrono::steady_clock::now() - last_life_;
        if (!may_mend || silence > retry_for_) return failure;
        std::this_thread::sleep_for(pause_);
        pause_ = std::min(pause_ * 2, kLongestPause);
      }
      context_ = std::make_unique<grpc::ClientContext>();
      stream_ = stub_->Ingest(context_.get());
      bool written = true;
      for (const v1::IngestRequest& batch : batches_) {
        if (!(written = stream_->Write(batch))) break;
      }
      if (written) return std::nullopt;
    }
  }

  grpc::Status EndStream() {
    // The status comes only after the last message; acknowledgements lost here come again as
    // repeats.
    v1::IngestResponse response;
    stream_->WritesDone();
    while (stream_->Read(&response)) {
    }
    const grpc::Status status = stream_->Finish();
    stream_.reset();
    if (!status.ok()) return status;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server ended the stream");
  }

  std::unique_ptr<v1::IngestService::Stub> stub_;
  const std::chrono::milliseconds retry_for_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::IngestRequest, v1::IngestResponse>> stream_;
  std::deque<v1::IngestRequest> batches_;
  uint64_t last_batch_ = 0;
  std::chrono::steady_clock::time_point last_life_ = std::chrono::steady_clock::now();
  std::chrono::milliseconds pause_ = kFirstPause;
};

}  // namespace

std::unique_ptr<Sender> NewStreamSender(const Connection& connection,
                                        std::chrono::milliseconds retry_for) {
  return std::make_unique<StreamSender>(connection, retry_for);
}

}  // namespace daybook::tools
