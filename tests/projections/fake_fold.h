// The rows of one fold in World: groups of entities and of index keys, over a disk of the tests.
#pragma once

#include <string>
#include <string_view>

#include "tests/projections/fakes.h"
#include "tests/projections/memory_source.h"

namespace daybook::projections::testing {

struct World::Fold {
  MemorySource source;
  RowTable table{&source};

  static std::string GroupKey(const EntityRef& entity) { return "e" + EntityKey(entity); }
  RowGroup& Group(const EntityRef& entity) { return table.Group(GroupKey(entity)); }
  RowGroup& Index(std::string_view tenant, std::string_view key) {
    CheckInvariant(!key.empty() && key.size() <= 64, "an index key has 1 to 64 bytes");
    return table.Group("i" + std::string(tenant) + '\0' + std::string(key));
  }
  void Flush() {
    source.Flush(&table);
    table.Clear();
  }
};

}  // namespace daybook::projections::testing
