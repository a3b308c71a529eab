// The dump's text: lines and blocks with indentation. Internal to config/.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::config {

class Writer {
  public:
    void line(std::string_view keyword, std::string_view rest) {
        indent();
        text_ += keyword;
        if (!rest.empty()) text_.append(1, ' ') += rest;
        text_ += '\n';
    }
    void entry(std::string_view words) { line(words, {}); }
    void open(std::string_view keyword, std::string_view rest = {}) {
        indent();
        text_ += keyword;
        if (!rest.empty()) text_.append(1, ' ') += rest;
        text_ += " {\n";
        ++depth_;
    }
    void close() {
        --depth_;
        indent();
        text_ += "}\n";
    }
    /// Removes a block that turned out to be empty: call instead of close().
    size_t size() const { return text_.size(); }
    void cut(size_t size) { text_.resize(size); }
    std::string take() { return std::move(text_); }
    void unindent() { --depth_; }

  private:
    void indent() { text_.append(static_cast<size_t>(depth_) * 4, ' '); }
    std::string text_;
    int depth_ = 0;
};

}  // namespace holdfast::config
