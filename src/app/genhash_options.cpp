#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "holdfast/app/genhash.hpp"

namespace holdfast::app {

namespace {

/// The reference waits this long when nothing is said: 2^32 microseconds.
constexpr Duration kDefaultTimeout = std::chrono::seconds(4294);

constexpr std::string_view kUsage =
    "Commands:\n"
    "   -s server-address -p port -u url\n"
    "   -S -s server-address -p port -u url\n"
    "   -h\n\n"
    "Options:\n"
    "Either long or short options are allowed.\n"
    "   --use-ssl         -S       Use SSL connection to remote server.\n"
    "   --use-sni         -I       Use SNI during SSL handshake (uses virtualhost setting; see -V).\n"
    "   --server          -s       Use the specified remote server address.\n"
    "   --port            -p       Use the specified remote server port.\n"
    "   --url             -u       Use the specified remote server url.\n"
    "   --use-virtualhost -V       Use the specified virtualhost in GET query.\n"
    "   --verbose         -v       Use verbose mode output.\n"
    "   --help            -h       Display this short inlined help screen.\n"
    "   --fwmark          -m       Use the specified FW mark.\n"
    "   --protocol        -P       Use the specified HTTP protocol - '1.0', 1.0c', '1.1'.\n"
    "                                1.0c means 1.0 with 'Connection: close'\n"
    "   --timeout         -t       Timeout in seconds\n";

template <class Number>
std::optional<Number> number(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

class Parser {
  public:
    /// What is wrong with this option's word; nothing when it is right.
    std::optional<std::string> take(int option, const char* word) {
        check::ConnectSettings& connect = out.check.connect;
        switch (option) {
            case 'v':
                out.verbose = true;
                break;
            case 'S':
                out.check.tls = true;
                break;
            case 'I':
                out.check.enable_sni = true;
                break;
            case 'V':
                out.check.virtualhost = word;
                break;
            case 's':
                if (const auto address = IpAddress::parse(word)) {
                    connect.destination.address = *address;
                    has_server_ = true;
                    break;
                }
                return fmt::format("server should be an IP, not {}\n", word);
            case 'p':
                if (const auto port = number<uint16_t>(word); port && *port != 0) {
                    connect.destination.port = *port;
                    break;
                }
                return fmt::format("invalid port number '{}'\n", word);
            case 'u':
                out.check.urls.assign(1, {.path = word});
                break;
            case 'm':
                if (const auto mark = number<uint32_t>(word)) {
                    connect.firewall_mark = *mark;
                    break;
                }
                return fmt::format("invalid fwmark '{}'\n", word);
            case 'P':
                return take_protocol(word);
            case 't':
                if (const auto seconds = number<uint32_t>(word)) {
                    connect.timeout = std::chrono::seconds(*seconds);
                    break;
                }
                return fmt::format("invalid timeout '{}'\n", word);
            default:
                break;
        }
        return std::nullopt;
    }
    bool complete() const {
        return has_server_ && out.check.connect.destination.port != 0 && !out.check.urls.empty();
    }

    GenhashOptions out;

  private:
    std::optional<std::string> take_protocol(std::string_view word) {
        if (word == "1.0") {
            out.check.protocol = check::HttpProtocol::http_1_0;
        } else if (word == "1.0c" || word == "1.0C") {
            out.check.protocol = check::HttpProtocol::http_1_0_compatible;
        } else if (word == "1.1") {
            out.check.protocol = check::HttpProtocol::http_1_1;
        } else {
            return fmt::format("invalid HTTP protocol version '{}'\n", word);
        }
        return std::nullopt;
    }

    bool has_server_ = false;
};

constexpr std::array kOptions{option{"help", no_argument, nullptr, 'h'},
                              option{"verbose", no_argument, nullptr, 'v'},
                              option{"use-ssl", no_argument, nullptr, 'S'},
                              option{"use-sni", no_argument, nullptr, 'I'},
                              option{"server", required_argument, nullptr, 's'},
                              option{"use-virtualhost", required_argument, nullptr, 'V'},
                              option{"port", required_argument, nullptr, 'p'},
                              option{"url", required_argument, nullptr, 'u'},
                              option{"fwmark", required_argument, nullptr, 'm'},
                              option{"protocol", required_argument, nullptr, 'P'},
                              option{"timeout", required_argument, nullptr, 't'},
                              option{nullptr, 0, nullptr, 0}};

}  // namespace

std::variant<GenhashOptions, GenhashUsage> parse_genhash(const std::vector<std::string>& arguments,
                                                         int from) {
    // As the reference has it: under its own name it is used as such, otherwise as an option of the daemon.
    const std::string usage = fmt::format("Usage: {}{} COMMAND [OPTIONS]\n{}", arguments.front(),
                                          from == 1 ? "" : " --genhash", kUsage);
    std::vector<std::string> own{arguments.front()};
    own.insert(own.end(), arguments.begin() + from, arguments.end());
    std::vector<char*> words;
    for (std::string& word : own) words.push_back(word.data());
    const int count = static_cast<int>(words.size());
    words.push_back(nullptr);
    if (count <= 2) return GenhashUsage{usage};

    Parser parser;
    parser.out.check.connect.timeout = kDefaultTimeout;
    std::string complaints;
    bool help = false;
    optind = 0;
    for (int at = 1;; at = optind) {
        const int option = getopt_long(count, words.data(), ":hvSs:V:p:u:m:P:t:I", kOptions.data(), nullptr);
        if (option == -1) break;
        const std::string_view word = at < count ? words[static_cast<size_t>(at)] : "";
        const bool is_short = optopt != 0 && !word.starts_with("--");
        if (option == 'h') {
            help = true;
        } else if (option == '?' || option == ':') {
            complaints += option == '?' ? "Unknown option " : "Missing parameter for option ";
            complaints +=
                is_short ? fmt::format("-{}\n", static_cast<char>(optopt)) : fmt::format("{}\n", word);
        } else if (const auto problem = parser.take(option, optarg)) {
            return GenhashUsage{complaints + *problem + usage};
        }
    }
    if (help || !complaints.empty()) return GenhashUsage{complaints + usage};
    if (optind < count) {
        complaints = "Unexpected argument(s):";
        for (int i = optind; i < count; ++i) complaints += fmt::format(" {}", words[static_cast<size_t>(i)]);
        return GenhashUsage{complaints + "\n" + usage};
    }
    if (!parser.complete()) return GenhashUsage{usage};
    return std::move(parser.out);
}

}  // namespace holdfast::app
