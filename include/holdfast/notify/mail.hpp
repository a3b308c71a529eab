// The text of mail alerts (compat/runtime.md, section 8). The SMTP conversation is in agents/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "holdfast/notify/queue.hpp"
#include "holdfast/notify/settings.hpp"

namespace holdfast::notify {

struct MailText {
    std::string subject;
    std::string body;  ///< One line, framed by `=> ` and ` <=`.
    friend bool operator==(const MailText&, const MailText&) = default;
};

/// Nothing for a word that keepalived does not mail (priority changes, a deleted group).
std::optional<MailText> transition_mail(Subject subject, std::string_view name, Word word,
                                        std::string_view router_id);
/// `[ROUTER_ID] Realserver R of virtual server V - UP`; `body` is the checker's line, already framed.
MailText real_server_mail(std::string_view real_server, std::string_view virtual_server, bool up,
                          std::string_view router_id, std::string_view body);
MailText virtual_server_mail(std::string_view virtual_server, bool up, std::string_view router_id,
                             std::string_view body);

/// The message as it goes after DATA: headers, blank line, body, with CRLF line ends and leading dots
/// doubled; the final `.` line is not included. `date` is RFC 5322's form.
std::string mail_message(const MailSettings& settings, const MailText& text, std::string_view date);

}  // namespace holdfast::notify
