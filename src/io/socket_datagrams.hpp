#pragma once

#include <memory>
#include <vector>

#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/streams.hpp"
#include "ping_permission.hpp"

namespace holdfast::io {

/// `buffer` is lent for reading; one socket reads at a time.
std::unique_ptr<Datagrams> make_socket_datagrams(EventLoop& loop, std::vector<uint8_t>& buffer,
                                                 PingPermission& permission, const DatagramRequest& request,
                                                 DatagramHandler& handler);

}  // namespace holdfast::io
