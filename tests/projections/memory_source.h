// Rows that were taken from a table, in memory: the disk of the tests.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "projections/engine/rows.h"

namespace daybook::projections::testing {

// Flush moves a table's changes here. Not thread-safe.
class MemorySource : public RowSource {
 public:
  void Flush(RowTable* table);
  bool Load(std::string_view group, std::string_view row, std::string* bytes) const override;
  void Scan(std::string_view group, std::string_view lower, std::string_view upper, ScanOrder order,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  void ScanGroups(std::string_view from,
                  const std::function<bool(std::string_view)>& visit) const override;
  // Every group, key and row; equal texts mean equal states.
  std::string Dump() const;
  size_t row_count() const;

 private:
  std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> groups_;
};

}  // namespace daybook::projections::testing
