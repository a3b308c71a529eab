// Who wants what, and what is to be done about it. The reconciler knows for every owner (an instance, or the
// static blocks) its objects and whether they shall be present now, remembers what it has seen installed, and
// gives the requests that are due. It talks to nobody: network_state.hpp drives it.
//
// An owner that holds: every object is installed, adopted when it is already there, and put back when it is
// lost; a thing that is lost again and again is put back ever more slowly (RepairPolicy). An object with
// `no_track` is installed once and not put back (keepalived's meaning). An owner that does not hold: objects
// equal to its own are removed once, when it is defined or stops holding; what others add later is left
// alone, as the reference does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/base/time.hpp"
#include "holdfast/netstate/diff.hpp"
#include "holdfast/netstate/mirror.hpp"
#include "holdfast/netstate/settings.hpp"

namespace holdfast::netstate {

/// A VRRP instance by its name; the static_ blocks have the empty name.
struct Owner {
    std::string instance;
    bool is_static() const { return instance.empty(); }
    friend auto operator<=>(const Owner&, const Owner&) = default;
};

/// All that one owner may put into the kernel.
struct Objects {
    std::vector<AddressSettings> addresses;
    std::vector<RouteSettings> routes;
    std::vector<RuleSettings> rules;
    friend bool operator==(const Objects&, const Objects&) = default;
};

/// How stubbornly lost objects are put back: at once the first `free_repairs` times, then after
/// `first_delay`, doubling up to `longest_delay`. An object that stays for `calm` starts afresh. Refused
/// requests are repeated by the same delays.
struct RepairPolicy {
    uint32_t free_repairs = 3;
    Duration first_delay = std::chrono::milliseconds(250);
    Duration longest_delay = std::chrono::seconds(30);
    Duration calm = std::chrono::seconds(60);
};

/// One object of one owner: its kind and its place in Objects.
struct ObjectId {
    enum class Kind : uint8_t { address, route, rule };
    Owner owner;
    Kind kind = Kind::address;
    size_t index = 0;
    friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};

/// Something happened to an object of ours that deserves a line in the log.
struct ObjectEvent {
    enum class What : uint8_t {
        installed,  ///< Newly in the kernel by our request.
        adopted,    ///< Was there already when it became wanted.
        lost,       ///< Removed by somebody else while wanted.
        repaired,   ///< Put back.
        refused,    ///< The kernel said no; `error` has its words.
        removed,    ///< Taken out by our request.
    };
    What what = What::installed;
    ObjectId object;
    std::string text;        ///< The object in words: "192.0.2.1/24", "default", "from ... table 100".
    std::string interface;   ///< Empty for rules.
    uint32_t repairs = 0;    ///< How often it has been put back since it became wanted.
    uint32_t requester = 0;  ///< lost: netlink port of who removed it; 0 = unknown.
    Error error;             ///< refused only.
};

class Reconciler {
  public:
    explicit Reconciler(RepairPolicy policy = {}) : policy_(policy) {}

    /// Enters an owner or replaces its objects (reload). Of a holding owner, objects that are no longer among
    /// the new ones are removed and unchanged ones are not touched.
    void define(const Owner& owner, Objects objects, bool hold);
    /// Whether the owner's objects shall be present.
    void set_hold(const Owner& owner, bool hold);
    /// Forgets the owner. What it held is removed when `remove`, else left in the kernel
    /// (`dont_release_vrrp`).
    void forget(const Owner& owner, bool remove);
    bool holds(const Owner& owner) const;

    /// Something of this interface, or everything, may have changed: look again in the next `plan`.
    void touch_all();
    /// Notes who removed an object, for the event that `plan` makes of it.
    void note_removal(const AddressKey& key, uint32_t requester);

    /// Whether `plan` has anything to look at now.
    bool has_work(Instant now) const;
    /// Compares with the mirror and gives the requests due at `now`.
    std::vector<Operation> plan(Instant now, const Mirror& mirror, std::vector<ObjectEvent>& events);
    /// Takes the results of a plan, after the mirror has recorded the successful ones. True when a dump is
    /// needed to know what is there.
    bool completed(Instant now, std::span<const Operation> operations, std::span<const Result<>> results,
                   const Mirror& mirror, std::vector<ObjectEvent>& events);
    /// When the next delayed repair or repetition is due.
    std::optional<Instant> deadline() const;

    /// Whether an address is in the objects of any owner (holding or not): a VIP, not a source for adverts.
    bool is_ours(const IpAddress& address) const;
    /// Concrete addresses of an owner that are in the mirror now.
    std::vector<KernelAddress> present_addresses(const Owner& owner, const Mirror& mirror) const;
    /// How many objects of the owner have been put back, since the start.
    uint64_t repairs(const Owner& owner) const;
    uint64_t repairs() const { return total_repairs_; }

  private:
    struct Track;
    template <class Settings>
    struct Item;
    struct Owned;

    RepairPolicy policy_;
    uint64_t total_repairs_ = 0;
};

}  // namespace holdfast::netstate
