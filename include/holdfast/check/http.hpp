// HTTP_GET and SSL_GET: asks for one url (memory.hpp says which) and looks at status, digest and pattern.
#pragma once

#include <optional>
#include <string>

#include "holdfast/check/conversation.hpp"
#include "holdfast/check/http_answer.hpp"
#include "holdfast/check/md5.hpp"

namespace holdfast::check {

/// The request for a url, byte for byte keepalived's: GET, User-Agent, Connection (1.1 and 1.0C), Host. The
/// host is the url's virtualhost, the checker's, or address and port.
std::string http_request(const HttpCheck& check, const UrlSettings& url);

class HttpConversation final : public Conversation {
  public:
    HttpConversation(const HttpCheck& check, ProbeMemory& memory);

    Transport transport() const override { return check_.tls ? Transport::tls : Transport::tcp; }
    const ConnectSettings& settings() const override { return check_.connect; }
    std::string server_name() const override;
    bool ends_tls_properly() const override;
    Step connected(Bytes& out) override;
    Step received(std::span<const uint8_t> bytes, Bytes& out) override;
    Step closed() override;
    Step failed(const Failure& failure) override;
    Step timed_out() override;

    const HttpAnswer& answer() const { return answer_; }
    /// Of the body so far; used up. Only genhash asks.
    Md5::Digest take_digest() { return digest_.finish(); }

  private:
    Step judge();
    std::string length_remark();

    const HttpCheck& check_;
    ProbeMemory& memory_;
    size_t index_;
    const UrlSettings& url_;
    bool any_byte_ = false;
    HttpAnswer answer_;
    Md5 digest_;
    std::optional<RegexSearch> search_;
};

}  // namespace holdfast::check
