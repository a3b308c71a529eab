// FILE_CHECK and BFD_CHECK run nothing: they follow a number in a file and the state of a session.
#pragma once

#include <cstdint>

namespace holdfast::check {

/// What a followed object says about a server.
struct Opinion {
    bool up = true;
    int64_t contribution = 0;  ///< To the server's weight.
    friend bool operator==(const Opinion&, const Opinion&) = default;
};

/// A file's number for a FILE_CHECK with this weight (its own or the track_file's), as keepalived's
/// track_file(s) do it: weight 0 means up while the number is 0, or with `reverse` while it is not; otherwise
/// number times weight (times -1 with `reverse`) is added to the server's weight, and a product below what
/// fits into 32 bits is down.
Opinion judge_file(int weight, bool reverse, int64_t number);

}  // namespace holdfast::check
