// The names of iproute2: read from its files as `ip` does, with those that work without any file.
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "holdfast/config/environment.hpp"

namespace holdfast::config {
namespace {

namespace files = std::filesystem;

struct BuiltinName {
    NameTable table;
    const char* name;
    uint32_t number;
};
// Names that work without any file of iproute2.
constexpr BuiltinName kBuiltinNames[] = {
    {NameTable::route_tables, "default", 253},
    {NameTable::route_tables, "main", 254},
    {NameTable::route_tables, "local", 255},
    {NameTable::route_protocols, "none", 0},
    {NameTable::route_protocols, "redirect", 1},
    {NameTable::route_protocols, "kernel", 2},
    {NameTable::route_protocols, "boot", 3},
    {NameTable::route_protocols, "static", 4},
    {NameTable::route_protocols, "gated", 8},
    {NameTable::route_protocols, "ra", 9},
    {NameTable::route_protocols, "mrt", 10},
    {NameTable::route_protocols, "zebra", 11},
    {NameTable::route_protocols, "bird", 12},
    {NameTable::route_protocols, "dnrouted", 13},
    {NameTable::route_protocols, "xorp", 14},
    {NameTable::route_protocols, "ntk", 15},
    {NameTable::route_protocols, "dhcp", 16},
    {NameTable::route_protocols, "keepalived", 18},
    {NameTable::route_protocols, "babel", 42},
    {NameTable::scopes, "global", 0},
    {NameTable::scopes, "site", 200},
    {NameTable::scopes, "link", 253},
    {NameTable::scopes, "host", 254},
    {NameTable::scopes, "nowhere", 255},
    {NameTable::groups, "default", 0},
};

const char* file_of(NameTable table) {
    switch (table) {
        case NameTable::route_tables:
            return "rt_tables";
        case NameTable::route_protocols:
            return "rt_protos";
        case NameTable::scopes:
            return "rt_scopes";
        case NameTable::realms:
            return "rt_realms";
        case NameTable::dsfield:
            return "rt_dsfield";
        case NameTable::groups:
            return "group";
    }
    return "";
}

std::optional<uint32_t> look_up(const std::string& path, std::string_view name) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        line.resize(std::min(line.size(), line.find('#')));
        std::istringstream words(line);
        std::string number;
        std::string word;
        if (!(words >> number >> word) || word != name) continue;
        char* end = nullptr;
        const unsigned long value = std::strtoul(number.c_str(), &end, 0);
        if (*end == '\0') return static_cast<uint32_t>(value);
    }
    return std::nullopt;
}

bool is_file(const std::string& path) {
    std::error_code error;
    return files::is_regular_file(path, error);
}

/// Looks into the files NAME.conf of a folder; those that `instead` has too are left out.
std::optional<uint32_t> look_up_in_folder(const std::string& folder, const std::string& instead,
                                          std::string_view name) {
    std::error_code error;
    std::vector<std::string> found;
    for (const auto& entry : files::directory_iterator(folder, error)) {
        const std::string file = entry.path().filename();
        if (file.starts_with('.') || !file.ends_with(".conf") || file.size() <= 5 || !is_file(entry.path()))
            continue;
        if (!instead.empty() && files::exists(files::path(instead) / file, error)) continue;
        found.push_back(entry.path());
    }
    std::ranges::sort(found);
    for (const std::string& path : found)
        if (auto number = look_up(path, name)) return number;
    return std::nullopt;
}

}  // namespace

std::optional<uint32_t> SystemEnvironment::named_number(NameTable table, std::string_view name) const {
    return named_number_in({}, table, name);
}

// A file of the site replaces the vendor's of the same name; those in the folders `FILE.d` add to it.
std::optional<uint32_t> SystemEnvironment::named_number_in(const NameFolders& folders, NameTable table,
                                                           std::string_view name) const {
    const std::string site = (folders.site.empty() ? "/etc/iproute2" : folders.site) + '/' + file_of(table);
    std::string vendor = folders.vendor;
    if (vendor.empty())
        vendor = files::exists("/usr/share/iproute2") ? "/usr/share/iproute2" : "/usr/lib/iproute2";
    vendor.append(1, '/').append(file_of(table));

    if (auto number = look_up(is_file(site) ? site : vendor, name)) return number;
    if (auto number = look_up_in_folder(vendor + ".d", site + ".d", name)) return number;
    if (auto number = look_up_in_folder(site + ".d", {}, name)) return number;
    for (const BuiltinName& builtin : kBuiltinNames)
        if (builtin.table == table && builtin.name == name) return builtin.number;
    return std::nullopt;
}

}  // namespace holdfast::config
