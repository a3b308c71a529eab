#include "holdfast/app/host_names.hpp"

#include <netdb.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <memory>

namespace holdfast::app {

namespace {

std::string plain_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

std::string canonical_name() {
    addrinfo wanted{};
    wanted.ai_flags = AI_CANONNAME;
    addrinfo* found = nullptr;
    if (getaddrinfo(plain_name().c_str(), nullptr, &wanted, &found) != 0) return {};
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    return found != nullptr && found->ai_canonname != nullptr ? found->ai_canonname : "";
}

std::string user_name() {
    std::array<char, 4096> room{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(getuid(), &entry, room.data(), room.size(), &found) != 0 || found == nullptr) return {};
    return found->pw_name;
}

}  // namespace

HostNames HostNames::of_system() {
    return {canonical_name, plain_name(), user_name()};
}

void HostNames::complete(config::GlobalSettings& global, bool at_start) {
    notify::MailSettings& mail = global.mail;
    const bool mails = !mail.server_name.empty() && (mail.helo_name.empty() || mail.from.empty());
    if (!global.router_id.empty() && !mails) return;
    if (known_.empty() && at_start) known_ = local_name_();
    const std::string& name = known_.empty() ? plain_name_ : known_;
    if (global.router_id.empty()) global.router_id = name;
    if (!mails) return;
    if (mail.helo_name.empty()) mail.helo_name = name;
    if (mail.from.empty() && !user_.empty()) mail.from = user_ + "@" + name;
}

}  // namespace holdfast::app
