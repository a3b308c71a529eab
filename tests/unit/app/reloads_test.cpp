// Reloads and plans that take a while: nothing changes until they end, and everybody gets an answer.
#include "holdfast/app/reloads.hpp"

#include <gmock/gmock.h>

#include "daemon_fixture.hpp"

namespace holdfast::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ReloadsTest : public WithDaemon {
  protected:
    ReloadsTest() {
        worker.takes = 1s;
        reloads = std::make_unique<Reloads>(
            worker, daemon,
            ReloadHooks{
                [this](const std::string& file, const std::stop_token&) {
                    read.push_back(file);
                    config::LoadResult loaded;
                    loaded.config = content;
                    loaded.fatal = broken;
                    return loaded;
                },
                [this] { events.emplace_back("begins"); },
                [this](const Candidate& candidate) { events.push_back("judged " + candidate.refusal); },
                [this](const ReloadOutcome& outcome) {
                    events.emplace_back(outcome.applied ? "applied" : "refused");
                }});
    }
    Reloads::Answer note(const std::string& who) {
        return [this, who](const SharedOutcome& outcome) {
            answers.push_back(who +
                              (outcome->applied ? " " + std::to_string(outcome->actions.size()) : " no"));
        };
    }
    void write(uint8_t priority) { content.instances = {an_instance("VI_1", 51, priority)}; }

    config::Config content;
    bool broken = false;
    std::vector<std::string> read;
    std::vector<std::string> events;
    std::vector<std::string> answers;
    std::unique_ptr<Reloads> reloads;
};

TEST_F(ReloadsTest, NothingChangesUntilAllIsRead) {
    start({});
    write(100);
    reloads->reload(note("a"));
    EXPECT_TRUE(reloads->reloading());
    advance(999ms);
    EXPECT_TRUE(reloads->reloading());
    EXPECT_EQ(daemon.generation(), 1U);
    EXPECT_THAT(answers, IsEmpty());
    EXPECT_THAT(events, ElementsAre("begins"));
    advance(1ms);
    EXPECT_FALSE(reloads->reloading());
    EXPECT_EQ(daemon.generation(), 2U);
    EXPECT_THAT(answers, ElementsAre("a 1"));
    EXPECT_THAT(events, ElementsAre("begins", "judged ", "applied"));
}

TEST_F(ReloadsTest, AnInstanceGoesOnWhileAFileIsRead) {
    write(100);
    start(content);
    pass(5s);
    ASSERT_TRUE(daemon.vrrp().instances()[0]->router.is_master());
    const uint64_t before = daemon.vrrp().instances()[0]->router.counters().advert_sent;
    worker.takes = 10s;
    write(90);
    reloads->reload();
    pass(9s);
    EXPECT_GE(daemon.vrrp().instances()[0]->router.counters().advert_sent, before + 8);
    EXPECT_EQ(daemon.vrrp().instances()[0]->router.effective_priority().value, 100);
    pass(1s);
    EXPECT_EQ(daemon.vrrp().instances()[0]->router.effective_priority().value, 90);
}

TEST_F(ReloadsTest, WhoAsksMeanwhileSharesTheNextOne) {
    start({});
    reloads->reload(note("a"));
    write(100);
    reloads->reload(note("b"));
    reloads->reload();
    reloads->reload(note("c"));
    EXPECT_EQ(worker.started, 1);
    EXPECT_TRUE(reloads->reload_is_due());
    advance(1s);
    EXPECT_THAT(answers, ElementsAre("a 0"));
    EXPECT_TRUE(reloads->reloading());
    advance(1s);
    EXPECT_THAT(answers, ElementsAre("a 0", "b 1", "c 1"));
    EXPECT_FALSE(reloads->reloading());
    EXPECT_EQ(worker.started, 2);
    EXPECT_THAT(events, ElementsAre("begins", "judged ", "applied", "begins", "judged ", "applied"));
}

TEST_F(ReloadsTest, APlanChangesNothingAndWaitsForItsTurn) {
    start({});
    reloads->reload(note("reload"));
    reloads->plan("other", note("plan"));
    reloads->plan("third", note("third"));
    write(100);
    advance(1s);
    EXPECT_FALSE(reloads->reloading()) << "only a plan is made";
    EXPECT_FALSE(reloads->reload_is_due());
    advance(1s);
    advance(1s);
    EXPECT_THAT(answers, ElementsAre("reload 0", "plan 1", "third 1"));
    EXPECT_THAT(read, ElementsAre("", "other", "third"));
    EXPECT_EQ(daemon.generation(), 2U);
    EXPECT_THAT(events, ElementsAre("begins", "judged ", "applied"));
}

TEST_F(ReloadsTest, ARefusedOneLeavesTheOldGenerationAndTheNextIsTaken) {
    write(100);
    start(content);
    broken = true;
    reloads->reload(note("a"));
    advance(1s);
    EXPECT_EQ(daemon.generation(), 1U);
    EXPECT_THAT(answers, ElementsAre("a no"));
    EXPECT_THAT(events, ElementsAre("begins", "judged the new configuration cannot run", "refused"));
    broken = false;
    reloads->reload(note("b"));
    advance(1s);
    EXPECT_EQ(daemon.generation(), 2U);
}

TEST_F(ReloadsTest, DiagnosticsAreLoggedWhenTheResultIsThere) {
    start({});
    auto hooks_read = [](const std::string&, const std::stop_token&) {
        config::LoadResult loaded;
        config::Diagnostic diagnostic;
        diagnostic.message = "a brace is missing";
        diagnostic.span.position = {"k.conf", 7, 1};
        loaded.diagnostics.add(diagnostic);
        loaded.fatal = true;
        return loaded;
    };
    Reloads own_reloads(worker, daemon, {hooks_read, [] {}, [](const auto&) {}, [](const auto&) {}});
    own_reloads.reload();
    EXPECT_FALSE(logged("a brace is missing"));
    advance(1s);
    EXPECT_TRUE(logged("a brace is missing"));
}

TEST_F(ReloadsTest, AStopIsServedAtOnceAndEverybodyIsTold) {
    start({});
    write(100);
    reloads->reload(note("running"));
    reloads->reload(note("waiting"));
    reloads->plan("", note("plan"));
    reloads->stop();
    EXPECT_THAT(answers, ElementsAre("running no", "waiting no", "plan no"));
    EXPECT_FALSE(reloads->reloading());
    reloads->reload(note("late"));
    EXPECT_THAT(answers, ElementsAre("running no", "waiting no", "plan no", "late no"));
    advance(5s);
    EXPECT_EQ(daemon.generation(), 1U) << "its result is dropped";
    EXPECT_EQ(worker.started, 1);
}

TEST_F(ReloadsTest, AnAnswerMayAskAgain) {
    start({});
    reloads->reload([this](const SharedOutcome&) { reloads->reload(note("second")); });
    advance(1s);
    EXPECT_TRUE(reloads->reloading());
    advance(1s);
    EXPECT_THAT(answers, ElementsAre("second 0"));
}

TEST_F(ReloadsTest, WhatAStartGoesWithoutIsANewErrorToAReload) {
    config::LoadResult loaded;
    loaded.config.emplace();
    loaded.left_out = {"virtual_server group NOBODY is left out"};
    EXPECT_EQ(examine(daemon.incumbent(), loaded).refusal,
              "new error: virtual_server group NOBODY is left out");
    config::LoadResult first = loaded;
    ASSERT_TRUE(daemon.start(std::move(first)));
    EXPECT_EQ(examine(daemon.incumbent(), loaded).refusal, "") << "it was there before";
}

/// A generation goes where its worker says, however far its parts are spread.
TEST_F(ReloadsTest, AnOldGenerationEndsInTheBin) {
    std::weak_ptr<const void> binned;
    int count = 0;
    const io::Worker::Bin bin = [&](std::shared_ptr<const void> rubbish) {
        binned = rubbish;
        ++count;
    };
    config::Config config;
    config.instances = {an_instance("VI_1", 51, 100)};
    auto generation = std::make_unique<Shared<config::Config>>(generation_of(std::move(config), bin));
    auto part = std::make_unique<Shared<config::VrrpInstance>>(generation->part((*generation)->instances[0]));
    generation.reset();
    EXPECT_EQ(count, 0);
    EXPECT_EQ((*part)->router.name, "VI_1");
    part.reset();
    EXPECT_EQ(count, 1);
    EXPECT_TRUE(binned.expired());
}

}  // namespace
}  // namespace holdfast::app
