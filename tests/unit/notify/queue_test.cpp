#include "holdfast/notify/queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::notify {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string joined(const std::vector<std::string>& list) {
    std::string result;
    for (const auto& word : list) result += (result.empty() ? "" : " ") + word;
    return result;
}

class NotifyQueueTest : public testing::Test {
  protected:
    static Command command(const std::string& name) {
        Command result;
        result.arguments = {name};
        return result;
    }
    static ScriptSettings scripts() {
        ScriptSettings result;
        result.master = command("m");
        result.backup = command("b");
        result.stop = command("s");
        result.generic = command("g");
        return result;
    }
    static QueueSettings settings(const ScriptSettings& with = scripts()) {
        QueueSettings result;
        result.name = "VI_1";
        result.router_id = std::string("R");
        result.scripts = with;
        return result;
    }
    static QueueSettings settings(const QueuePolicy& with) {
        QueueSettings result = settings();
        result.policy = with;
        return result;
    }
    // Every action as one word list: "run 1: m", "fifo: ...", "mail: ...", "TERM 1", "stopped".
    std::vector<std::string> send(const QueueEvent& event) {
        QueueActions actions;
        queue.handle(now, event, actions);
        std::vector<std::string> result;
        for (const auto& action : actions) {
            if (auto* start = std::get_if<StartScript>(&action))
                result.push_back("run " + std::to_string(start->id) + ": " + joined(start->arguments));
            if (auto* fifo = std::get_if<WriteFifo>(&action)) result.push_back("fifo: " + fifo->line);
            if (auto* mail = std::get_if<SendMail>(&action)) result.push_back("mail: " + mail->subject);
            if (auto* log = std::get_if<QueueLog>(&action)) result.push_back("log: " + log->text);
            if (auto* signal = std::get_if<SignalScript>(&action))
                result.push_back((signal->force ? "KILL " : "TERM ") + std::to_string(signal->id));
            if (std::holds_alternative<StopComplete>(action)) result.emplace_back("stopped");
        }
        return result;
    }
    std::vector<std::string> enter(Word word, uint8_t priority = 100) {
        return send(StateEntered{word, priority});
    }
    std::vector<std::string> advance(Duration by) {
        now += by;
        return send(QueueDeadlineReached{});
    }

    Instant now{1h};
    NotifyQueue queue{settings()};
};

TEST_F(NotifyQueueTest, SpecificScriptThenFifoThenGenericAfterTheSpecificEnded) {
    EXPECT_THAT(enter(Word::master, 150), ElementsAre("run 1: m", "fifo: INSTANCE \"VI_1\" MASTER 150\n"));
    EXPECT_THAT(send(ScriptDone{1, 0}), ElementsAre("run 2: g INSTANCE VI_1 MASTER 150"));
    EXPECT_THAT(send(ScriptDone{2, 0}), IsEmpty());
    EXPECT_EQ(queue.deadline(), std::nullopt);
}

TEST_F(NotifyQueueTest, NewStateWaitsForTheOldStatesScriptsAndRunsLast) {
    enter(Word::master);
    EXPECT_THAT(enter(Word::backup), ElementsAre("fifo: INSTANCE \"VI_1\" BACKUP 100\n"));
    EXPECT_THAT(send(ScriptDone{1, 0}), ElementsAre("run 2: g INSTANCE VI_1 MASTER 100"));
    EXPECT_THAT(send(ScriptDone{2, 1}), ElementsAre("run 3: b"));
    EXPECT_THAT(send(ScriptDone{3, -1}), ElementsAre("run 4: g INSTANCE VI_1 BACKUP 100"));
}

TEST_F(NotifyQueueTest, GroupsHavePriorityZeroAndTheirOwnWord) {
    auto with = settings();
    with.subject = Subject::group;
    with.name = "G1";
    queue = NotifyQueue(with);
    EXPECT_THAT(enter(Word::fault, 100),
                ElementsAre("run 1: g GROUP G1 FAULT 0", "fifo: GROUP \"G1\" FAULT 0\n"));
}

TEST_F(NotifyQueueTest, ScriptRunsAsItsUserFromItsResolvedPath) {
    ScriptSettings with = scripts();
    with.master->identity.uid = 65534;
    with.master->path = "/usr/lib/m";
    queue = NotifyQueue(settings(with));
    QueueActions actions;
    queue.handle(now, StateEntered{Word::master, 100}, actions);
    const auto& start = std::get<StartScript>(actions.front());
    EXPECT_EQ(start.identity.uid, 65534U);
    EXPECT_EQ(start.path, "/usr/lib/m");
}

TEST_F(NotifyQueueTest, DeletedIsToldAsFaultUnlessAskedFor) {
    ScriptSettings with = scripts();
    with.fault = command("f");
    queue = NotifyQueue(settings(with));
    // notify_fault itself is not run for a deleted instance.
    EXPECT_THAT(enter(Word::deleted),
                ElementsAre("run 1: g INSTANCE VI_1 FAULT 100", "fifo: INSTANCE \"VI_1\" FAULT 100\n"));
    with.notify_deleted = true;
    queue = NotifyQueue(settings(with));
    EXPECT_THAT(enter(Word::deleted),
                ElementsAre("run 1: g INSTANCE VI_1 DELETED 100", "fifo: INSTANCE \"VI_1\" DELETED 100\n"));
    with.notify_deleted = false;
    with.deleted = command("d");
    queue = NotifyQueue(settings(with));
    EXPECT_THAT(enter(Word::deleted), ElementsAre("run 1: d", "fifo: INSTANCE \"VI_1\" DELETED 100\n"));
}

TEST_F(NotifyQueueTest, LowerPriorityEventsRunTheirScriptAndAreNotQueuedTwice) {
    ScriptSettings with = scripts();
    with.master_rx_lower_pri = command("lower");
    queue = NotifyQueue(settings(with));
    const auto line = "fifo: INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 100\n";
    EXPECT_THAT(send(LowerPriorityHeard{100}), ElementsAre("run 1: lower", line));
    EXPECT_THAT(send(LowerPriorityHeard{100}), ElementsAre(line));
    EXPECT_THAT(send(LowerPriorityHeard{100}), ElementsAre(line));
    EXPECT_EQ(queue.pending(), 1U);
}

TEST_F(NotifyQueueTest, PriorityChangesGoToTheFifoOnlyWhenAskedFor) {
    EXPECT_THAT(send(PriorityChanged{true, 90}), IsEmpty());
    auto with = settings();
    with.priority_changes = true;
    queue.reconfigure(with);
    EXPECT_THAT(send(PriorityChanged{true, 90}), ElementsAre("fifo: INSTANCE \"VI_1\" MASTER_PRIORITY 90\n"));
    EXPECT_THAT(send(PriorityChanged{false, 60}),
                ElementsAre("fifo: INSTANCE \"VI_1\" BACKUP_PRIORITY 60\n"));
}

TEST_F(NotifyQueueTest, RepeatedStateOnlyReachesTheFifo) {
    EXPECT_THAT(send(StateRepeated{Word::backup, 100}), ElementsAre("fifo: INSTANCE \"VI_1\" BACKUP 100\n"));
}

TEST_F(NotifyQueueTest, MailIsSentOncePerStateAfterTheFifoLine) {
    auto with = settings();
    with.smtp_alert = true;
    with.scripts = {};
    queue = NotifyQueue(with);
    EXPECT_THAT(enter(Word::master), ElementsAre("fifo: INSTANCE \"VI_1\" MASTER 100\n",
                                                 "mail: [R] VRRP Instance VI_1 - Entering MASTER state"));
    EXPECT_THAT(enter(Word::master), ElementsAre("fifo: INSTANCE \"VI_1\" MASTER 100\n"));
    EXPECT_THAT(enter(Word::fault), testing::Contains("mail: [R] VRRP Instance VI_1 - Entering FAULT state"));
    with.no_fault_mail = true;
    queue = NotifyQueue(with);
    EXPECT_THAT(enter(Word::fault), ElementsAre("fifo: INSTANCE \"VI_1\" FAULT 100\n"));
}

TEST_F(NotifyQueueTest, OverflowDropsOldestSupersededScriptsAndKeepsTheNewestState) {
    queue = NotifyQueue(settings(QueuePolicy{.max_pending = 4}));
    enter(Word::master);  // m runs, g waits.
    enter(Word::backup);
    enter(Word::master);  // Five wait: the oldest goes.
    EXPECT_EQ(queue.dropped(), 1U);
    EXPECT_THAT(enter(Word::backup).front(),
                HasSubstr("(VI_1) dropped 2 notify scripts of superseded states"));
    EXPECT_EQ(queue.pending(), 4U);
    send(ScriptDone{1, 0});
    send(ScriptDone{2, 0});
    send(ScriptDone{3, 0});
    EXPECT_THAT(send(ScriptDone{4, 0}), ElementsAre("run 5: g INSTANCE VI_1 BACKUP 100"));
    EXPECT_THAT(send(ScriptDone{5, 0}), IsEmpty());
}

TEST_F(NotifyQueueTest, NewestStateSurvivesEvenATinyBound) {
    queue = NotifyQueue(settings(QueuePolicy{.max_pending = 0}));
    enter(Word::master);
    enter(Word::backup);
    EXPECT_EQ(queue.pending(), 2U);
    EXPECT_THAT(send(ScriptDone{1, 0}), ElementsAre("run 2: b"));
}

TEST_F(NotifyQueueTest, EndlessScriptDoesNotSilenceTheQueue) {
    enter(Word::master);
    enter(Word::backup);
    EXPECT_EQ(queue.deadline(), now + 30s);
    EXPECT_THAT(advance(29s), IsEmpty());
    const auto actions = advance(1s);
    EXPECT_THAT(actions, ElementsAre(HasSubstr("(VI_1) notify script 'm' is still running"),
                                     "run 2: g INSTANCE VI_1 MASTER 100"));
    EXPECT_EQ(queue.running(), 2U);
    EXPECT_THAT(send(ScriptDone{2, 0}), testing::Contains("run 3: b"));
}

TEST_F(NotifyQueueTest, PatienceZeroWaitsForEver) {
    queue = NotifyQueue(settings(QueuePolicy{.patience = Duration::zero()}));
    enter(Word::master);
    enter(Word::backup);
    EXPECT_EQ(queue.deadline(), std::nullopt);
}

TEST_F(NotifyQueueTest, StopWithNothingToRunIsCompleteAtOnce) {
    EXPECT_THAT(send(StopRequested{}), ElementsAre("stopped"));
    EXPECT_EQ(queue.deadline(), std::nullopt);
}

TEST_F(NotifyQueueTest, StopRunsTheStopScriptsAndCompletesWhenTheyEnd) {
    enter(Word::stop);
    EXPECT_THAT(send(StopRequested{}), IsEmpty());
    EXPECT_THAT(send(ScriptDone{1, 0}), ElementsAre("run 2: g INSTANCE VI_1 STOP 100"));
    EXPECT_THAT(send(ScriptDone{2, 0}), ElementsAre("stopped"));
}

TEST_F(NotifyQueueTest, StopDropsSupersededScriptsAndDoesNotWaitForASlowOne) {
    enter(Word::master);
    enter(Word::backup);
    enter(Word::stop);
    EXPECT_THAT(send(StopRequested{}), ElementsAre(HasSubstr("dropped 3 notify scripts")));
    EXPECT_THAT(advance(249ms), IsEmpty());
    EXPECT_THAT(advance(1ms), testing::Contains("run 2: s"));
}

TEST_F(NotifyQueueTest, StopEndsStubbornScriptsWithTermThenKillThenWithoutThem) {
    ScriptSettings with = scripts();
    with.generic.reset();
    queue = NotifyQueue(settings(with));
    enter(Word::stop);
    send(StopRequested{});
    EXPECT_THAT(advance(999ms), IsEmpty());
    EXPECT_THAT(advance(1ms), ElementsAre("TERM 1"));
    EXPECT_THAT(advance(1s), ElementsAre("KILL 1"));
    EXPECT_THAT(advance(1s), ElementsAre("stopped"));
    EXPECT_EQ(queue.deadline(), std::nullopt);
}

TEST_F(NotifyQueueTest, EachScriptStartedWhileStoppingHasItsFullTime) {
    enter(Word::stop);
    send(StopRequested{});
    now += 900ms;
    EXPECT_THAT(send(ScriptDone{1, 0}), ElementsAre("run 2: g INSTANCE VI_1 STOP 100"));
    EXPECT_THAT(advance(999ms), IsEmpty());
    EXPECT_THAT(advance(1ms), ElementsAre("TERM 2"));
    EXPECT_THAT(send(ScriptDone{2, 143}), ElementsAre("stopped"));
}

TEST(FifoLines, ServersAndMarksHaveTheirForm) {
    EXPECT_EQ(fifo_line_virtual_server("FWM 5", true), "VS FWM 5 UP\n");
    EXPECT_EQ(fifo_line_real_server("[10.0.0.2]:tcp:80", "[10.0.0.1]:tcp:80", false),
              "RS [10.0.0.2]:tcp:80 [10.0.0.1]:tcp:80 DOWN\n");
}

TEST(CommandText, QuotesEveryWordAsTheReferenceDoes) {
    Command command;
    command.arguments = {"/usr/bin/true", "x y", "it's"};
    EXPECT_EQ(command.to_string(), R"('/usr/bin/true' 'x y' 'it'\''s')");
    command.arguments = {"</dev/tcp/127.0.0.1/80", "</a"};
    EXPECT_EQ(command.to_string(), "</dev/tcp/127.0.0.1/80 '</a'");
    EXPECT_EQ(Command{}.to_string(), "");
}

}  // namespace
}  // namespace holdfast::notify
