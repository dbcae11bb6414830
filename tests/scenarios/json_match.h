// Whether an answer has what a scenario expects of it.
#pragma once

#include <string>

#include "google/protobuf/struct.pb.h"

namespace daybook::scenarios {

// Compares `found` with `expected`, both JSON. Of an object only the expected keys count, and an
// expected null means that the key is not there; a list must have as many elements, each as
// expected; numbers equal their decimal text, as protobuf prints 64-bit ones quoted. Gives "" or
// the first difference with its path.
std::string FirstDifference(const google::protobuf::Value& expected,
                            const google::protobuf::Value& found, const std::string& path = "");

}  // namespace daybook::scenarios
