// What the judges have looked at, and what they object to.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "world.hpp"

namespace holdfast::sim {

struct Violation {
    std::string checker;
    std::string text;
};

/// Names of judges are literals.
class Report {
  public:
    /// Judges in `ignored` are not listened to.
    explicit Report(const World& world, std::set<std::string, std::less<>> ignored = {})
        : world_(world), ignored_(std::move(ignored)) {}

    /// One thing was looked at.
    void checked(std::string_view checker) { ++counts_[checker]; }
    /// Looks at one thing: `holds`, or the text says what does not.
    template <class Text>
    void expect(std::string_view checker, bool holds, const Text& text) {
        checked(checker);
        if (!holds) violation(checker, text());
    }
    void violation(std::string_view checker, std::string text) {
        constexpr size_t kEnough = 20;
        if (ignored_.contains(checker)) return;
        // What led to the first one is what explains it.
        if (violations_.empty()) history_ = world_.history(400);
        if (violations_.size() < kEnough) violations_.push_back({std::string(checker), std::move(text)});
    }

    const std::map<std::string_view, uint64_t>& counts() const { return counts_; }
    const std::vector<Violation>& violations() const { return violations_; }
    const std::string& history() const { return history_; }

  private:
    const World& world_;
    std::set<std::string, std::less<>> ignored_;
    std::map<std::string_view, uint64_t> counts_;
    std::vector<Violation> violations_;
    std::string history_;
};

}  // namespace holdfast::sim
