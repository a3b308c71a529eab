#include "holdfast/app/reload_schedule.hpp"

#include <gmock/gmock.h>
#include <time.h>

#include <cstdlib>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

// 2026-11-21 12:00:00 UTC, a Saturday.
constexpr system_clock::time_point kNoon{std::chrono::seconds(1795262400)};

/// Local time is that of New York, five hours behind in winter.
class ReloadTimeTest : public WithFakeEdges {
  protected:
    ReloadTimeTest() {
        const char* before = getenv("TZ");
        if (before != nullptr) zone_ = before;
        had_zone_ = before != nullptr;
        setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
        tzset();
    }
    ~ReloadTimeTest() override {
        had_zone_ ? setenv("TZ", zone_.c_str(), 1) : unsetenv("TZ");
        tzset();
    }
    static std::string problem(const std::string& text) {
        const auto time = parse_reload_time(text, kNoon);
        return time ? "" : time.error().message;
    }
    static Duration ahead(const std::string& text) {
        const auto time = parse_reload_time(text, kNoon);
        EXPECT_TRUE(time) << text;
        return time ? time->at - kNoon : Duration{};
    }

  private:
    std::string zone_;
    bool had_zone_ = false;
};

TEST_F(ReloadTimeTest, ATimeOfDayIsTheNextSuchTime) {
    EXPECT_EQ(ahead("07:00:01"), 1s);  // Noon in London.
    EXPECT_EQ(ahead("07:00:00"), 24h);
    EXPECT_EQ(ahead("06:59:59"), 24h - 1s);
    EXPECT_EQ(ahead("12:00:01Z"), 1s);
    EXPECT_FALSE(parse_reload_time("07:00:01", kNoon)->with_date);
}

TEST_F(ReloadTimeTest, ADateIsThatInstant) {
    EXPECT_EQ(ahead("2026-11-21 07:00:05"), 5s);
    EXPECT_EQ(ahead("26-11-22 07:00:00"), 24h);
    EXPECT_EQ(ahead("2026-11-21 12:00:05Z"), 5s);
    EXPECT_TRUE(parse_reload_time("26-11-22 07:00:00", kNoon)->with_date);
}

TEST_F(ReloadTimeTest, TellsWhatIsWrong) {
    EXPECT_EQ(problem("tomorrow"), "Reload date/time tomorrow invalid - ignoring");
    EXPECT_EQ(problem("7:00"), "Reload time 7:00 format is incorrect - ignoring");
    EXPECT_EQ(problem("2026-02-30 12:00:00"), "Reload time 2026-02-30 12:00:00 is not valid - ignoring");
    EXPECT_EQ(problem("2026-11-21 07:00:00"), "Reload time 2026-11-21 07:00:00 is in the past - ignoring");
    EXPECT_EQ(problem(""), "Reload time  format is incorrect - ignoring");
}

class ReloadScheduleTest : public ReloadTimeTest {
  protected:
    ReloadScheduleTest() {
        edges.wall_clock = [this] { return kNoon + (timers.now() - Instant{}); };
    }
    int reloads = 0;
    ReloadSchedule schedule{edges, [this] { ++reloads; }};
};

TEST_F(ReloadScheduleTest, ReloadsAtItsTimeAndRemovesTheFile) {
    files.write("/run/when", "07:00:10\n");
    schedule.follow("/run/when", false);
    EXPECT_TRUE(logged("Scheduling reload for 2026-11-21 07:00:10"));
    advance(9999ms);
    EXPECT_EQ(reloads, 0);
    advance(1ms);
    EXPECT_EQ(reloads, 1);
    EXPECT_FALSE(files.exists("/run/when"));
}

TEST_F(ReloadScheduleTest, RepeatsATimeOfDayEveryDayButNoDate) {
    files.write("/run/when", "07:00:10\n");
    schedule.follow("/run/when", true);
    advance(10s);
    EXPECT_TRUE(files.exists("/run/when"));
    schedule.follow("/run/when", true);  // As the daemon does after each reload.
    advance(24h);
    EXPECT_EQ(reloads, 2);
    schedule.follow("/run/when", true);
    files.write("/run/when", "2026-11-24 07:00:00");
    advance(48h);
    EXPECT_EQ(reloads, 3);
    EXPECT_FALSE(files.exists("/run/when"));
}

TEST_F(ReloadScheduleTest, FollowsTheFile) {
    schedule.follow("/run/when", false);
    files.write("/run/when", "07:00:10");
    files.write("/run/when", "07:00:20");
    EXPECT_TRUE(logged("Reload time updated from 2026-11-21 07:00:10 to 2026-11-21 07:00:20"));
    advance(10s);
    EXPECT_EQ(reloads, 0);
    (void)files.remove("/run/when");
    EXPECT_TRUE(logged("Cancelling reload scheduled for 2026-11-21 07:00:20"));
    advance(20s);
    EXPECT_EQ(reloads, 0);
    (void)files.replace("/run/when", "07:00:40");
    files.write("/run/when", "nonsense");
    EXPECT_TRUE(logged("Invalid reload time 'nonsense' specified - ignoring"));
    advance(1h);
    EXPECT_EQ(reloads, 0);
}

TEST_F(ReloadScheduleTest, StopsWithItsDirectory) {
    files.write("/run/when", "07:00:10");
    schedule.follow("/run/when", false);
    files.tell("/run/when", io::FileEvent::directory_gone);
    EXPECT_TRUE(logged("Directory of reload timer file has disappeared. Monitoring stopped."));
    advance(20s);
    EXPECT_EQ(reloads, 0);
    EXPECT_EQ(files.watched(), 0U);
    schedule.follow("", false);
    EXPECT_EQ(files.watched(), 0U);
}

}  // namespace
}  // namespace holdfast::app
