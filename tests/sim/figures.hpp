// Sums over many runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "scenario.hpp"

namespace holdfast::sim {

class Figures {
  public:
    void add(const ScenarioResult& result);
    uint64_t passed() const { return passed_; }
    uint64_t failed() const { return failed_; }
    /// Several lines, each with a newline.
    std::string to_string(double seconds) const;

  private:
    uint64_t passed_ = 0;
    uint64_t failed_ = 0;
    Duration simulated_{};
    uint64_t events_ = 0;
    WireCounts wire_;
    std::map<std::string, uint64_t, std::less<>> faults_;
    std::map<std::string_view, uint64_t> checks_;
};

}  // namespace holdfast::sim
