// vrrp_instance: authentication and auth_hmac.
#include <fmt/format.h>

#include "tables_vrrp.hpp"

namespace holdfast::config {
namespace {

using D = InstanceDraft;

constexpr std::pair<std::string_view, vrrp::AuthType> kAuthTypes[] = {{"PASS", vrrp::AuthType::password},
                                                                      {"AH", vrrp::AuthType::header}};

void read_password(Loading& loading, D& instance, const Line& line) {
    std::string_view password = line.word(1);
    if (loading.stopped()) return;
    if (password.size() > 8) {
        loading.error(line, 1, "auth_pass has more than 8 characters; the rest is cut off");
        password = password.substr(0, 8);
    }
    instance.auth_password = password;
}

void show_password(const D& instance, const Row& row, Writer& writer) {
    if (!instance.auth_password.empty()) writer.line(row.facts.name, quoted(instance.auth_password));
}

// clang-format off: one row, one line
const Row kAuthenticationRows[] = {
    keyword<Field<&D::auth_type>, OneOf<kAuthTypes>{}>({"auth_type", "PASS|AH", "none", "Clear text, or an IPsec authentication header.", everyday}).example("auth_type PASS"),
    custom<D, read_password, show_password>({"auth_pass", "STRING", "none", "At most 8 bytes; longer ones are cut.", everyday}, 1).example("auth_pass secret", "!\n^more-than-eight"),
};

// clang-format on
const Block kAuthentication =
    Block{"vrrp_instance/authentication", kAuthenticationRows}.around("auth_type PASS\nauth_pass secret");

void show_authentication(const D& instance, const Row& row, Writer& writer) {
    if (!instance.auth_type) return;
    writer.open(row.facts.name);
    show_rows(kAuthentication, &instance, writer);
    writer.close();
}

D* open_hmac(Loading&, D& instance, const Line&) {
    instance.has_hmac = true;
    return &instance;
}

std::optional<std::vector<uint8_t>> decode_secret(std::string_view text) {
    if (text.starts_with("hex:")) return parse_hex(text.substr(4), nullptr);
    return std::vector<uint8_t>(text.begin(), text.end());
}

void read_hmac_key(Loading& loading, D& instance, const Line& line) {
    if (line.size() < 3) {
        bad_word(loading, ReportClass::general, line, 0, "needs a number and a value");
        return;
    }
    uint8_t id = 0;
    if (!Integer{1, 255, Lenient::no}.read(loading, line, id)) return;
    constexpr std::string_view kFile = "file:";
    std::optional<std::vector<uint8_t>> secret;
    if (line.word(2).starts_with(kFile)) {
        const std::string path(line.word(2).substr(kFile.size()));
        if (loading.environment.file(path).kind == FileKind::regular &&
            (loading.environment.file(path).mode & 077U) != 0)
            loading.report(ReportClass::security, line, 2,
                           fmt::format("the key file {} can be read by group or others", path));
        auto text = loading.environment.contents(path, 140);
        if (!text) {
            loading.error(line, 2,
                          fmt::format("the key file {} cannot be read: {}", path, text.error().message));
            return;
        }
        while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
        secret = decode_secret(*text);
    } else {
        secret = decode_secret(line.word(2));
    }
    if (!secret || secret->size() < 32 || secret->size() > 64) {
        loading.error(line, 2, fmt::format("key {} must have 32..64 bytes", id));
        return;
    }
    for (const vrrp::HmacKey& key : instance.hmac.keys) {
        if (key.id != id) continue;
        loading.error(line, 1, fmt::format("key {} was given before; this one is ignored", id));
        return;
    }
    instance.hmac.keys.push_back({id, std::move(*secret)});
}

void show_hmac_keys(const D& instance, const Row& row, Writer& writer) {
    for (const vrrp::HmacKey& key : instance.hmac.keys)
        writer.line(row.facts.name, fmt::format("{} hex:{:02x}", key.id, fmt::join(key.secret, "")));
}

struct TimeWindow : Integer {
    static constexpr uint8_t kWords = 1;
    static void spoil(BadLines& out) { Integer{1, 300, Lenient::no}.spoil(out); }
    bool read(Loading& loading, const Line& line, std::chrono::seconds& out) const {
        return WholeSeconds{1, 300, Lenient::no}.read(loading, line, out);
    }
    std::optional<std::string> write(const std::chrono::seconds& in) const {
        return fmt::format("{}", in.count());
    }
};

constexpr std::pair<std::string_view, bool> kReplay[] = {{"time", false}, {"monotonic", true}};

constexpr std::pair<std::string_view, vrrp::HmacMode> kModes[] = {
    {"enforce", vrrp::HmacMode::enforce},
    {"permissive", vrrp::HmacMode::permissive},
    {"receive-only", vrrp::HmacMode::receive_only}};

using H = vrrp::HmacSettings;
// clang-format off: one row, one line
const Row kHmacRows[] = {
    custom<D, read_hmac_key, show_hmac_keys>({"key", "1..255 ASCII|hex:DIGITS|file:PATH", "required", "A key of 32 to 64 bytes.", common, adds_up, Reload::live, "2.4"}, 2).example("key 1 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", ".\n1\n^0 0123456789abcdef0123456789abcdef\n^256 0123456789abcdef0123456789abcdef\n1 ^short\n1 ^hex:00gg\n1 ^file:/no/such/file\n^2 0123456789abcdef0123456789abcdef", "key 2 0123456789abcdef0123456789abcdef"),
    keyword<Field<&D::hmac, &H::active_key>, Integer{1, 255, Lenient::no}>({"active_key", "1..255", "required", "The key used for sending.", common, last_wins, Reload::live, "2.4"}).example("active_key 1"),
    keyword<Field<&D::hmac, &H::time_window>, TimeWindow{}>({"time_window", "1..300", "3 advert intervals, at least 5", "How far clocks may differ, in seconds.", rare, last_wins, Reload::live, "2.4"}).example("time_window 5"),
    keyword<Field<&D::hmac, &H::monotonic>, OneOf<kReplay>{}>({"anti_replay", "time|monotonic", "time", "How repeated adverts are recognised.", rare, last_wins, Reload::live, "2.4"}).example("anti_replay monotonic"),
    keyword<Field<&D::hmac, &H::mode>, OneOf<kModes>{}>({"mode", "enforce|permissive|receive-only", "enforce", "Step of a migration.", rare, last_wins, Reload::live, "2.4"}).example("mode permissive"),
};

// clang-format on
const Block kHmac = Block{"vrrp_instance/auth_hmac", kHmacRows}.around(
    "key 1 0123456789abcdef0123456789abcdef\nactive_key 1");

void show_hmac(const D& instance, const Row& row, Writer& writer) {
    if (!instance.has_hmac) return;
    writer.open(row.facts.name);
    show_rows(kHmac, &instance, writer);
    writer.close();
}

// clang-format off: one row, one line
constexpr Row kRows[] = {
    block<D, D, same<D>, nullptr, show_authentication>({"authentication", "{ ... }", "none", "Version 2 authentication.", everyday, adds_up}, kAuthentication).example("authentication {", kNothingWrong),
    block<D, D, open_hmac, nullptr, show_hmac>({"auth_hmac", "{ ... }", "none", "HMAC-SHA256 trailer.", common, adds_up, Reload::live, "2.4"}, kHmac).example("auth_hmac {", kNothingWrong, "version 3"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kInstanceAuthenticationRows{kRows};

}  // namespace holdfast::config
