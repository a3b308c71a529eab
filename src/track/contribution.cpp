#include "holdfast/track/contribution.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace holdfast::track {

namespace {

constexpr int64_t kFileFault = -254;
constexpr int64_t kFileLimit = 253;

bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

}  // namespace

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::interface:
            return "interface";
        case Kind::script:
            return "script";
        case Kind::file:
            return "file";
        case Kind::process:
            return "process";
        case Kind::bfd:
            return "bfd";
    }
    return "interface";
}

Contribution& Contribution::operator+=(const Contribution& other) {
    sum += other.sum;
    withheld += other.withheld;
    faults += other.faults;
    awaited += other.awaited;
    return *this;
}

Contribution contribution_of(TrackedState state, int weight, bool reverse) {
    if (state == TrackedState::untested) return {};
    if (state == TrackedState::unknown) return {.awaited = weight == 0 ? 1U : 0U};
    const bool up = state == TrackedState::up;
    if (weight == 0) return {.faults = up == reverse ? 1U : 0U};
    if (up != (weight > 0)) return {};
    return {.sum = reverse ? -weight : weight};
}

Contribution contribution_of_file(int64_t value, int weight, bool reverse) {
    if (weight == 0) return {.faults = (value != 0) != reverse ? 1U : 0U};
    // Both factors are small (a value has 33 bits, a weight 9), so the product cannot overflow.
    const int64_t product = value * (reverse ? -weight : weight);
    if (product <= kFileFault) return {.faults = 1};
    return {.sum = static_cast<int>(std::min(product, kFileLimit))};
}

std::optional<int64_t> parse_file_value(std::string_view content) {
    constexpr int64_t kMin = std::numeric_limits<int32_t>::min();
    constexpr int64_t kMax = int64_t{std::numeric_limits<int32_t>::max()} + 1;
    while (!content.empty() && is_blank(content.front())) content.remove_prefix(1);
    bool negative = false;
    if (!content.empty() && (content.front() == '-' || content.front() == '+')) {
        negative = content.front() == '-';
        content.remove_prefix(1);
    }
    int base = 10;
    if (content.size() > 2 && content[0] == '0' && (content[1] == 'x' || content[1] == 'X') &&
        digit_value(content[2]) < 16) {
        base = 16;
        content.remove_prefix(2);
    } else if (!content.empty() && content.front() == '0') {
        base = 8;
    }
    int64_t value = 0;
    for (char c : content) {
        const int digit = digit_value(c);
        if (digit >= base) break;
        value = value * base + digit;
        if (value > kMax) return std::nullopt;
    }
    if (negative) value = -value;
    if (value < kMin || value > kMax) return std::nullopt;
    return value;
}

namespace {

// What becomes of an instance's own entry when its group or its ownership forbids weights (keepalived's
// vrrp_complete_instance). Nothing: the entry is not followed at all.
std::optional<int> allowed_weight(Kind kind, int weight, bool group_forbids, bool address_owner) {
    if (weight == 0 || (!group_forbids && !address_owner)) return weight;
    switch (kind) {
        case Kind::interface:
            return group_forbids ? std::optional<int>(0) : std::nullopt;
        case Kind::script:
        case Kind::bfd:
            return std::nullopt;
        case Kind::file:
            return weight == 1 ? std::optional<int>(0) : std::nullopt;
        case Kind::process:
            return weight;
    }
    return weight;
}

}  // namespace

std::vector<Source> resolve_sources(const References& own, const References* group,
                                    const OwnWeights& own_weights, bool drop_own_weights,
                                    bool address_owner) {
    std::vector<Source> sources;
    auto add = [&](Kind kind, const std::vector<Reference>& references, bool own_entry) {
        for (const Reference& reference : references) {
            auto defaults = own_weights ? own_weights(kind, reference.name) : std::nullopt;
            if (!defaults && kind != Kind::interface) continue;
            int weight = reference.weight.value_or(defaults ? defaults->weight : 0);
            if (own_entry) {
                auto allowed = allowed_weight(kind, weight, drop_own_weights, address_owner);
                if (!allowed) continue;
                weight = *allowed;
            }
            sources.push_back({.kind = kind,
                               .name = reference.name,
                               .weight = weight,
                               .reverse = reference.reverse.value_or(defaults && defaults->reverse),
                               .of_group = !own_entry});
        }
    };
    auto add_all = [&](const References& references, bool own_entries) {
        add(Kind::interface, references.interfaces, own_entries);
        add(Kind::script, references.scripts, own_entries);
        add(Kind::file, references.files, own_entries);
        add(Kind::process, references.processes, own_entries);
        add(Kind::bfd, references.bfds, own_entries);
    };
    add_all(own, true);
    if (group != nullptr) add_all(*group, false);
    return sources;
}

Tracking::Tracking(std::vector<Source> sources)
    : sources_(std::move(sources)), contributions_(sources_.size()) {
    for (size_t i = 0; i < sources_.size(); ++i) {
        const Source& source = sources_[i];
        if (source.kind == Kind::file) {
            contributions_[i] = contribution_of_file(0, source.weight, source.reverse);
        } else {
            const auto initial = source.kind == Kind::script ? TrackedState::unknown : TrackedState::down;
            contributions_[i] = contribution_of(initial, source.weight, source.reverse);
        }
        total_ += contributions_[i];
    }
}

bool Tracking::set(Kind kind, std::string_view name, TrackedState state) {
    bool changed = false;
    for (size_t i = 0; i < sources_.size(); ++i) {
        const Source& source = sources_[i];
        if (source.kind == kind && source.name == name)
            changed |= store(i, contribution_of(state, source.weight, source.reverse));
    }
    return changed;
}

bool Tracking::set_file(std::string_view name, int64_t value) {
    bool changed = false;
    for (size_t i = 0; i < sources_.size(); ++i) {
        const Source& source = sources_[i];
        if (source.kind == Kind::file && source.name == name)
            changed |= store(i, contribution_of_file(value, source.weight, source.reverse));
    }
    return changed;
}

bool Tracking::follows(Kind kind, std::string_view name) const {
    return std::ranges::any_of(
        sources_, [&](const Source& source) { return source.kind == kind && source.name == name; });
}

bool Tracking::store(size_t index, Contribution contribution) {
    const Contribution& before = contributions_[index];
    if (contribution.faults > 0) contribution.withheld = before.faults > 0 ? before.withheld : before.sum;
    if (contributions_[index] == contribution) return false;
    contributions_[index] = contribution;
    total_ = {};
    for (const Contribution& each : contributions_) total_ += each;
    return true;
}

}  // namespace holdfast::track
