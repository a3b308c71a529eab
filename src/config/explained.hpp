// What the reports so far explain, so that a consequence is not reported as if it were another mistake: where
// the keywords of a block went wrong, which names were lost, and which lines mean something else than was
// meant. The class of a hidden report still counts for the exit status. Internal to config/.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace holdfast::config {

class Explained {
  public:
    /// The directive being read; directives within its block come on top of it.
    struct Frame {
        const char* begin;  ///< Of its text, which tells it from all others.
        std::string_view keyword;
    };
    void enter(const char* begin, std::string_view keyword) { frames_.push_back({begin, keyword}); }
    void leave() { frames_.pop_back(); }
    const std::vector<Frame>& frames() const { return frames_; }

    /// An error was reported about the directive being read.
    void failed() {
        for (size_t i = 0; i < frames_.size(); ++i)
            failed_.emplace(i == 0 ? nullptr : frames_[i - 1].begin, frames_[i].keyword);
    }
    /// A word of the block being read was probably meant to be `keyword`.
    void failed(std::string_view keyword) {
        failed_.emplace(frames_.empty() ? nullptr : frames_.back().begin, keyword);
    }
    /// Whether one of `keywords` went wrong in the block that begins at `begin` (null = the file).
    bool has_failed(const char* begin, std::initializer_list<std::string_view> keywords) const {
        for (const std::string_view keyword : keywords)
            if (failed_.contains({begin, std::string(keyword)})) return true;
        return false;
    }

    /// An object that was written, but is not there: `vrrp_script chk`.
    void lose(std::string object) { lost_.insert(std::move(object)); }
    bool is_lost(const std::string& object) const { return lost_.contains(object); }

    /// The directive at `begin` and its block do not say what was meant.
    void garble(const char* begin) { garbled_.insert(begin); }
    /// What such a directive was part of: judged as a whole, it seems to lack things.
    void damage(const char* begin) { damaged_.insert(begin); }
    /// A report about the directive at `begin`, made now, is a consequence.
    bool is_consequence(const char* begin) const {
        if (garbled_.empty()) return false;
        if (garbled_.contains(begin) || damaged_.contains(begin)) return true;
        for (const Frame& frame : frames_)
            if (garbled_.contains(frame.begin)) return true;
        return false;
    }

  private:
    std::vector<Frame> frames_;
    std::set<std::pair<const char*, std::string>> failed_;
    std::set<std::string> lost_;
    std::unordered_set<const char*> garbled_;
    std::unordered_set<const char*> damaged_;
};

}  // namespace holdfast::config
