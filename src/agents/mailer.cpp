#include "holdfast/agents/mailer.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <utility>

namespace holdfast::agents {

namespace {

std::span<const uint8_t> bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::string mail_date(std::chrono::system_clock::time_point when) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm local{};
    localtime_r(&seconds, &local);
    std::array<char, 64> text{};
    // The names are English: the program never leaves the C locale.
    const size_t length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S %z", &local);
    return {text.data(), length};
}

Mailer::Mailer(io::Streams& streams, io::TimerQueue& timers, std::function<void(const std::string&)> report,
               std::function<void(const std::string&)> detail)
    : streams_(streams),
      report_(std::move(report)),
      detail_(std::move(detail)),
      next_(timers, [this] { start_next(); }),
      limit_(timers, [this] { expired(); }),
      finish_by_(timers, [this] {
          for (const Mail& mail : std::exchange(waiting_, {})) lose(mail, "the daemon ends");
          if (dialogue_) return end("the daemon ends");
          done_if_idle();
      }) {}

Mailer::~Mailer() = default;

void Mailer::configure(notify::MailSettings settings) {
    if (!settings.server && settings.server_name == settings_.server_name) settings.server = settings_.server;
    settings_ = std::move(settings);
}

void Mailer::send(const notify::MailText& text, std::string_view date) {
    if (settings_.recipients.empty() || settings_.server_name.empty()) return;
    Mail mail{text.subject,
              settings_.server_name,
              {settings_.server.value_or(IpAddress{}), settings_.port},
              settings_.timeout,
              {settings_.helo_name, settings_.from, settings_.recipients,
               notify::mail_message(settings_, text, date)}};
    if (!settings_.server) return lose(mail, "its address is not known");
    if (waiting_.size() == kMaxWaiting) {
        lose(waiting_.front(), "too many mails wait");
        waiting_.pop_front();
    }
    waiting_.push_back(std::move(mail));
    if (!dialogue_) next_.arm_after(Duration::zero());
}

void Mailer::finish(Duration limit, std::function<void()> done) {
    done_ = std::move(done);
    finish_by_.arm_after(is_idle() ? Duration::zero() : limit);
}

void Mailer::start_next() {
    if (waiting_.empty() || dialogue_) return;
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    dialogue_.emplace(std::move(current_->envelope));
    io::ConnectRequest request;
    request.destination = current_->server;
    request.timeout = current_->timeout;
    connection_ = streams_.connect(request, *this);
}

void Mailer::on_connected() {
    limit_.arm_after(current_->timeout);
    detail_(fmt::format("Remote SMTP server {} connected.", current_->server.to_string()));
}

void Mailer::on_data(std::span<const uint8_t> data) {
    std::string out;
    dialogue_->received(data, out);
    if (!out.empty()) {
        connection_->send(bytes(out));
        limit_.arm_after(dialogue_->is_parting() ? kPartingLimit : current_->timeout);
    }
    if (dialogue_->is_over()) end();
}

void Mailer::on_closed() {
    dialogue_->closed();
    end();
}

void Mailer::on_failed(const Error& error, io::StreamFailure) {
    end(error.message);
}

void Mailer::expired() {
    dialogue_->timed_out();
    end();
}

/// The connection has told or been told all there is; `complaint` is ours, besides those of the dialogue.
void Mailer::end(std::string_view complaint) {
    limit_.cancel();
    connection_.reset();
    const SmtpDialogue dialogue = std::move(*dialogue_);
    dialogue_.reset();
    const Mail mail = std::move(*current_);
    current_.reset();
    std::string why = fmt::format("{}", fmt::join(dialogue.complaints(), "; "));
    if (dialogue.is_delivered()) {
        detail_("SMTP alert successfully sent.");
        if (!why.empty()) {
            report_(fmt::format("Mail \"{}\" was not taken for all recipients by {}: {}", mail.subject,
                                mail.server_name, why));
        }
    } else {
        if (!complaint.empty()) why += fmt::format("{}{}", why.empty() ? "" : "; ", complaint);
        lose(mail, why);
    }
    if (!waiting_.empty()) next_.arm_after(Duration::zero());
    done_if_idle();
}

void Mailer::lose(const Mail& mail, std::string_view why) {
    report_(fmt::format("Mail \"{}\" was not sent by {}: {}", mail.subject, mail.server_name, why));
}

/// The last thing a call does: the callback may destroy this object.
void Mailer::done_if_idle() {
    if (done_ == nullptr || !is_idle()) return;
    finish_by_.cancel();
    std::exchange(done_, nullptr)();
}

}  // namespace holdfast::agents
