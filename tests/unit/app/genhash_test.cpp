#include "holdfast/app/genhash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

using testing::StartsWith;

std::variant<GenhashOptions, GenhashUsage> parse(std::vector<std::string> words) {
    words.insert(words.begin(), "genhash");
    return parse_genhash(words, 1);
}
std::string refused(std::vector<std::string> words) {
    const auto parsed = parse(std::move(words));
    const auto* usage = std::get_if<GenhashUsage>(&parsed);
    return usage == nullptr ? "accepted" : usage->text;
}

TEST(Genhash, ReadsShortAndLongOptions) {
    const auto parsed = parse({"-S", "-I", "-s", "192.0.2.1", "-p", "443", "-u", "/a", "-V", "www.example",
                               "-v", "-m", "7", "-P", "1.0c", "-t", "9"});
    ASSERT_TRUE(std::holds_alternative<GenhashOptions>(parsed));
    const auto& options = std::get<GenhashOptions>(parsed);
    EXPECT_TRUE(options.check.tls);
    EXPECT_TRUE(options.check.enable_sni);
    EXPECT_TRUE(options.verbose);
    EXPECT_EQ(options.check.connect.destination, (Endpoint{IpAddress::v4(192, 0, 2, 1), 443}));
    EXPECT_EQ(options.check.urls.front().path, "/a");
    EXPECT_EQ(options.check.virtualhost, "www.example");
    EXPECT_EQ(options.check.connect.firewall_mark, 7U);
    EXPECT_EQ(options.check.protocol, check::HttpProtocol::http_1_0_compatible);
    EXPECT_EQ(options.check.connect.timeout, std::chrono::seconds(9));

    const auto as_words =
        parse({"--server", "2001:db8::1", "--port", "80", "--url", "/", "--protocol", "1.1"});
    ASSERT_TRUE(std::holds_alternative<GenhashOptions>(as_words));
    EXPECT_EQ(std::get<GenhashOptions>(as_words).check.protocol, check::HttpProtocol::http_1_1);
    EXPECT_FALSE(std::get<GenhashOptions>(as_words).check.tls);
}

TEST(Genhash, RefusesAsTheReference) {
    EXPECT_THAT(refused({"-s", "foo", "-p", "1", "-u", "/"}),
                StartsWith("server should be an IP, not foo\nUsage: genhash COMMAND"));
    EXPECT_THAT(refused({"-s", "127.0.0.1", "-p", "0", "-u", "/"}), StartsWith("invalid port number '0'\n"));
    EXPECT_THAT(refused({"-s", "127.0.0.1", "-p", "65536", "-u", "/"}),
                StartsWith("invalid port number '65536'\n"));
    EXPECT_THAT(refused({"-s", "127.0.0.1", "-P", "2"}), StartsWith("invalid HTTP protocol version '2'\n"));
    EXPECT_THAT(refused({"-s", "127.0.0.1", "-t", "x"}), StartsWith("invalid timeout 'x'\n"));
    EXPECT_THAT(refused({"-s", "127.0.0.1", "-m", "-1"}), StartsWith("invalid fwmark '-1'\n"));
    EXPECT_THAT(refused({"-x", "-s", "127.0.0.1"}), StartsWith("Unknown option -x\nUsage"));
    EXPECT_THAT(refused({"--foo", "x"}), StartsWith("Unknown option --foo\nUsage"));
    EXPECT_THAT(refused({"-v", "-s"}), StartsWith("Missing parameter for option -s\nUsage"));
    EXPECT_THAT(refused({"-s", "127.0.0.1", "-p", "80", "-u", "/", "more", "words"}),
                StartsWith("Unexpected argument(s): more words\nUsage"));
    for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                   {"-h"},
                                                                   {"-s", "127.0.0.1", "-p", "80"},
                                                                   {"-s", "127.0.0.1", "-u", "/"},
                                                                   {"-p", "80", "-u", "/"}})
        EXPECT_THAT(refused(words), StartsWith("Usage: genhash COMMAND [OPTIONS]\nCommands:\n"));
}

TEST(Genhash, IsAnOptionOfTheDaemonAsWell) {
    const auto parsed = parse_genhash({"/sbin/holdfast", "-T", "-h"}, 2);
    EXPECT_THAT(std::get<GenhashUsage>(parsed).text, StartsWith("Usage: /sbin/holdfast --genhash COMMAND"));
}

TEST(HexDump, HasRowsOfSixteen) {
    const std::string text = "HTTP/1.0 200 OK\r\nx";
    EXPECT_EQ(hex_dump({reinterpret_cast<const uint8_t*>(text.data()), text.size()}),
              "0000  48 54 54 50 2f 31 2e 30 - 20 32 30 30 20 4f 4b 0d   HTTP/1.0 200 OK.\n"
              "0016  0a 78                   -                           .x              \n");
    EXPECT_EQ(hex_dump({}), "");
}

}  // namespace
}  // namespace holdfast::app
