// Whether what an earlier run has left in this network namespace may be taken for ours.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::app {

/// Whether a process in this network namespace has a VRRP socket open: addresses and routes with our mark may
/// then be those of another daemon. To be asked before our own sockets are open.
bool vrrp_is_spoken_here(const std::string& proc = "/proc");

/// The same of the text of /proc/net/raw or raw6: the local port of a raw socket is its protocol.
bool lists_vrrp_socket(std::string_view table);

}  // namespace holdfast::app
