#include "holdfast/app/genhash.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "holdfast/check/http.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/socket_streams.hpp"
#include "holdfast/io/tls.hpp"
#include "probes.hpp"

namespace holdfast::app {

namespace {

std::string title(std::string_view text) {
    return fmt::format("-----------------------[{}]-----------------------\n", text);
}

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

/// One request, like that of a checker, whose answer is printed instead of judged.
class Talk final : private io::StreamHandler {
  public:
    Talk(io::EventLoop& loop, io::Streams& streams, const io::TlsContext* tls, const GenhashOptions& options)
        : checker_{.probe = options.check},
          memory_(checker_),
          conversation_(std::get<check::HttpCheck>(checker_.probe), memory_),
          verbose_(options.verbose),
          limit_(loop.timers(), [this] { end(conversation_.timed_out().outcome.reason); }) {
        io::TlsRequest request;
        request.connect.destination = options.check.connect.destination;
        request.connect.firewall_mark = options.check.connect.firewall_mark;
        request.connect.timeout = options.check.connect.timeout;
        if (tls == nullptr) {
            connection_ = streams.connect(request.connect, *this);
            return;
        }
        request.server_name = conversation_.server_name();
        connection_ = io::connect_tls(streams, loop.timers(), *tls, request, *this);
    }
    bool ended() const { return ended_; }

  private:
    void on_connected() override {
        check::Bytes request;
        conversation_.connected(request);
        connection_->send(request);
        renew();
    }
    void on_data(std::span<const uint8_t> data) override {
        renew();
        const bool had_header = answer_.has_header();
        const auto body = answer_.take(data);
        digest_.update(body);
        if (answer_.header_too_long()) return end(std::string());
        if (!verbose_) return;
        if (!had_header && answer_.has_header()) {
            const std::string& header = answer_.header();
            print(title("    HTTP Header Buffer    "));
            print(hex_dump({reinterpret_cast<const uint8_t*>(header.data()), header.size()}));
            print(title(" HTTP Header Ascii Buffer ") + header + "\n");
        }
        if (body.empty()) return;
        if (!std::exchange(has_body_, true)) print(title("        HTML Buffer        "));
        print(hex_dump(body));
    }
    void on_closed() override { print_digest(); }
    void on_failed(const Error& error, io::StreamFailure reason) override {
        // A TLS server may end without its goodbye; what came before is the page.
        if (reason == io::StreamFailure::other && answer_.has_header() && checked().tls)
            return print_digest();
        end(result_of(conversation_, error, reason).reason);
    }

    const check::HttpCheck& checked() const { return std::get<check::HttpCheck>(checker_.probe); }
    void renew() { limit_.arm_after(checked().connect.timeout); }
    void print_digest() {
        if (!answer_.has_header()) return end(std::string());
        const check::Md5::Digest digest = digest_.finish();
        if (verbose_) {
            print("\n" + title("    HTML hash resulting    ") + hex_dump(digest) +
                  title(" HTML hash final resulting "));
        }
        for (const uint8_t byte : digest) fmt::print("{:02x}", byte);
        print("\n");
        end(std::nullopt);
    }
    /// Without text: nothing came.
    void end(const std::optional<std::string>& reason) {
        ended_ = true;
        limit_.cancel();
        connection_.reset();
        if (!reason) return;
        if (reason->empty()) {
            std::fputs("no data received from remote webserver\n", stderr);
        } else {
            print(*reason + "\n");
        }
    }

    check::Checker checker_;
    check::ProbeMemory memory_;
    check::HttpConversation conversation_;
    bool verbose_;
    bool ended_ = false;
    bool has_body_ = false;
    check::HttpAnswer answer_;
    check::Md5 digest_;
    io::Timer limit_;
    std::unique_ptr<io::Connection> connection_;
};

}  // namespace

std::string hex_dump(std::span<const uint8_t> data) {
    std::string text;
    for (size_t row = 0; row < data.size(); row += 16) {
        text += fmt::format("{:04} ", row & 0xffffU);
        std::string characters;
        for (size_t i = row; i < row + 16; ++i) {
            const bool there = i < data.size();
            text += there ? fmt::format(" {:02x}", data[i]) : "   ";
            if (i == row + 7) text += " -";
            const char shown = there && data[i] >= 0x20 && data[i] <= 0x7e ? static_cast<char>(data[i]) : '.';
            characters += there ? shown : ' ';
        }
        text += "   " + characters + "\n";
    }
    return text;
}

int run_genhash(const std::vector<std::string>& arguments, int from) {
    const auto parsed = parse_genhash(arguments, from);
    if (const auto* usage = std::get_if<GenhashUsage>(&parsed)) {
        std::fputs(usage->text.c_str(), stderr);
        return 1;
    }
    const auto& options = std::get<GenhashOptions>(parsed);
    std::unique_ptr<const io::TlsContext> tls;
    if (options.check.tls) {
        auto made = io::TlsContext::make({});
        if (!made) {
            std::fputs("Cannot initialize SSL context.\n", stderr);
            return 1;
        }
        tls = std::move(*made);
    }
    const auto begin = std::chrono::steady_clock::now();
    io::EventLoop loop;
    io::SocketStreams streams(loop);
    Talk talk(loop, streams, tls.get(), options);
    while (!talk.ended()) loop.run_once();
    if (options.verbose) {
        const auto spent =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
        print(fmt::format("\nGlobal response time for [{}] = {} usecs\n", options.check.urls.front().path,
                          spent.count()));
    }
    std::fflush(stdout);
    return 0;
}

}  // namespace holdfast::app
