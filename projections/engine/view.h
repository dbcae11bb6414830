// A view: a named, versioned fold of events into rows, and the state that its queries read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daybook/event/v1/sealed.pb.h"
#include "ledger/vault.h"
#include "projections/engine/event.h"
#include "projections/engine/policies.h"
#include "projections/engine/refusal.h"
#include "projections/engine/rows.h"

namespace daybook::projections {

// Where a fold writes.
class ViewState {
 public:
  virtual ~ViewState() = default;
  // Rows of the event's entity.
  virtual RowGroup& entity() = 0;
  // Rows under a key of an index view (1 to 64 bytes), inside the event's tenant and partition.
  virtual RowGroup& index(std::string_view key) = 0;
  // Keyed hash of a personal text, the only form in which an index view may keep it. 16 bytes.
  virtual std::string HashPersonal(std::string_view text) = 0;
};

// Implement name, version and Apply. Apply is total and pure: no clock, no randomness, no other
// view. One object serves all partitions from several threads: it has no state of its own.
class View {
 public:
  virtual ~View() = default;
  // Lower-case words with '_'; part of the stored name.
  virtual std::string_view name() const = 0;
  // Raise it when Apply or a row changes its meaning: the next start builds the view anew beside
  // the old one.
  virtual uint32_t version() const = 0;
  // Events that Apply wants to see.
  virtual bool Wants(EventType type) const = 0;
  virtual void Apply(const Event& event, ViewState& state) const = 0;
  // True for index views: Apply gets Sealed fields opened (erased ones as `erased`) and must store
  // hashes only.
  virtual bool wants_clear() const { return false; }
};

// Opens sealed values for an answer: clear text, or erased = true.
class Opener {
 public:
  virtual ~Opener() = default;
  virtual std::string Open(const daybook::event::v1::Sealed& value, const EntityRef& person,
                           bool* erased) const = 0;
  // Keyed hash as ViewState::HashPersonal made it.
  virtual std::string HashPersonal(std::string_view tenant, std::string_view text) const = 0;
};

// What a query reads: a view's rows at an instant. For as_of and known_at these are rows folded for
// the occasion.
class ReadScope {
 public:
  virtual ~ReadScope() = default;
  // What is due by then counts as passed, fired or not. now, or as_of.
  virtual Timestamp at() const = 0;
  virtual const std::string& tenant() const = 0;
  virtual const RowGroup& entity() const = 0;  // the query's entity; not in a tenant-wide query
  virtual const Opener& opener() const = 0;
  virtual const PolicySet& policies() const = 0;
  // Tenant-wide queries: entities of this kind that have rows, in order of partition and id,
  // beginning after `after` (a cursor that `visit` was given; empty: from the start), until `visit`
  // returns false. For as_of queries each group is folded for the occasion.
  virtual void ScanEntities(EntityKind kind, std::string_view after,
                            const std::function<bool(std::string_view id, const RowGroup& rows,
                                                     std::string_view cursor)>& visit) const = 0;
  // Rows under an index key in every partition.
  virtual void ScanIndex(std::string_view key,
                         const std::function<void(const RowGroup& rows)>& visit) const = 0;
};

}  // namespace daybook::projections
