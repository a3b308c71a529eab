// All BFD sessions of a generation: datagrams and time go to their machines, what the machines want goes to
// the wire, the log, and to whoever follows a session (track_bfd, BFD_CHECK).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/app/edges.hpp"
#include "holdfast/bfd/link.hpp"
#include "holdfast/bfd/session.hpp"

namespace holdfast::app {

class BfdService {
  public:
    /// Told when a neighbour becomes reachable or stops being it; may not destroy the service.
    using Listener = std::function<void(const bfd::SessionSettings& session, bool up)>;

    BfdService(Edges& edges, Listener listener);
    ~BfdService();

    /// The first generation, or the next one: sessions are known by name. One whose neighbour and sockets
    /// stay the same keeps its state; changed timers are negotiated by a poll sequence.
    void load(const std::vector<bfd::SessionSettings>& sessions);
    /// Ends all sessions. The neighbours notice by their detection time, as with the reference.
    void stop();

    /// Whether the session is Up; false for an unknown name.
    bool is_up(std::string_view name) const;
    /// In configuration order, for dumps and status.
    std::vector<const bfd::Session*> sessions() const;

  private:
    class Runner;

    void received(const bfd::ReceivedDatagram& datagram);
    Runner* find(const bfd::ReceivedDatagram& datagram, uint32_t discriminator) const;
    uint32_t new_discriminator() const;

    Edges& edges_;
    Listener listener_;
    std::vector<std::unique_ptr<Runner>> runners_;
};

}  // namespace holdfast::app
