// The numbers in files that FILE_CHECKs follow.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "holdfast/app/edges.hpp"
#include "holdfast/track/settings.hpp"

namespace holdfast::app {

class CheckedFiles {
  public:
    /// Told the name of a file whose number has changed.
    using Listener = std::function<void(const std::string& name)>;

    CheckedFiles(Edges& edges, Listener listener);
    ~CheckedFiles();

    /// Follows these from now on; the listener is not called for what is found at once.
    void load(const std::vector<track::FileSettings>& files);
    /// 0 for a file that is missing, empty, or not followed; a text that is no number leaves the last one.
    int64_t number(const std::string& name) const;
    /// The settings of a followed file; null when it is none.
    const track::FileSettings* settings(const std::string& name) const;

  private:
    struct File;
    void read(File& file);
    void changed(File& file, io::FileEvent event);
    const File* find(const std::string& name) const;

    Edges& edges_;
    Listener listener_;
    std::vector<std::unique_ptr<File>> files_;
};

}  // namespace holdfast::app
