// What a domain brings: its events, commands, reactions, deadlines, policies, views and queries.
// domains.cc lists them; the engine and the server know domains only through this.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daybook/event/v1/follow_ups.pb.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/message.h"
#include "projections/engine/decision.h"
#include "projections/engine/event.h"
#include "projections/engine/policies.h"
#include "projections/engine/refusal.h"
#include "projections/engine/view.h"

namespace daybook::projections {

// What one recorded request looks like to the function that makes its answer; the same for a repeat
// years later.
struct Recorded {
  const EntityRef& entity;
  std::vector<Event> events;  // of this request; empty if it changed nothing
  bool validate_only = false;
};

// A command: a request message of a service.
struct CommandSpec {
  const google::protobuf::Message* request;   // prototype
  const google::protobuf::Message* response;  // prototype
  // Shape and ranges of the request, with field paths, and the entity that it names. Runs on the
  // caller's thread; sees no state. `tenant` is filled in already.
  std::function<MaybeRefusal(const google::protobuf::Message& request, EntityRef* entity)> validate;
  // (state, command, context) -> events | refusal.
  std::function<MaybeRefusal(const google::protobuf::Message& request, Decision& decision)> decide;
  // The answer from the events alone; the receipt is the engine's.
  std::function<void(const Recorded& recorded, google::protobuf::Message* response)> answer;
  // True: always decided as if validate_only were set ("what would happen").
  bool dry_run = false;
  // True: answered only when every deadline that the command made due has fired and is durable.
  bool settles_deadlines = false;
};

// A domain's interest in another's event, in the same decision and commit: order → points. Runs
// after the event was applied; cannot refuse.
struct ReactionSpec {
  EventType on;
  std::function<void(const Event& event, Decision& decision)> react;
};

// What happens when a deadline falls due. `fire` emits the events; they occurred at the due
// instant.
struct DeadlineSpec {
  uint16_t kind;         // frozen: stored with each armed deadline
  int64_t grace_micros;  // an activity recorded by due + grace still wins
  std::function<void(const Deadline& deadline, Decision& decision)> fire;
};

// An event that wants a command to be carried out at another entity, once its commit is durable:
// points that left one account → the command that brings them to the other. The engine sends it,
// with an id of its own, until the target has answered, and records the answer in the entity of the
// event as FollowUpAnswered. The target carries it out once; follow-ups of one entity may arrive in
// another order than they were wanted.
struct FollowUpSpec {
  EventType on;
  // The command, from the event alone: the request message of a CommandSpec for an entity of the
  // same tenant. Its facts happened when the event happened.
  std::function<std::unique_ptr<google::protobuf::Message>(const Event& wanted)> command;
  // What the answer means for the entity of the event: emits events behind FollowUpAnswered, in its
  // commit. Cannot refuse.
  std::function<void(const Event& wanted, const daybook::event::v1::FollowUpAnswered& answer,
                     Decision& decision)>
      answered;
};

// An event of the registry that publishes a policy.
struct PolicySpec {
  EventType published_by;
  // The id of the policy in its tenant and the form that rules use.
  std::function<std::string(const google::protobuf::Message& payload)> id;
  std::function<std::shared_ptr<const Policy>(const google::protobuf::Message& payload)> compile;
};

// A question to one view.
struct QuerySpec {
  const google::protobuf::Message* request;   // prototype
  const google::protobuf::Message* response;  // prototype
  std::string view;                           // name
  // Shape of the request; sets `entity` if the query is about one, else leaves its id empty
  // (tenant-wide).
  std::function<MaybeRefusal(const google::protobuf::Message& request, EntityRef* entity)> validate;
  // Fills the response from the rows. `page_token` of the request holds the bare cursor that an
  // earlier read left in `next_page_token` of the response (any bytes; empty: first page, no
  // further page): the engine makes opaque tokens of cursors, signs them and binds them to the
  // query.
  std::function<MaybeRefusal(const ReadScope& scope, const google::protobuf::Message& request,
                             google::protobuf::Message* response)>
      read;
};

struct Domain {
  std::string name;
  std::vector<EventSpec> events;
  std::vector<CommandSpec> commands;
  std::vector<ReactionSpec> reactions;
  std::vector<DeadlineSpec> deadlines;
  std::vector<FollowUpSpec> follow_ups;
  std::vector<PolicySpec> policies;
  std::vector<std::unique_ptr<View>> views;
  std::vector<QuerySpec> queries;
  // Folds an event of any domain into decision state; ignores what it does not know.
  std::function<void(const Event& event, EntityState& state)> apply;
};

// Typed versions of the specs' functions, so that domains write `MaybeRefusal Decide(const
// XRequest&, Decision&)`.
template <typename Request, typename Response>
CommandSpec Command(MaybeRefusal (*validate)(const Request&, EntityRef*),
                    MaybeRefusal (*decide)(const Request&, Decision&),
                    void (*answer)(const Recorded&, Response*)) {
  return {&Request::default_instance(), &Response::default_instance(),
          [validate](const google::protobuf::Message& request, EntityRef* entity) {
            return validate(static_cast<const Request&>(request), entity);
          },
          [decide](const google::protobuf::Message& request, Decision& decision) {
            return decide(static_cast<const Request&>(request), decision);
          },
          [answer](const Recorded& recorded, google::protobuf::Message* response) {
            answer(recorded, static_cast<Response*>(response));
          }};
}

// A command that only follow-ups send: nobody reads an answer.
template <typename Request>
CommandSpec FollowUpCommand(MaybeRefusal (*validate)(const Request&, EntityRef*),
                            MaybeRefusal (*decide)(const Request&, Decision&)) {
  return Command<Request, google::protobuf::Empty>(
      validate, decide, [](const Recorded&, google::protobuf::Empty*) {});
}

template <typename Request, typename Response>
QuerySpec Query(std::string view, MaybeRefusal (*validate)(const Request&, EntityRef*),
                MaybeRefusal (*read)(const ReadScope&, const Request&, Response*)) {
  return {&Request::default_instance(), &Response::default_instance(), std::move(view),
          [validate](const google::protobuf::Message& request, EntityRef* entity) {
            return validate(static_cast<const Request&>(request), entity);
          },
          [read](const ReadScope& scope, const google::protobuf::Message& request,
                 google::protobuf::Message* response) {
            return read(scope, static_cast<const Request&>(request),
                        static_cast<Response*>(response));
          }};
}

template <typename Payload>
EventSpec EventOf(EventType type, uint16_t schema_version = 1, uint32_t ledger_level = 1) {
  return {type, schema_version, ledger_level, &Payload::default_instance()};
}

}  // namespace daybook::projections
