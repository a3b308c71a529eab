#include "holdfast/app/event_journal.hpp"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

constexpr std::chrono::system_clock::time_point kNow{};

JournalEntry event(std::string_view name, std::string_view to) {
    return {.kind = SubjectKind::instance, .name = name, .to = to};
}

TEST(JournalEvent, KeepsItsWords) {
    const JournalEvent event(7, kNow, {SubjectKind::group, "G", "", "MASTER", "member", "A was the last"});
    EXPECT_EQ(event.number(), 7U);
    EXPECT_EQ(event.kind(), SubjectKind::group);
    EXPECT_EQ(event.name(), "G");
    EXPECT_EQ(event.from(), "");
    EXPECT_EQ(event.to(), "MASTER");
    EXPECT_EQ(event.cause(), "member");
    EXPECT_EQ(event.text(), "A was the last");
}

TEST(EventJournal, NumbersEventsWithoutGaps) {
    EventJournal journal;
    journal.add(kNow, event("A", "BACKUP"));
    journal.add(kNow, event("B", "BACKUP"));
    ASSERT_EQ(journal.events().size(), 2U);
    EXPECT_EQ(journal.events()[0]->number(), 1U);
    EXPECT_EQ(journal.events()[1]->number(), 2U);
    EXPECT_EQ(journal.next_number(), 3U);
    EXPECT_EQ(journal.event(2)->name(), "B");
    EXPECT_EQ(journal.event(3), nullptr);
    EXPECT_EQ(journal.event(0), nullptr);
}

TEST(EventJournal, ForgetsTheOldestButKnowsTheLatestOfEach) {
    EventJournal journal(3);
    journal.add(kNow, event("quiet", "BACKUP"));
    for (int i = 0; i < 10; ++i) journal.add(kNow, event("busy", i % 2 == 0 ? "MASTER" : "BACKUP"));
    EXPECT_EQ(journal.events().size(), 3U);
    EXPECT_EQ(journal.event(1), nullptr);
    EXPECT_EQ(journal.events().front()->number(), 9U);
    ASSERT_NE(journal.latest(SubjectKind::instance, "quiet"), nullptr);
    EXPECT_EQ(journal.latest(SubjectKind::instance, "quiet")->number(), 1U);
    EXPECT_EQ(journal.latest(SubjectKind::instance, "busy")->to(), "BACKUP");
    EXPECT_EQ(journal.latest(SubjectKind::group, "busy"), nullptr);
}

TEST(EventJournal, WhatIsNoStateIsNotTheLatestState) {
    EventJournal journal;
    journal.add(kNow, event("A", "BACKUP"));
    JournalEntry priority = event("A", "70");
    priority.is_state = false;
    journal.add(kNow, priority);
    EXPECT_EQ(journal.events().back()->to(), "70");
    EXPECT_EQ(journal.latest(SubjectKind::instance, "A")->to(), "BACKUP");
}

TEST(EventJournal, SubjectsThatSwapNamesTakeTheirLatestEventAlong) {
    EventJournal journal;
    journal.add(kNow, event("A", "MASTER"));
    journal.add(kNow, event("B", "BACKUP"));
    const std::vector<std::pair<std::string, std::string>> names{{"A", "B"}, {"B", "A"}, {"nobody", "C"}};
    journal.rename(SubjectKind::instance, names);
    EXPECT_EQ(journal.latest(SubjectKind::instance, "A")->to(), "BACKUP");
    EXPECT_EQ(journal.latest(SubjectKind::instance, "B")->to(), "MASTER");
    EXPECT_EQ(journal.latest(SubjectKind::instance, "C"), nullptr);
    EXPECT_EQ(journal.events().front()->name(), "A");
}

TEST(EventJournal, SubjectsThatAreGoneAreForgotten) {
    EventJournal journal;
    journal.add(kNow, event("stays", "BACKUP"));
    journal.add(kNow, event("goes", "BACKUP"));
    journal.forget_unless([](SubjectKind, std::string_view name) { return name == "stays"; });
    EXPECT_NE(journal.latest(SubjectKind::instance, "stays"), nullptr);
    EXPECT_EQ(journal.latest(SubjectKind::instance, "goes"), nullptr);
    EXPECT_EQ(journal.events().size(), 2U);  // What happened has happened.
}

TEST(EventJournal, TellsItsListener) {
    EventJournal journal;
    int told = 0;
    journal.on_added([&] { ++told; });
    journal.add(kNow, event("A", "BACKUP"));
    journal.on_added({});
    journal.add(kNow, event("A", "MASTER"));
    EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace holdfast::app
