// What the tests of io share.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "holdfast/io/event_loop.hpp"

namespace holdfast::io {

/// A folder of its own, removed at the end.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = std::filesystem::temp_directory_path() / "holdfast-io-XXXXXX";
        path_ = mkdtemp(name.data());
        // Others than root must get in: some children run as nobody.
        std::filesystem::permissions(path_, std::filesystem::perms(0777));
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string file(const std::string& name) const { return path_ / name; }
    std::string path() const { return path_; }
    void write(const std::string& name, const std::string& content, int mode = 0644) const {
        std::ofstream(file(name)) << content;
        std::filesystem::permissions(file(name), std::filesystem::perms(mode));
    }
    std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(file(name)).rdbuf();
        return text.str();
    }

  private:
    std::filesystem::path path_;
};

/// Turns until `done`. The limit only ends a test that would hang.
inline void turn_until(EventLoop& loop, const std::function<bool()>& done) {
    const Instant limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < limit) loop.run_once(std::chrono::milliseconds(100));
    ASSERT_TRUE(done()) << "gave up waiting";
}

}  // namespace holdfast::io
