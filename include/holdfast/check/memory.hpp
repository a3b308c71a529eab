// What a checker remembers from one probe to the next. A conversation lives for one probe; this lives as long
// as the checker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "holdfast/check/regex.hpp"
#include "holdfast/check/settings.hpp"

namespace holdfast::check {

/// Which url of an HTTP_GET or SSL_GET is next. As in keepalived, a probe asks for one url; the next one
/// follows after delay_loop, so that a checker with three urls needs three rounds for all of them. The url
/// that brought the checker down is asked until it passes, then all of them from the first.
class UrlCycle {
  public:
    explicit UrlCycle(size_t count) : count_(count) {}

    size_t current() const { return current_; }
    /// The current url passed. True when all have since the first: that is the success that counts.
    bool passed();
    /// The checker went down because of the current url.
    void failed() { failed_ = current_; }
    /// Down, and the url that was the reason has passed since: fast_recovery does not wait any longer.
    bool recovering() const { return !failed_; }
    /// The url that brought the checker down and has not passed since.
    std::optional<size_t> failing() const { return failed_; }

  private:
    size_t count_;
    size_t current_ = 0;
    std::optional<size_t> failed_{};
};

struct ProbeMemory {
    explicit ProbeMemory(const Checker& checker);

    UrlCycle urls;
    /// By url; null where the url has no pattern or one that does not compile.
    std::vector<std::unique_ptr<const Regex>> patterns{};
    /// Announced minus received length of each url's last answer, so that a difference is told once.
    std::vector<int64_t> length_differences{};
    uint16_t ping_sequence = 0;
    /// Set by the driver before each probe: the id of the next DNS query.
    uint16_t random = 0;
};

/// Most checkers have nothing to remember, and there may be tens of thousands of them.
bool needs_memory(const Checker& checker);

}  // namespace holdfast::check
