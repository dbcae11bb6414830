// A caller with a token: any method by name, with any request, over the server's own wire.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <vector>

#include "daybook/v1/access.grpc.pb.h"
#include "daybook/v1/tenants.grpc.pb.h"
#include "tests/server/test_server.h"

namespace daybook::server {

// What came back: what a client is told, and the bytes of the first answer.
struct Reply {
  Told told;
  std::string bytes;
  std::string message;  // of a refusal
};

class TokenClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // Empty: no token is sent.
  TokenClient(TestServer* server, std::string token) : server_(server), token_(std::move(token)) {}
  // The way in of a server that asks for tokens.
  static TokenClient First(TestServer* server);

  // `method`: "daybook.v1.SalesService/RecordOrder". A stream is read once and then left.
  Reply Ask(const std::string& method, const google::protobuf::Message& request,
            const Headers& headers = {}) const;

  // Calls that must succeed.
  template <typename Response>
  Response Get(const std::string& method, const google::protobuf::Message& request,
               const Headers& headers = {}) const {
    Response response;
    Parse(method, Ask(method, request, headers), &response);
    return response;
  }
  // A token with these roles, issued by this caller; `tenant` as "tenants/T", empty: its own.
  TokenClient Issue(const std::string& token_id, const std::vector<event::v1::Role>& roles,
                    const std::string& tenant = "") const;

 private:
  static void Parse(const std::string& method, const Reply& reply,
                    google::protobuf::Message* response);

  TestServer* server_;
  std::string token_;
};

}  // namespace daybook::server
