// Parts of Daemon::view that more than one kind of object has.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "holdfast/app/network.hpp"
#include "holdfast/app/views.hpp"
#include "holdfast/app/vrrp_service.hpp"
#include "holdfast/config/config.hpp"
#include "holdfast/vrrp/link.hpp"

namespace holdfast::app {

std::optional<std::string> command_text(const Rare<notify::Command>& command);
NotifyView notify_view(const notify::ScriptSettings& scripts);
/// What a script does, in words: `</path` is opened, not run.
std::string script_text(const track::ScriptSettings& script);
TracksView tracks_view(const config::Config& config, std::span<const track::Source> sources);
/// `owned`: those that are present are ours at this moment. `drops`: packets to those are dropped.
std::vector<std::string> address_list(const std::vector<netstate::AddressSettings>& addresses,
                                      const netstate::Mirror& mirror, bool owned, bool drops = false);
/// `owned` as above: an installed route without `dev` is shown with the interface the kernel has chosen.
std::vector<std::string> route_list(const std::vector<netstate::RouteSettings>& routes,
                                    const netstate::Mirror& mirror, bool owned);
std::vector<std::string> rule_list(const std::vector<netstate::RuleSettings>& rules);
InstanceView instance_view(const config::Config& config, const Edges& edges, const Network& network,
                           const VrrpInstance& instance);

}  // namespace holdfast::app
