#include "holdfast/vrrp/types.hpp"

#include "holdfast/vrrp/events.hpp"

namespace holdfast::vrrp {

std::string_view to_string(State state) {
    switch (state) {
        case State::Initialize:
            return "INIT";
        case State::Backup:
            return "BACKUP";
        case State::Master:
            return "MASTER";
        case State::Fault:
            return "FAULT";
    }
    return "INIT";
}

std::string_view to_string(Cause cause) {
    switch (cause) {
        case Cause::startup:
            return "startup";
        case Cause::owner_startup:
            return "owner_startup";
        case Cause::master_down:
            return "master_down";
        case Cause::master_resigned:
            return "master_resigned";
        case Cause::preempted_lower:
            return "preempted_lower";
        case Cause::higher_priority_advert:
            return "higher_priority_advert";
        case Cause::higher_address_advert:
            return "higher_address_advert";
        case Cause::two_owners:
            return "two_owners";
        case Cause::fault:
            return "fault";
        case Cause::fault_cleared:
            return "fault_cleared";
        case Cause::group_master:
            return "group_master";
        case Cause::group_backup:
            return "group_backup";
        case Cause::group_fault:
            return "group_fault";
        case Cause::group_fault_cleared:
            return "group_fault_cleared";
        case Cause::timer_expired:
            return "timer_expired";
        case Cause::reload:
            return "reload";
        case Cause::shutdown:
            return "shutdown";
        case Cause::removed:
            return "removed";
    }
    return "startup";
}

}  // namespace holdfast::vrrp
