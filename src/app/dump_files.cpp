#include "holdfast/app/dump_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace holdfast::app {

namespace {

std::string_view suffix(DataDump dump) {
    switch (dump) {
        case DataDump::vrrp:
            return "";
        case DataDump::checkers:
            return "_check";
        case DataDump::bfd:
            return "_bfd";
        case DataDump::parent:
            return "_parent";
    }
    return "";
}

Result<> write_all(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return fail_errno("write", errno);
        }
        content.remove_prefix(static_cast<size_t>(written));
    }
    return {};
}

}  // namespace

std::string temporary_directory() {
    const char* value = std::getenv("TMPDIR");
    return value != nullptr && value[0] == '/' ? value : "/tmp";
}

std::string data_path(const DumpNames& names, DataDump dump) {
    const std::string& wanted = names.state_dump_file;
    std::string directory = names.directory;
    std::string file = "keepalived.data";
    if (!wanted.empty()) {
        const size_t slash = wanted.rfind('/');
        if (wanted.front() == '/') directory = wanted.substr(0, slash);
        if (wanted.back() != '/') file = slash == std::string::npos ? wanted : wanted.substr(slash + 1);
    }
    const size_t dot = file.rfind('.');
    const std::string extension = dot == std::string::npos ? "" : file.substr(dot);
    std::string path = directory + "/" + file.substr(0, dot);
    path += suffix(dump);
    if (names.use_instance && !(names.net_namespace.empty() && names.instance.empty())) {
        path += "." + names.net_namespace;
        if (!names.net_namespace.empty() && !names.instance.empty()) path += "_";
        path += names.instance;
    }
    return path + extension;
}

std::string stats_path(const DumpNames& names) {
    return names.directory + "/keepalived.stats";
}

std::string json_path(const DumpNames& names) {
    return names.directory + "/keepalived.json";
}

// The reference's reasoning holds here: truncating would let whoever has the old file open read on, unlinking
// first would let somebody else create the name in between. A private file renamed over the name does
// neither.
Result<> write_dump(const std::string& path, std::string_view content, uint32_t mode) {
    std::string temporary = path + "XXXXXX";
    const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
    if (descriptor < 0) return fail_errno("create " + temporary, errno);
    Result<> result = write_all(descriptor, content);
    if (result && fchmod(descriptor, static_cast<mode_t>(mode)) < 0)
        result = fail_errno("chmod " + temporary, errno);
    if (close(descriptor) < 0 && result) result = fail_errno("close " + temporary, errno);
    if (result && rename(temporary.c_str(), path.c_str()) < 0)
        result = fail_errno("rename to " + path, errno);
    if (!result) unlink(temporary.c_str());
    return result;
}

}  // namespace holdfast::app
