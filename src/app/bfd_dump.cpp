// keepalived_bfd.data.
#include <fmt/chrono.h>

#include "dump_text.hpp"
#include "holdfast/app/data_dump.hpp"

namespace holdfast::app {

namespace {

int64_t microseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

std::string seen_text(WallClock at) {
    const auto since_epoch =
        std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
    const std::time_t seconds = since_epoch / 1'000'000;
    return fmt::format("{}.{:06} ({:%a %b %e %H:%M:%S %Y}.{:06})", seconds, since_epoch % 1'000'000,
                       fmt::localtime(seconds), since_epoch % 1'000'000);
}

void session(DumpText& out, const BfdView& view) {
    const bfd::SessionSettings& settings = view.settings;
    const bool v4 = settings.neighbor.is_v4();
    out.line(" BFD Instance = {}", settings.name);
    out.line("   Neighbor IP = {}", settings.neighbor.to_string());
    if (settings.source) out.line("   Source IP = {}", settings.source->to_string());
    out.line("   Required min RX interval = {} us", microseconds(settings.min_rx));
    out.line("   Desired min TX interval = {} us", microseconds(settings.min_tx));
    out.line("   Desired idle TX interval = {} us", microseconds(settings.idle_tx));
    out.line("   Detection multiplier = {}", settings.multiplier);
    out.line("   {} = {}", v4 ? "TTL" : "hoplimit", settings.ttl.value_or(v4 ? 255 : 64));
    out.line("   max_hops = {}", settings.max_hops);
    out.line("   passive = {}", true_false(settings.passive));
    out.line("   send event to VRRP process = {}", settings.for_vrrp ? "Yes" : "No");
    out.line("   send event to checker process = {}", settings.for_checker ? "Yes" : "No");
    out.line("   local state = {}", bfd::name_of(view.state));
    out.line("   remote state = {}", bfd::name_of(view.remote.state));
    out.line("   local discriminator = {:#x}", view.discriminator);
    out.line("   remote discriminator = {:#x}", view.remote.my_discriminator);
    out.line("   local diag = {}", bfd::name_of(view.diagnostic));
    out.line("   remote diag = {}", bfd::name_of(view.remote.diagnostic));
    out.line("   remote min tx intv = {} us", view.remote.desired_min_tx);
    out.line("   remote min rx intv = {} us", view.remote.required_min_rx);
    out.line("   local demand = 0");
    out.line("   remote demand = {}", view.remote.demand ? 1 : 0);
    out.line("   remote detect multiplier = {}", view.remote.detect_multiplier);
    out.line("   {}poll, !final", view.polling ? "" : "!");
    out.line("   local tx intv = {} us", view.timers.local_tx);
    out.line("   remote tx intv = {} us", view.timers.remote_tx);
    out.line("   local detection time = {} us", view.timers.local_detect);
    out.line("   remote detection time = {} us", view.timers.remote_detect);
    if (view.last_seen)
        out.line("   last seen = {}", seen_text(*view.last_seen));
    else
        out.line("   last_seen = [never]");
}

}  // namespace

std::string bfd_data(const DaemonView& view) {
    DumpText out;
    dump_global(out, view.global, GlobalPart::others);
    out.section("BFD Data");
    if (!view.bfd_sessions.empty()) out.section("BFD Topology");
    for (const BfdView& one : view.bfd_sessions) session(out, one);
    return out.take();
}

}  // namespace holdfast::app
