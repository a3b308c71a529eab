// Between IpAddress and the socket API.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "holdfast/base/address.hpp"

namespace holdfast::kernel {

/// A sockaddr_in or sockaddr_in6. The scope is given to IPv6 link-local and multicast addresses only.
class SocketAddress {
  public:
    SocketAddress(const IpAddress& address, uint16_t port, InterfaceIndex scope);
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t size() const { return size_; }

  private:
    sockaddr_storage storage_{};
    socklen_t size_ = 0;
};

/// The address of an AF_INET or AF_INET6 sockaddr; 0.0.0.0 for anything else.
IpAddress address_of(const sockaddr_storage& storage);

}  // namespace holdfast::kernel
