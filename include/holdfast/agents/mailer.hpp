// Mail alerts on their way out: a bounded queue, one connection at a time. A mail is tried once, as
// keepalived does; what became of one that failed is said once, with the server's answer.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/agents/smtp.hpp"
#include "holdfast/io/streams.hpp"
#include "holdfast/io/timer.hpp"
#include "holdfast/notify/mail.hpp"

namespace holdfast::agents {

/// RFC 5322, 3.3, in the local time zone: `Sat, 21 Nov 2026 15:04:37 +0100`.
std::string mail_date(std::chrono::system_clock::time_point when);

class Mailer final : private io::StreamHandler {
  public:
    /// Mails that wait; a further one takes the place of the oldest, because the newest state matters most.
    static constexpr size_t kMaxWaiting = 64;
    /// How long the answer to QUIT is awaited: the mail is delivered or lost by then.
    static constexpr Duration kPartingLimit = std::chrono::seconds(1);

    /// `report` is told what failed, one line each, for the log; `detail` what went well.
    Mailer(
        io::Streams& streams, io::TimerQueue& timers, std::function<void(const std::string&)> report,
        std::function<void(const std::string&)> detail = [](const std::string&) {});
    ~Mailer() override;

    /// For mails queued from now on. MailSettings::timeout (smtp_connect_timeout) limits the connect and each
    /// answer of the server. A server whose name has no address just now keeps the one it had.
    void configure(notify::MailSettings settings);
    /// Queues a mail; without a configured server or recipient there is nobody to tell, and nothing happens.
    void send(const notify::MailText& text, std::string_view date);
    /// Calls `done` once when nothing waits any more, or after `limit`: what waits then is lost, and
    /// reported. Never from inside this call.
    void finish(Duration limit, std::function<void()> done);

    size_t waiting() const { return waiting_.size(); }
    bool is_idle() const { return waiting_.empty() && dialogue_ == std::nullopt; }

  private:
    struct Mail {
        std::string subject;
        std::string server_name;
        Endpoint server;
        Duration timeout;
        Envelope envelope;
    };

    void start_next();
    void on_connected() override;
    void on_data(std::span<const uint8_t> data) override;
    void on_closed() override;
    void on_failed(const Error& error, io::StreamFailure reason) override;
    void expired();
    void end(std::string_view complaint = {});
    void lose(const Mail& mail, std::string_view why);
    void done_if_idle();

    io::Streams& streams_;
    std::function<void(const std::string&)> report_;
    std::function<void(const std::string&)> detail_;
    notify::MailSettings settings_;
    std::deque<Mail> waiting_;
    std::optional<Mail> current_;
    std::optional<SmtpDialogue> dialogue_;  ///< Together with current_ and connection_.
    std::unique_ptr<io::Connection> connection_;
    io::Timer next_;   ///< Nothing is connected from inside a callback of another.
    io::Timer limit_;  ///< For the server's next answer.
    std::function<void()> done_;
    io::Timer finish_by_;
};

}  // namespace holdfast::agents
