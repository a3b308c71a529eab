// global_defs: this node's name and its mails.
#include <fmt/format.h>

#include "tables_global.hpp"

namespace holdfast::config {
namespace {

using G = GlobalDraft;
using S = GlobalSettings;
template <auto... Path>
using Value = Field<&G::value, Path...>;

/// A time limit; 0 was allowed once and means 1.
struct AtLeastOneSecond {
    static constexpr uint8_t kWords = 1;
    static void spoil(BadLines& out) { WholeSeconds{1, kMaxDelaySeconds}.spoil(out); }
    bool read(Loading& loading, const Line& line, std::chrono::seconds& out) const {
        if (!WholeSeconds{0, kMaxDelaySeconds}.read(loading, line, out)) return false;
        if (out.count() == 0) {
            bad_word(loading, ReportClass::general, line, 1, "must be at least 1; 1 is used");
            out = std::chrono::seconds(1);
        }
        return true;
    }
    std::optional<std::string> write(const std::chrono::seconds& in) const {
        return fmt::format("{}", in.count());
    }
};

/// Quotes a display name that holds one of RFC 5322's specials.
std::string mail_address(std::string_view text) {
    const size_t bracket = text.rfind('<');
    if (!text.ends_with('>') || bracket == std::string_view::npos || bracket == 0) return std::string(text);
    size_t end = bracket;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
    const std::string_view name = text.substr(0, end);
    if (name.starts_with('"') || name.find_first_of("()<>[]:;@\\,.") == std::string_view::npos)
        return std::string(text);
    std::string result = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"' + std::string(text.substr(end));
}

void read_mail_entry(Loading&, void* target, const Line& line) {
    auto& recipients = static_cast<G*>(target)->value.mail.recipients;
    for (size_t i = 0; i < line.size(); ++i) recipients.push_back(mail_address(line.word(i)));
}

void close_mail(Loading& loading, G&, G& global, const Line& line) {
    if (global.value.mail.recipients.empty())
        bad_word(loading, ReportClass::general, line, 0, "has no address");
}

/// The plain reader knows no quote within quotes: a name that was quoted automatically is written without.
std::string mail_text(std::string_view address) {
    std::string text;
    for (size_t i = 0; i < address.size(); ++i) {
        if (address[i] == '"') continue;
        if (address[i] == '\\' && i + 1 < address.size()) ++i;
        text += address[i];
    }
    return quoted(text);
}

void show_mail(const G& global, const Row& row, Writer& writer) {
    if (global.value.mail.recipients.empty()) return;
    writer.open(row.facts.name);
    for (const std::string& address : global.value.mail.recipients) writer.entry(mail_text(address));
    writer.close();
}

void read_mail_from(Loading& loading, G& global, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (line.size() > 2)
        bad_word(loading, ReportClass::general, line, 2, "is one word too many; it is ignored");
    global.value.mail.from = mail_address(line.word(1));
}

void show_mail_from(const G& global, const Row& row, Writer& writer) {
    if (!global.value.mail.from.empty()) writer.line(row.facts.name, mail_text(global.value.mail.from));
}

void read_smtp_server(Loading& loading, G& global, const Line& line) {
    const std::string name(line.word(1));
    if (loading.stopped()) return;
    uint16_t port = 25;
    if (line.has(2)) {
        const auto number = parse_integer(line.word(2), 1, 65535, Lenient::yes);
        if (!number.problem.empty()) bad_word(loading, ReportClass::number, line, 2, number.problem);
        if (!number.value) {
            bad_word(loading, ReportClass::general, line, 1, "is ignored, mails cannot be sent");
            return;
        }
        port = static_cast<uint16_t>(*number.value);
    }
    auto address = IpAddress::parse(name);
    if (!address) address = loading.environment.resolve(name);
    global.value.mail.server_name = name;
    global.value.mail.port = port;
    global.value.mail.server = address;
    // A name server that does not answer is no mistake in the file: no reason to refuse a reload.
    if (!address) bad_word(loading, ReportClass::warning, line, 1, "has no address, mails cannot be sent");
}

void show_smtp_server(const G& global, const Row& row, Writer& writer) {
    if (!global.value.mail.server_name.empty())
        writer.line(row.facts.name,
                    fmt::format("{} {}", global.value.mail.server_name, global.value.mail.port));
}

// clang-format off: one row, one line
constexpr Row kRows[] = {
    keyword<Value<&S::router_id>, SoftWord{}>({"router_id", "STRING", "the host name", "Name of this node in mails and dumps; not on the wire.", everyday}).example("router_id node1"),
    custom<G, read_mail_from, show_mail_from>({"notification_email_from", "ADDR", "USER@HOST of the daemon", "Sender of the mails.", everyday}, 1).example("notification_email_from keepalived@example.org", ".\nkeepalived@example.org ^surplus"),
    custom<G, read_smtp_server, show_smtp_server>({"smtp_server", "HOST [PORT]", "none, port 25", "Mail relay, an address or a name that is resolved when the file is read.", everyday}, 2).example("smtp_server 192.0.2.25 25", "!\n192.0.2.25 ^0\n192.0.2.25 ^65536\n192.0.2.25 ^smtp"),
    keyword<Value<&S::mail, &notify::MailSettings::helo_name>, WordOf<Missing::ignored>{}>({"smtp_helo_name", "STRING", "the host name", "Argument of HELO."}).example("smtp_helo_name node1.example.org"),
    keyword<Value<&S::mail, &notify::MailSettings::timeout>, AtLeastOneSecond{}>({"smtp_connect_timeout", "SECS", "30", "Time limit of each step of a mail dialogue.", everyday}).example("smtp_connect_timeout 30"),
    block<G, G, same<G>, close_mail, show_mail>({"notification_email", "{ ADDR... }", "none", "Recipients of mails; a display name is written as \"Name <addr>\".", everyday, adds_up}, kNotificationEmail).example("notification_email {", kNothingWrong),
    keyword<Value<&S::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "unset: real servers on, all else off", "Default of every smtp_alert."}).example("smtp_alert on"),
    keyword<Value<&S::smtp_alert_vrrp>, Switch{}>({"smtp_alert_vrrp", "[BOOL]", "smtp_alert", "Default of smtp_alert for instances and sync groups."}).example("smtp_alert_vrrp on"),
    keyword<Value<&S::smtp_alert_checker>, Switch{}>({"smtp_alert_checker", "[BOOL]", "smtp_alert", "Default of smtp_alert for virtual and real servers."}).example("smtp_alert_checker on"),
    keyword<Value<&S::no_email_faults>, Flag{}>({"no_email_faults", "", "off", "No mail about FAULT.", rare}).example("no_email_faults"),
    keyword<Value<&S::no_checker_emails>, Switch{}>({"no_checker_emails", "[BOOL]", "off", "Mail only when a real server is added or removed.", rare}).example("no_checker_emails on"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kGlobalMailRows{kRows};
const Block kNotificationEmail =
    Block{"global_defs/notification_email", {}, read_mail_entry, {}, "ADDR | \"NAME <ADDR>\""}.around(
        "admin@example.org");

}  // namespace holdfast::config
