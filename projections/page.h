// A page of a list while it is filled: it ends when it has the items that were asked for, or when
// it holds as many bytes as an answer may.
#pragma once

#include <cstddef>
#include <cstdint>

#include "google/protobuf/message_lite.h"

namespace daybook::projections {

// Clients read messages of up to 4 MiB unless they are told otherwise, and answers under way are
// memory of the server. What is left is for the last item: a recorded fact has at most 256 KiB, and
// a profile is smaller than the rest.
inline constexpr size_t kMaxPageBytes = 3 * 1024 * 1024;

class Page {
 public:
  explicit Page(int32_t size) : size_(size) {}

  // True if the next item belongs to the next page; never before there is one.
  bool full() const { return items_ > 0 && (items_ >= size_ || bytes_ >= kMaxPageBytes); }
  // Counts an item that was filled in.
  void Add(const google::protobuf::MessageLite& item) {
    ++items_;
    bytes_ += item.ByteSizeLong();
  }

 private:
  const int32_t size_;
  int32_t items_ = 0;
  size_t bytes_ = 0;
};

}  // namespace daybook::projections
