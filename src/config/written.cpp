#include "written.hpp"

#include "storage.hpp"

namespace holdfast::config {
namespace {

Place place_of(std::string_view text, uint32_t word) {
    return {text.data(), static_cast<uint32_t>(text.size()), word};
}

Place last_of(const Directive& block, std::string_view keyword, uint32_t word) {
    Place found;
    for (const Directive directive : block.children())
        if (directive.keyword() == keyword) found = place_of(directive.text(), word);
    return found;
}

}  // namespace

std::optional<Directive> Written::directive(Place place) {
    const Document::Storage& storage = document_.storage();
    const auto size = static_cast<uint32_t>(storage.nodes.size());
    for (uint32_t step = 0; place.begin != nullptr && step < size; ++step) {
        const uint32_t index = next_ < size ? next_ : 0;
        next_ = index + 1;
        if (!storage.nodes.holds(index) || storage.nodes[index].begin != place.begin) continue;
        storage.recall(place.text());
        return document_.directive(index);
    }
    return std::nullopt;
}

Place Written::keyword(Place block, std::string_view keyword, uint32_t word) {
    const auto found = directive(block);
    const Place place = found ? last_of(*found, keyword, word) : Place{};
    return place.begin == nullptr ? block : place;
}

Place Written::entry(Place block, std::string_view list, const std::function<bool(const Words&)>& is) {
    const auto found = directive(block);
    if (!found) return {};
    for (const Directive directive : found->children()) {
        if (directive.keyword() != list) continue;
        for (const Directive entry : directive.children())
            if (is(entry.words())) return place_of(entry.text(), 0);
    }
    return {};
}

Place Written::outside(std::string_view block, std::string_view keyword, uint32_t word) {
    const NodeList& nodes = document_.storage().nodes;
    Place found;
    for (uint32_t index = 0; index < nodes.size(); ++index) {
        if (!nodes.holds(index) || !nodes[index].has(Node::kBlock) || nodes[index].keyword() != block)
            continue;
        if (const Place place = last_of(document_.directive(index), keyword, word); place.begin != nullptr)
            found = place;
    }
    return found;
}

}  // namespace holdfast::config
