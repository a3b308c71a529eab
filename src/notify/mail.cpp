#include "holdfast/notify/mail.hpp"

#include <fmt/format.h>

namespace holdfast::notify {

namespace {

std::string entering(Word word) {
    return fmt::format("Entering {} state", to_string(word));
}

std::optional<MailText> instance_words(Word word) {
    switch (word) {
        case Word::master:
            return MailText{entering(word), "=> VRRP Instance is now owning VRRP VIPs <="};
        case Word::backup:
        case Word::fault:
            return MailText{entering(word), "=> VRRP Instance is no longer owning VRRP VIPs <="};
        case Word::stop:
            return MailText{"Stopping", "=> VRRP Instance stopping <="};
        case Word::deleted:
            return MailText{"Deleted", "=> VRRP Deleted at reload <="};
        case Word::master_rx_lower_pri:
        case Word::master_priority:
        case Word::backup_priority:
            return std::nullopt;
    }
    return std::nullopt;
}

std::optional<MailText> group_words(Word word) {
    switch (word) {
        case Word::master:
        case Word::backup:
        case Word::fault:
            return MailText{entering(word), fmt::format("=> All VRRP group instances are now in {} state <=",
                                                        to_string(word))};
        case Word::stop:
            return MailText{"Stopping", "=> All VRRP group instances are now stopping <="};
        case Word::deleted:
        case Word::master_rx_lower_pri:
        case Word::master_priority:
        case Word::backup_priority:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::optional<MailText> transition_mail(Subject subject, std::string_view name, Word word,
                                        std::string_view router_id) {
    const bool group = subject == Subject::group;
    auto text = group ? group_words(word) : instance_words(word);
    if (!text) return std::nullopt;
    text->subject =
        fmt::format("[{}] VRRP {} {} - {}", router_id, group ? "Group" : "Instance", name, text->subject);
    return text;
}

MailText real_server_mail(std::string_view real_server, std::string_view virtual_server, bool up,
                          std::string_view router_id, std::string_view body) {
    return {fmt::format("[{}] Realserver {} of virtual server {} - {}", router_id, real_server,
                        virtual_server, up ? "UP" : "DOWN"),
            std::string(body)};
}

MailText virtual_server_mail(std::string_view virtual_server, bool up, std::string_view router_id,
                             std::string_view body) {
    return {fmt::format("[{}] Virtualserver {} - {}", router_id, virtual_server, up ? "UP" : "DOWN"),
            std::string(body)};
}

std::string mail_message(const MailSettings& settings, const MailText& text, std::string_view date) {
    // No value may end its header early: names come from the configuration and from checkers.
    auto one_line = [](std::string_view value) {
        std::string clean(value);
        for (char& c : clean) {
            if (c == '\r' || c == '\n') c = ' ';
        }
        return clean;
    };
    std::string message =
        fmt::format("Date: {}\r\nFrom: {}\r\nSubject: {}\r\nX-Mailer: Keepalived\r\nTo:", one_line(date),
                    one_line(settings.from), one_line(text.subject));
    for (size_t i = 0; i < settings.recipients.size(); ++i) {
        if (i > 0) message += ",\r\n";
        message += ' ';
        message += one_line(settings.recipients[i]);
    }
    message += "\r\n\r\n";
    bool line_start = true;
    for (char c : text.body) {
        if (line_start && c == '.') message += '.';
        line_start = c == '\n';
        if (c == '\n' && !message.ends_with('\r')) message += '\r';
        message += c;
    }
    message += "\r\n\r\n";  // The reference ends with an empty line.
    return message;
}

}  // namespace holdfast::notify
