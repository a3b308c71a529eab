// Looks at and sets the kernel's IPVS table through the daemon's own code, for tests and for people:
//
//   ipvs_probe dump                     the table in the words of `ipvsadm -S -n`, with -x/-y for thresholds
//   ipvs_probe apply [own] < TABLE      makes the table's services as described; with `own`, removes all
//   others ipvs_probe flush | info ipvs_probe timeouts [TCP FIN UDP] ipvs_probe daemons | start-daemon ROLE
//   IF [id N] [maxlen N] [port N] [ttl N] [group A] | stop-daemon ROLE
//
// A TABLE is what `dump` prints. `apply` writes one line for each operation it carries out.
#include <arpa/inet.h>

#include <charconv>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "holdfast/ipvs/reconciler.hpp"
#include "holdfast/kernel/ipvs.hpp"

namespace {

using namespace holdfast;
using Words = std::vector<std::string>;

[[noreturn]] void quit(const std::string& message) {
    std::cerr << "ipvs_probe: " << message << "\n";
    std::exit(2);
}

template <class Number = uint32_t>
Number number(const std::string& text) {
    Number value{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) quit("not a number: " + text);
    return value;
}

// "192.0.2.1:80" or "[2001:db8::1]:80".
Endpoint endpoint(const std::string& text) {
    const size_t colon = text.rfind(':');
    if (colon == std::string::npos) quit("no port in " + text);
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    auto address = IpAddress::parse(host);
    if (!address) quit("not an address: " + host);
    return {*address, number<uint16_t>(text.substr(colon + 1))};
}

uint32_t mask(const std::string& text) {
    in_addr dotted{};
    if (text.find('.') == std::string::npos) return number(text);
    if (inet_pton(AF_INET, text.c_str(), &dotted) != 1) quit("not a mask: " + text);
    return ntohl(dotted.s_addr);
}

class Line {
  public:
    explicit Line(const std::string& text) {
        std::istringstream in(text);
        for (std::string word; in >> word;) words_.push_back(word);
    }
    bool done() const { return at_ == words_.size(); }
    const std::string& next() {
        if (done()) quit("line too short");
        return words_[at_++];
    }
    bool take(const std::string& word) {
        if (done() || words_[at_] != word) return false;
        ++at_;
        return true;
    }

  private:
    Words words_;
    size_t at_ = 0;
};

ipvs::ServiceKey service_key(Line& line) {
    ipvs::ServiceKey key;
    if (line.take("-f")) {
        key.firewall_mark = number(line.next());
        if (line.take("-6")) key.family = Family::ipv6;
        key.endpoint.address = IpAddress::any(key.family);
        return key;
    }
    if (line.take("-t")) key.protocol = ipvs::Protocol::tcp;
    if (line.take("-u")) key.protocol = ipvs::Protocol::udp;
    if (line.take("--sctp-service")) key.protocol = ipvs::Protocol::sctp;
    key.endpoint = endpoint(line.next());
    key.family = key.endpoint.address.family();
    return key;
}

void add_service(Line& line, ipvs::Table& table) {
    const ipvs::ServiceKey key = service_key(line);
    ipvs::ServiceAttributes attributes;
    while (!line.done()) {
        const std::string option = line.next();
        if (option == "-s") {
            attributes.scheduler = line.next();
        } else if (option == "-p") {
            attributes.persistence_timeout = number(line.next());
        } else if (option == "-M") {
            attributes.persistence_netmask = mask(line.next());
        } else if (option == "--pe") {
            attributes.persistence_engine = line.next();
        } else if (option == "-o") {
            attributes.flags.one_packet = true;
        } else if (option == "-b") {
            const std::string flags = line.next();
            attributes.flags.sched1 =
                flags.find("flag-1") != std::string::npos || flags.find("-fallback") != std::string::npos;
            attributes.flags.sched2 =
                flags.find("flag-2") != std::string::npos || flags.find("-port") != std::string::npos;
            attributes.flags.sched3 = flags.find("flag-3") != std::string::npos;
        } else {
            quit("unknown option of a service: " + option);
        }
    }
    table.add(key, attributes);
}

void add_destination(Line& line, ipvs::Table& table) {
    ipvs::Service* service = table.find(service_key(line));
    if (service == nullptr) quit("destination before its service");
    ipvs::Destination destination;
    ipvs::DestinationAttributes& values = destination.attributes;
    while (!line.done()) {
        const std::string option = line.next();
        if (option == "-r") {
            destination.key = endpoint(line.next());
        } else if (option == "-m") {
            values.forwarding.method = ipvs::ForwardingMethod::masquerade;
        } else if (option == "-g") {
            values.forwarding.method = ipvs::ForwardingMethod::direct_route;
        } else if (option == "-i") {
            values.forwarding.method = ipvs::ForwardingMethod::tunnel;
        } else if (option == "--tun-type") {
            const std::string type = line.next();
            values.forwarding.tunnel_type = type == "gue"   ? ipvs::TunnelType::gue
                                            : type == "gre" ? ipvs::TunnelType::gre
                                                            : ipvs::TunnelType::ipip;
        } else if (option == "--tun-port") {
            values.forwarding.tunnel_port = number<uint16_t>(line.next());
        } else if (option == "--tun-nocsum") {
            values.forwarding.tunnel_checksum = ipvs::TunnelChecksum::none;
        } else if (option == "--tun-csum") {
            values.forwarding.tunnel_checksum = ipvs::TunnelChecksum::checksum;
        } else if (option == "--tun-remcsum") {
            values.forwarding.tunnel_checksum = ipvs::TunnelChecksum::remote_checksum;
        } else if (option == "-w") {
            values.weight = number<int32_t>(line.next());
        } else if (option == "-x") {
            values.upper_threshold = number(line.next());
        } else if (option == "-y") {
            values.lower_threshold = number(line.next());
        } else {
            quit("unknown option of a destination: " + option);
        }
    }
    service->put(destination);
}

ipvs::Table read_table(std::istream& in) {
    ipvs::Table table;
    for (std::string text; std::getline(in, text);) {
        Line line(text);
        if (line.done()) continue;
        if (line.take("-A")) {
            add_service(line, table);
        } else if (line.take("-a")) {
            add_destination(line, table);
        } else {
            quit("not -A or -a: " + text);
        }
    }
    return table;
}

template <class Value>
Value need(Result<Value> result) {
    if (!result) quit(result.error().message);
    if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

// Says what goes to the kernel, so that tests can count operations.
class Reporting final : public ipvs::TableKernel {
  public:
    explicit Reporting(ipvs::TableKernel& inner) : inner_(inner) {}
    Result<> available() override { return inner_.available(); }
    Result<ipvs::Info> info() override { return inner_.info(); }
    Result<ipvs::Table> dump() override { return inner_.dump(); }
    Result<std::optional<ipvs::Service>> read(const ipvs::ServiceKey& key) override {
        return inner_.read(key);
    }
    std::vector<Result<>> apply(std::span<const ipvs::Operation> operations) override {
        auto results = inner_.apply(operations);
        for (size_t i = 0; i < operations.size(); ++i) {
            if (!results[i]) std::cout << "cannot ";
            std::cout << ipvs::to_string(operations[i]);
            if (!results[i]) std::cout << ": " << results[i].error().message;
            std::cout << "\n";
        }
        return results;
    }
    Result<> flush() override { return inner_.flush(); }
    Result<ipvs::Timeouts> timeouts() override { return inner_.timeouts(); }
    Result<> set_timeouts(const ipvs::Timeouts& timeouts) override { return inner_.set_timeouts(timeouts); }
    Result<std::vector<ipvs::SyncDaemon>> sync_daemons() override { return inner_.sync_daemons(); }
    Result<> start_sync_daemon(const ipvs::SyncDaemon& daemon) override {
        return inner_.start_sync_daemon(daemon);
    }
    Result<> stop_sync_daemon(ipvs::SyncRole role) override { return inner_.stop_sync_daemon(role); }

  private:
    ipvs::TableKernel& inner_;
};

int apply(ipvs::TableKernel& kernel, bool own_everything) {
    const ipvs::Table desired = read_table(std::cin);
    Reporting reporting(kernel);
    ipvs::Reconciler reconciler(reporting);
    need(reconciler.start());
    if (own_everything) {
        ipvs::ServiceSet all;
        for (const auto& entry : reconciler.mirror().ordered()) all.insert(*entry.key);
        reconciler.own(all);
    }
    reconciler.set_desired(desired);
    bool refused = false;
    while (!reconciler.idle()) refused = !reconciler.step({}).refused.empty() || refused;
    return refused ? 1 : 0;
}

ipvs::SyncRole role(const std::string& word) {
    if (word == "master") return ipvs::SyncRole::master;
    if (word == "backup") return ipvs::SyncRole::backup;
    quit("not master or backup: " + word);
}

ipvs::SyncDaemon daemon_from(const Words& words) {
    if (words.size() < 3) quit("start-daemon ROLE INTERFACE");
    ipvs::SyncDaemon daemon{.role = role(words[1]), .interface = words[2]};
    for (size_t i = 3; i + 1 < words.size(); i += 2) {
        if (words[i] == "id") daemon.sync_id = number<uint8_t>(words[i + 1]);
        if (words[i] == "maxlen") daemon.max_length = number<uint16_t>(words[i + 1]);
        if (words[i] == "port") daemon.port = number<uint16_t>(words[i + 1]);
        if (words[i] == "ttl") daemon.ttl = number<uint8_t>(words[i + 1]);
        if (words[i] == "group") daemon.group = IpAddress::parse(words[i + 1]);
    }
    return daemon;
}

void print(const ipvs::SyncDaemon& daemon) {
    std::cout << (daemon.role == ipvs::SyncRole::master ? "master " : "backup ") << daemon.interface << " id "
              << static_cast<int>(daemon.sync_id) << " maxlen " << daemon.max_length << " port "
              << daemon.port << " ttl " << static_cast<int>(daemon.ttl) << " group "
              << (daemon.group ? daemon.group->to_string() : "none") << "\n";
}

int run(const Words& words) {
    kernel::IpvsTable kernel;
    const std::string command = words.empty() ? "dump" : words[0];
    if (command == "dump") {
        std::cout << ipvs::to_string(need(kernel.dump()));
    } else if (command == "apply") {
        return apply(kernel, words.size() > 1 && words[1] == "own");
    } else if (command == "flush") {
        need(kernel.flush());
    } else if (command == "info") {
        const ipvs::Info info = need(kernel.info());
        std::cout << info.version_text() << " " << info.connection_table_size << "\n";
    } else if (command == "timeouts") {
        if (words.size() == 4)
            need(kernel.set_timeouts({number(words[1]), number(words[2]), number(words[3])}));
        const ipvs::Timeouts now = need(kernel.timeouts());
        std::cout << now.tcp << " " << now.tcp_fin << " " << now.udp << "\n";
    } else if (command == "daemons") {
        for (const auto& daemon : need(kernel.sync_daemons())) print(daemon);
    } else if (command == "start-daemon") {
        need(kernel.start_sync_daemon(daemon_from(words)));
    } else if (command == "stop-daemon" && words.size() == 2) {
        need(kernel.stop_sync_daemon(role(words[1])));
    } else {
        quit("unknown command " + command);
    }
    return 0;
}

}  // namespace

int main(int count, char** words) {
    return run(Words(words + 1, words + count));
}
