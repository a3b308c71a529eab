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

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/base/rare.hpp"
#include "holdfast/base/shared.hpp"
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
    std::vector<AddressSettings> addresses{};
    std::vector<RouteSettings> routes{};
    std::vector<RuleSettings> rules{};
    friend bool operator==(const Objects&, const Objects&) = default;
};

/// The same, of which somebody else has a part: the settings stay where they are, in a configuration.
struct SharedObjects {
    SharedObjects() = default;
    SharedObjects(Objects objects) {
        const Shared<Objects> all(std::move(objects));
        addresses = all.parts(all->addresses);
        routes = all.parts(all->routes);
        rules = all.parts(all->rules);
    }
    std::vector<Shared<AddressSettings>> addresses;
    std::vector<Shared<RouteSettings>> routes;
    std::vector<Shared<RuleSettings>> rules;
};

/// How stubbornly lost objects are put back: at once the first `free_repairs` times, then after
/// `first_delay`, doubling up to `longest_delay`. An object that stays for `calm` starts afresh. Refused
/// requests are repeated by the same delays, without free ones.
struct RepairPolicy {
    uint32_t free_repairs = 3;
    Duration first_delay = std::chrono::milliseconds(50);
    Duration longest_delay = std::chrono::seconds(30);
    Duration calm = std::chrono::seconds(60);
};

/// One object as configured, and as the kernel takes it.
using ObjectSettings = std::variant<Shared<AddressSettings>, Shared<RouteSettings>, Shared<RuleSettings>>;
using ConcreteObject = std::variant<KernelAddress, KernelRoute, KernelRule>;

/// The settings of an object of this kind; null for one of another kind.
template <class Settings>
const Settings* settings_as(const ObjectSettings& settings) {
    const auto* of_kind = std::get_if<Shared<Settings>>(&settings);
    return of_kind == nullptr ? nullptr : &**of_kind;
}

enum class ObjectKind : uint8_t { address, route, rule, link };

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
    Owner owner;
    ObjectKind kind = ObjectKind::address;
    std::string text;        ///< The object in words: "192.0.2.1/24", "from 192.0.2.0/24 table 100".
    std::string interface;   ///< Empty for rules and for routes without one.
    IpAddress address;       ///< Addresses only.
    uint32_t repairs = 0;    ///< lost, repaired: how often it has been put back since it became wanted.
    uint32_t requester = 0;  ///< lost: netlink port of who removed it; 0 = unknown.
    Duration delay{0};       ///< lost, refused: how long until it is put back; 0 = at once.
    Error error;             ///< refused only.
};

struct RenamedOwner {
    Owner before;
    Owner after;
};

class Reconciler {
  public:
    explicit Reconciler(RepairPolicy policy = {}) : policy_(policy) {}

    /// Enters an owner or replaces its objects (reload). Of a holding owner, objects that are no longer among
    /// the new ones are removed and unchanged ones are not touched.
    void define(const Owner& owner, SharedObjects objects, bool hold);
    /// Whether the owner's objects shall be present. Unknown owners are ignored.
    void set_hold(const Owner& owner, bool hold);
    /// Forgets the owner. What it holds is removed when `remove`, else left in the kernel
    /// (`dont_release_vrrp`).
    void forget(const Owner& owner, bool remove);
    /// Owners take other names, all at once (two may swap theirs), with everything they have. Unknown ones
    /// are ignored; who had one of the new names and takes no other is forgotten.
    void rename(std::span<const RenamedOwner> names);
    bool holds(const Owner& owner) const;

    /// A link has changed: the next `plan` looks at all owners, and what was refused before is tried again at
    /// once.
    void links_changed();
    /// The mirror has been loaded anew: the next `plan` looks at everything, also at what was only promised.
    void mirror_loaded();
    /// Somebody removed an object (told before the mirror is asked again): its owners are looked at, and
    /// `requester` is remembered for the event.
    void note_removal(const KernelAddress& address, uint32_t requester);
    void note_removal(const KernelRoute& route, uint32_t requester);
    void note_removal(const KernelRule& rule, uint32_t requester);

    /// Whether `plan` has anything to look at.
    bool has_work(Instant now) const;
    /// Compares with the mirror and gives the requests due at `now`. Their results must be given to
    /// `completed` before any other function is called.
    std::vector<Operation> plan(Instant now, const Mirror& mirror, std::vector<ObjectEvent>& events);
    /// Takes the results of the operations of the last plan, in one piece or several: `first` is the place of
    /// the first one. The mirror has recorded the successful ones. True when only a dump can tell what is
    /// there.
    bool completed(Instant now, size_t first, std::span<const Operation> operations,
                   std::span<const Result<>> results, std::vector<ObjectEvent>& events);
    /// When the next delayed repair or repetition is due.
    std::optional<Instant> deadline() const { return deadline_; }

    /// Whether an address is among the objects of any owner (holding or not): a VIP, not a source for
    /// adverts.
    bool is_ours(const IpAddress& address) const { return users_.contains(address); }
    /// The addresses of an owner that are in the mirror now, in configuration order.
    std::vector<KernelAddress> present_addresses(const Owner& owner, const Mirror& mirror) const;
    /// Whether the object, or what is in its place (RouteKey; a rule's priority), is among those of an owner,
    /// whether that holds or not.
    bool knows(const ConcreteObject& object, const Mirror& mirror) const;
    /// The protocol numbers our routes and rules carry; none without routes and rules.
    std::vector<uint8_t> protocols() const;
    /// How many objects have been put back since the start.
    uint64_t repairs() const { return repairs_; }

  private:
    enum class Presence : uint8_t {
        unknown,   // Not looked at since it became wanted.
        accepted,  // The kernel has agreed; its notification is still to come.
        present,
        lost,       // Was present, has been removed by others, is to be put back.
        down,       // The kernel took it when its link was switched off; comes back with that.
        abandoned,  // Lost and not to be put back (`no_track`).
    };
    /// What went wrong with an item. Most never know it.
    struct Trouble {
        uint32_t repairs = 0;    // Since it became wanted.
        uint32_t burst = 0;      // Since the last calm.
        uint32_t refusals = 0;   // In a row.
        uint32_t requester = 0;  // Who removed it last.
        std::optional<Instant> retry_at = std::nullopt;
        Instant repaired_at{};
    };
    struct Item {
        ObjectSettings settings;
        InterfaceIndex place{};  // Addresses: where it was last seen, whatever that interface is called now.
        Presence presence = Presence::unknown;
        bool existed = false;   // A request was answered by EEXIST, and the dump after it did not explain it.
        bool is_taken = false;  // Only within `define`: went over into the new objects.
        Rare<Trouble> trouble{};

        Trouble& troubled() { return trouble ? *trouble : trouble.emplace(); }
        std::optional<Instant> retry_at() const { return trouble ? trouble->retry_at : std::nullopt; }
        uint32_t repairs() const { return trouble ? trouble->repairs : 0; }
    };
    struct Owned {
        Owner owner;
        bool hold = false;
        bool dirty = false;
        std::optional<Instant> next;  // The earliest retry_at of its items.
        std::vector<Item> items;      // Wanted or, while not holding, known.
        std::vector<Item> removing;   // To be taken out.
    };
    /// Which item an operation of the last plan is for.
    struct Origin {
        Owned* owned = nullptr;
        size_t item = 0;
        bool is_removal = false;
    };
    struct Draft;

    template <class Function>
    void for_each_owned(const Function& function) {
        for (Owned& owned : leaving_) function(owned);
        for (auto& [owner, owned] : owners_) function(owned);
    }
    void mark(Owned& owned);
    void index(Owned& owned, bool add);
    void look_at(Owned& owned, Instant now, const Mirror& mirror, Draft& draft);
    void look_at_item(Owned& owned, size_t number, Instant now, const Mirror& mirror, Draft& draft);
    void lose(Owned& owned, Item& item, Instant now, Draft& draft);
    static void leave_old_place(Owned& owned, Item& item, InterfaceIndex wanted, const Mirror& mirror);
    bool is_wanted(const ConcreteObject& object, const Mirror& mirror) const;
    void install_completed(Owned& owned, Item& item, Instant now, Outcome outcome, const Result<>& result,
                           std::vector<ObjectEvent>& events);
    void refuse(Owned& owned, Item& item, Instant now, const Error& error, std::vector<ObjectEvent>& events);
    Duration delay(uint32_t step) const;
    void postpone(Owned& owned, Item& item, Instant until);
    template <class IsIt>
    void note(Owned& owned, uint32_t requester, const IsIt& is_it);
    void compute_deadline();

    RepairPolicy policy_;
    std::map<Owner, Owned> owners_;
    std::vector<Owned> leaving_;  // Forgotten owners with something to remove.
    // By configured address, so that a notification finds its owners without looking at all of them.
    std::unordered_multimap<IpAddress, Owned*> users_;
    std::vector<Origin> origins_;
    std::optional<Instant> deadline_;
    bool any_dirty_ = false;
    uint64_t repairs_ = 0;
};

}  // namespace holdfast::netstate
