#include "holdfast/app/logging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syslog.h>

#include "datagram_socket.hpp"
#include "temp_dir.hpp"

namespace holdfast::app {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class LogTest : public testing::Test {
  protected:
    LogSettings settings() const {
        LogSettings result;
        result.syslog_socket = directory / "log";
        return result;
    }
    static std::string pid() { return "[" + std::to_string(getpid()) + "]: "; }

    TempDir directory;
};

TEST_F(LogTest, SyslogLinesCarryPriorityIdentAndPid) {
    const DatagramSocket journal(directory / "log");
    ASSERT_TRUE(journal.bound());
    Log log(settings());
    log.info(Part::daemon, "Stopping");
    EXPECT_THAT(journal.receive(),
                MatchesRegex("<30>[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]+ Keepalived\\[[0-9]+\\]: Stopping"));
    log.info(Part::vrrp, "(VI_1) Entering MASTER STATE");
    EXPECT_THAT(journal.receive(), HasSubstr(" Keepalived_vrrp" + pid() + "(VI_1) Entering MASTER STATE"));
    log.info(Part::checkers, "x");
    EXPECT_THAT(journal.receive(), HasSubstr(" Keepalived_healthcheckers" + pid()));
    log.info(Part::bfd, "x");
    EXPECT_THAT(journal.receive(), HasSubstr(" Keepalived_bfd" + pid()));
}

TEST_F(LogTest, FacilityAndLevelMakeThePriority) {
    const DatagramSocket journal(directory / "log");
    auto with = settings();
    with.facility = LOG_LOCAL3;
    Log log(with);
    log.write(Part::daemon, LogLevel::error, "x");
    EXPECT_THAT(journal.receive(), StartsWith("<155>"));  // 19 * 8 + 3
    log.write(Part::daemon, LogLevel::alert, "x");
    EXPECT_THAT(journal.receive(), StartsWith("<153>"));
    log.write(Part::daemon, LogLevel::warning, "x");
    EXPECT_THAT(journal.receive(), StartsWith("<156>"));
}

TEST_F(LogTest, DetailNeedsOneDAndExtraDetailTwo) {
    const DatagramSocket journal(directory / "log");
    for (uint32_t detail : {0U, 1U, 2U}) {
        auto with = settings();
        with.detail = detail;
        Log log(with);
        log.detail(Part::vrrp, "detail");
        if (detail >= 1) {
            EXPECT_THAT(journal.receive(), HasSubstr("detail"));
        }
        log.extra_detail(Part::vrrp, "extra");
        if (detail >= 2) {
            EXPECT_THAT(journal.receive(), HasSubstr("extra"));
        }
        EXPECT_EQ(journal.receive(), "(nothing)");
    }
}

TEST_F(LogTest, NamesAreAnnouncedUnderTheOldIdentAndUsedAfterwards) {
    const DatagramSocket journal(directory / "log");
    Log log(settings());
    log.set_names("NS", "one");
    EXPECT_THAT(journal.receive(),
                HasSubstr(" Keepalived" + pid() + "Changing syslog ident to Keepalived_NS_one"));
    log.info(Part::vrrp, "x");
    EXPECT_THAT(journal.receive(), HasSubstr(" Keepalived_vrrp_NS_one" + pid()));
}

TEST_F(LogTest, SyslogMayComeLateOrBeRestarted) {
    Log log(settings());
    log.info(Part::daemon, "lost");
    EXPECT_EQ(log.lost(), 1U);
    auto journal = std::make_unique<DatagramSocket>(directory / "log");
    log.info(Part::daemon, "first");
    EXPECT_THAT(journal->receive(), HasSubstr("first"));
    journal.reset();
    std::filesystem::remove(directory / "log");
    journal = std::make_unique<DatagramSocket>(directory / "log");
    log.info(Part::daemon, "second");
    EXPECT_THAT(journal->receive(), HasSubstr("second"));
    EXPECT_EQ(log.lost(), 1U);
}

TEST_F(LogTest, FullJournalLosesLinesInsteadOfWaiting) {
    const DatagramSocket journal(directory / "log");
    Log log(settings());
    for (int i = 0; i < 5000; ++i) log.info(Part::daemon, "line");
    EXPECT_GT(log.lost(), 0U);
}

TEST_F(LogTest, ConsoleLinesHaveTheReferencesTimeStamp) {
    auto with = settings();
    with.syslog = false;
    with.console = true;
    Log log(with);
    testing::internal::CaptureStderr();
    log.info(Part::vrrp, "(VI_1) setting VIPs.");
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                MatchesRegex("[A-Z][a-z]+ [A-Z][a-z]+ [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [0-9]+: "
                             "\\(VI_1\\) setting VIPs\\.\n"));
    log.after_fork();
    testing::internal::CaptureStderr();
    log.info(Part::vrrp, "x");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(LogTest, FileLinesAreAppendedPrivatelyAndLinksAreNotFollowed) {
    auto with = settings();
    with.syslog = false;
    with.file = directory / "ka.log";
    with.flush_file = true;
    {
        Log(with).info(Part::daemon, "one");
    }
    Log log(with);
    log.info(Part::daemon, "two");
    EXPECT_THAT(content_of(with.file), MatchesRegex("[^\n]+\\.[0-9]+ [0-9]+: one\n[^\n]+: two\n"));
    struct stat status{};
    ASSERT_EQ(stat(with.file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077U, 0U);

    std::filesystem::create_symlink(directory / "elsewhere", directory / "link");
    with.file = directory / "link";
    {
        Log(with).info(Part::daemon, "three");
    }
    EXPECT_FALSE(std::filesystem::exists(directory / "elsewhere"));
}

TEST_F(LogTest, GatheredLinesAreWrittenTogether) {
    auto with = settings();
    with.syslog = false;
    with.file = directory / "ka.log";
    with.flush_file = true;
    Log log(with);
    {
        const Log::Gathering outer(log);
        log.info(Part::checkers, "one");
        {
            const Log::Gathering inner(log);
            log.info(Part::checkers, "two");
        }
        EXPECT_EQ(content_of(with.file), "");
        log.info(Part::checkers, std::string(20000, 'x'));
        EXPECT_THAT(content_of(with.file), MatchesRegex("[^\n]+: one\n[^\n]+: two\n[^\n]+: x+\n"));
        log.info(Part::checkers, "three");
    }
    EXPECT_THAT(content_of(with.file), testing::EndsWith(": three\n"));
    log.info(Part::checkers, "four");
    EXPECT_THAT(content_of(with.file), testing::EndsWith(": four\n"));
}

TEST_F(LogTest, UnusableLogFileIsReportedElsewhere) {
    const DatagramSocket journal(directory / "log");
    auto with = settings();
    with.file = directory / "no/such/place";
    const Log log(with);
    EXPECT_THAT(journal.receive(), HasSubstr("Unable to open log file"));
}

TEST_F(LogTest, QuietSaysNothingAndListenersHearEverythingElse) {
    const DatagramSocket journal(directory / "log");
    auto with = settings();
    std::vector<std::string> heard;
    Log log(with);
    log.on_line([&](Part, LogLevel, std::string_view text) { heard.emplace_back(text); });
    log.info(Part::daemon, "a");
    EXPECT_EQ(heard, std::vector<std::string>{"a"});
    journal.receive();
    with.quiet = true;
    Log quiet(with);
    quiet.info(Part::daemon, "b");
    EXPECT_EQ(journal.receive(), "(nothing)");
}

}  // namespace
}  // namespace holdfast::app
