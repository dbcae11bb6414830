// One command of the program that is one call of the server: its options, the call, the printed
// answer.
#pragma once

#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tools/common/output.h"
#include "tools/common/request_id.h"
#include "tools/daybook/cli.h"
#include "tools/daybook/draft.h"

namespace daybook::tools {

// Fills the request from the draft; sets the exit code and gives false if the command line is
// wrong. Requests with a field `request_id` that is empty get a random one.
bool FillRequest(Cli& cli, const Draft& draft, google::protobuf::Message& request);

// Copies the next page's token from an answer into the request; false at the end.
bool TurnPage(const google::protobuf::Message& response, google::protobuf::Message& request);
// Sets page_size to what is still wanted (0: no bound), at most the server's bound.
void SetPageSize(google::protobuf::Message& request, uint64_t wanted);
// The elements of the answer's list.
std::vector<const google::protobuf::Message*> ListElements(
    const google::protobuf::Message& response, const std::string& list);

// First the options, then once what is to be done: Call or List.
template <typename Service, typename Request, typename Response>
class Verb : public VerbOptions {
 public:
  using Stub = typename Service::Stub;
  using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

  Verb(Cli& cli, CLI::App& noun, const std::string& name, const std::string& help, Method method)
      : VerbOptions(noun, name, help), cli_(cli), method_(method) {}

  // Prints the answer.
  void Call() {
    app().callback([&cli = cli_, method = method_, draft = draft()] {
      Request request;
      if (!FillRequest(cli, *draft, request)) return;
      const Connection connection = cli.Connect();
      const auto stub = connection.NewStub<Service>();
      Response response;
      const grpc::Status status = connection.Call(*stub, method, request, response);
      status.ok() ? cli.Print(response) : cli.Fail(ReadFailure(status));
    });
  }

  // Prints all pages of the answer's list.
  void List(const std::string& list, const std::vector<std::string>& columns) {
    const auto limit = std::make_shared<uint64_t>(0);
    app().add_option("--limit", *limit, "At most this many; 0: all");
    app().callback([&cli = cli_, method = method_, draft = draft(), limit, list, columns] {
      Request request;
      if (!FillRequest(cli, *draft, request)) return;
      const Connection connection = cli.Connect();
      const auto stub = connection.NewStub<Service>();
      uint64_t printed = 0;
      while (true) {
        SetPageSize(request, *limit == 0 ? 0 : *limit - printed);
        Response response;
        const grpc::Status status = connection.Call(*stub, method, request, response);
        if (!status.ok()) return cli.Fail(ReadFailure(status));
        const auto elements = ListElements(response, list);
        if (!elements.empty() || printed == 0) cli.PrintList(elements, columns);
        printed += elements.size();
        if (!FlushOutput()) return;
        if ((*limit != 0 && printed >= *limit) || !TurnPage(response, request)) return;
      }
    });
  }

 private:
  Cli& cli_;
  const Method method_;
};

// Deduces the types from the method: `NewVerb<SalesService>(cli, noun, "show", "...",
// &SalesService::Stub::GetOrder)`.
template <typename Service, typename Request, typename Response>
Verb<Service, Request, Response> NewVerb(
    Cli& cli, CLI::App& noun, const std::string& name, const std::string& help,
    grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  return Verb<Service, Request, Response>(cli, noun, name, help, method);
}

}  // namespace daybook::tools
