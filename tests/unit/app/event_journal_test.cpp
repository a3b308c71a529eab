#include "holdfast/app/event_journal.hpp"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

JournalEvent event(std::string name, std::string to) {
    JournalEvent made;
    made.kind = SubjectKind::instance;
    made.name = std::move(name);
    made.to = std::move(to);
    return made;
}

TEST(EventJournal, NumbersEventsWithoutGaps) {
    EventJournal journal;
    journal.add(event("A", "BACKUP"));
    journal.add(event("B", "BACKUP"));
    ASSERT_EQ(journal.events().size(), 2U);
    EXPECT_EQ(journal.events()[0].number, 1U);
    EXPECT_EQ(journal.events()[1].number, 2U);
    EXPECT_EQ(journal.next_number(), 3U);
    EXPECT_EQ(journal.event(2)->name, "B");
    EXPECT_EQ(journal.event(3), nullptr);
    EXPECT_EQ(journal.event(0), nullptr);
}

TEST(EventJournal, ForgetsTheOldestButKnowsTheLatestOfEach) {
    EventJournal journal(3);
    journal.add(event("quiet", "BACKUP"));
    for (int i = 0; i < 10; ++i) journal.add(event("busy", i % 2 == 0 ? "MASTER" : "BACKUP"));
    EXPECT_EQ(journal.events().size(), 3U);
    EXPECT_EQ(journal.event(1), nullptr);
    EXPECT_EQ(journal.events().front().number, 9U);
    ASSERT_NE(journal.latest(SubjectKind::instance, "quiet"), nullptr);
    EXPECT_EQ(journal.latest(SubjectKind::instance, "quiet")->number, 1U);
    EXPECT_EQ(journal.latest(SubjectKind::instance, "busy")->to, "BACKUP");
    EXPECT_EQ(journal.latest(SubjectKind::group, "busy"), nullptr);
}

TEST(EventJournal, SubjectsThatAreGoneAreForgotten) {
    EventJournal journal;
    journal.add(event("stays", "BACKUP"));
    journal.add(event("goes", "BACKUP"));
    journal.forget_unless([](SubjectKind, const std::string& name) { return name == "stays"; });
    EXPECT_NE(journal.latest(SubjectKind::instance, "stays"), nullptr);
    EXPECT_EQ(journal.latest(SubjectKind::instance, "goes"), nullptr);
    EXPECT_EQ(journal.events().size(), 2U);  // What happened has happened.
}

TEST(EventJournal, TellsItsListener) {
    EventJournal journal;
    int told = 0;
    journal.on_added([&] { ++told; });
    journal.add(event("A", "BACKUP"));
    journal.on_added({});
    journal.add(event("A", "MASTER"));
    EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace holdfast::app
