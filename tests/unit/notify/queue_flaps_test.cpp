// Many quick changes of state, with scripts that take their time: what the scripts have made of the world in
// the end is the last state. A script does its work at some moment of its run, which nobody knows; the latest
// that it may be is its end.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "holdfast/notify/queue.hpp"

namespace holdfast::notify {
namespace {

using namespace std::chrono_literals;

constexpr Word kStates[] = {Word::master, Word::backup, Word::fault};

/// An instance that flaps, its scripts, and the file that each of them writes the state into.
class Flapping {
  public:
    Flapping(uint32_t seed, Duration longest_pause, Duration longest_script)
        : random_(seed), longest_pause_(longest_pause), longest_script_(longest_script) {}

    void flap(int times) {
        for (int i = 0; i < times; ++i) {
            const Instant next = now_ + up_to(longest_pause_);
            run_until(next);
            now_ = next;
            // The same state twice is no change.
            Word word = last_;
            while (word == last_) word = kStates[random_() % std::size(kStates)];
            enter(word);
        }
    }
    void stop() {
        enter(Word::stop);
        send(StopRequested{});
    }
    /// Until nothing runs and nothing waits.
    void settle() {
        for (int turns = 0; turns < 100'000 && (!processes_.empty() || queue_.pending() != 0); ++turns)
            run_until(next_event());
    }

    Word last() const { return last_; }
    const std::string& written_by_specific() const { return files_.at("specific"); }
    const std::string& written_by_generic() const { return files_.at("generic"); }
    size_t most_at_once() const { return most_at_once_; }
    bool is_quiet() const { return processes_.empty() && queue_.pending() == 0; }
    uint64_t scripts() const { return scripts_; }

  private:
    struct Process {
        Instant writes_at;
        Instant ends_at;
        std::string file;
        std::string text;
        bool has_written = false;
    };

    Duration up_to(Duration longest) {
        return Duration(static_cast<Duration::rep>(random_() % static_cast<uint64_t>(longest.count() + 1)));
    }
    static Command command(std::string word) {
        Command result;
        result.arguments = {"specific", std::move(word)};
        return result;
    }
    static QueueSettings settings() {
        ScriptSettings scripts;
        scripts.master = command("MASTER");
        scripts.backup = command("BACKUP");
        scripts.fault = command("FAULT");
        scripts.stop = command("STOP");
        Command generic;
        generic.arguments = {"generic"};
        scripts.generic = generic;
        QueueSettings result;
        result.name = "VI_1";
        result.scripts = scripts;
        return result;
    }

    void enter(Word word) {
        last_ = word;
        send(StateEntered{word, 100});
    }
    void send(const QueueEvent& event) {
        QueueActions actions;
        queue_.handle(now_, event, actions);
        for (const QueueAction& action : actions) {
            const auto* start = std::get_if<StartScript>(&action);
            if (start == nullptr) continue;
            ++scripts_;
            const Duration takes = up_to(longest_script_);
            // specific STATE, or generic INSTANCE NAME STATE PRIORITY.
            const std::string& text = start->arguments.at(start->arguments.size() == 2 ? 1 : 3);
            processes_[start->id] = {now_ + up_to(takes), now_ + takes, start->arguments[0], text};
            most_at_once_ = std::max(most_at_once_, processes_.size());
        }
    }
    Instant next_event() const {
        Instant next = now_ + 1h;
        for (const auto& [id, process] : processes_) next = std::min(next, process.ends_at);
        if (const auto deadline = queue_.deadline()) next = std::min(next, std::max(*deadline, now_));
        return next;
    }
    void run_until(Instant limit) {
        while (next_event() <= limit) {
            now_ = next_event();
            for (auto& [id, process] : processes_) {
                if (process.has_written || process.writes_at > now_) continue;
                files_[process.file] = process.text;
                process.has_written = true;
            }
            const auto ended = std::find_if(processes_.begin(), processes_.end(),
                                            [&](const auto& each) { return each.second.ends_at <= now_; });
            if (ended != processes_.end()) {
                const uint32_t id = ended->first;
                processes_.erase(ended);
                send(ScriptDone{id, 0});
            } else {
                send(QueueDeadlineReached{});
                return;
            }
        }
    }

    std::mt19937 random_;
    Duration longest_pause_;
    Duration longest_script_;
    Instant now_{1h};
    NotifyQueue queue_{settings()};
    Word last_ = Word::deleted;
    std::map<uint32_t, Process> processes_;
    std::map<std::string, std::string> files_;
    size_t most_at_once_ = 0;
    uint64_t scripts_ = 0;
};

class NotifyQueueFlapsTest : public testing::TestWithParam<uint32_t> {};

TEST_P(NotifyQueueFlapsTest, LastScriptIsLastStateAfterAThousandFlaps) {
    Flapping instance(GetParam(), 100ms, 500ms);
    instance.flap(1000);
    instance.settle();
    ASSERT_TRUE(instance.is_quiet());
    EXPECT_EQ(instance.written_by_specific(), to_string(instance.last()));
    EXPECT_EQ(instance.written_by_generic(), to_string(instance.last()));
    EXPECT_EQ(instance.most_at_once(), 1U);
    EXPECT_LT(instance.scripts(), 2000U);  // Some of superseded states were left out.
}

TEST_P(NotifyQueueFlapsTest, EveryStateIsToldWhenThereIsTime) {
    Flapping instance(GetParam(), 4s, 100ms);
    instance.flap(1000);
    instance.settle();
    ASSERT_TRUE(instance.is_quiet());
    EXPECT_EQ(instance.scripts(), 2000U);
    EXPECT_EQ(instance.written_by_specific(), to_string(instance.last()));
}

TEST_P(NotifyQueueFlapsTest, LastScriptIsStopWhenTheDaemonEndsInTheMiddleOfIt) {
    // Short ones: what still runs a second after the stop is ended by a signal.
    Flapping instance(GetParam(), 20ms, 100ms);
    instance.flap(200);
    instance.stop();
    instance.settle();
    ASSERT_TRUE(instance.is_quiet());
    EXPECT_EQ(instance.written_by_specific(), "STOP");
    EXPECT_EQ(instance.written_by_generic(), "STOP");
}

INSTANTIATE_TEST_SUITE_P(Seeds, NotifyQueueFlapsTest, testing::Range(1U, 21U));

}  // namespace
}  // namespace holdfast::notify
