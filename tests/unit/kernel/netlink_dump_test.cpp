#include "holdfast/kernel/netlink_dump.hpp"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <cstring>

namespace holdfast::kernel {
namespace {

constexpr uint32_t kSequence = 7;

std::vector<uint8_t> message(uint16_t type, uint16_t flags = NLM_F_MULTI, int status = 0,
                             uint32_t sequence = kSequence) {
    nlmsghdr header{};
    header.nlmsg_len = NLMSG_LENGTH(sizeof status);
    header.nlmsg_type = type;
    header.nlmsg_flags = flags;
    header.nlmsg_seq = sequence;
    std::vector<uint8_t> bytes(NLMSG_SPACE(sizeof status));
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + NLMSG_HDRLEN, &status, sizeof status);
    return bytes;
}

class NetlinkDumpTest : public ::testing::Test {
  protected:
    bool is_believed() {
        EXPECT_TRUE(dump.is_done());
        const auto verdict = dump.verdict();
        EXPECT_TRUE(verdict.has_value());
        return verdict.value_or(false);
    }
    NetlinkDump dump{kSequence};
};

TEST_F(NetlinkDumpTest, IsOverAndBelievedAtItsEnd) {
    dump.take(message(RTM_NEWLINK));
    dump.take(message(RTM_NEWLINK));
    EXPECT_FALSE(dump.is_done());
    dump.take(message(NLMSG_DONE));
    EXPECT_TRUE(is_believed());
    EXPECT_EQ(dump.objects().size(), 2U);
}

TEST_F(NetlinkDumpTest, ChangedMeanwhileInAnyMessageIsNotBelieved) {
    dump.take(message(RTM_NEWLINK));
    dump.take(message(RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR));
    dump.take(message(RTM_NEWLINK));
    dump.take(message(NLMSG_DONE));
    EXPECT_FALSE(is_believed());
}

TEST_F(NetlinkDumpTest, ChangedAtTheVeryEndIsNotBelieved) {
    dump.take(message(RTM_NEWLINK));
    dump.take(message(NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR));
    EXPECT_FALSE(is_believed());
}

TEST_F(NetlinkDumpTest, EndedByTheKernelBecauseItChangedIsToBeRepeated) {
    dump.take(message(NLMSG_DONE, NLM_F_MULTI, -EINTR));
    EXPECT_FALSE(is_believed());
}

TEST_F(NetlinkDumpTest, RefusalIsAFailure) {
    dump.take(message(NLMSG_ERROR, 0, -EOPNOTSUPP));
    ASSERT_TRUE(dump.is_done());
    const auto verdict = dump.verdict();
    ASSERT_FALSE(verdict.has_value());
    EXPECT_EQ(verdict.error().os_error, EOPNOTSUPP);
}

TEST_F(NetlinkDumpTest, FailureWhileDumpingIsAFailure) {
    dump.take(message(RTM_NEWLINK));
    dump.take(message(NLMSG_DONE, NLM_F_MULTI, -ENOMEM));
    EXPECT_EQ(dump.verdict().error().os_error, ENOMEM);
}

TEST_F(NetlinkDumpTest, LeftoversOfAnotherDumpAreNotOfThisOne) {
    dump.take(message(RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR, 0, kSequence - 1));
    dump.take(message(NLMSG_DONE, NLM_F_MULTI, 0, kSequence - 1));
    EXPECT_FALSE(dump.is_done());
    dump.take(message(NLMSG_DONE));
    EXPECT_TRUE(is_believed());
    EXPECT_TRUE(dump.objects().empty());
}

TEST_F(NetlinkDumpTest, OneMessageOfARunIsOneObject) {
    std::vector<uint8_t> run = message(RTM_NEWLINK);
    const size_t length = run.size();
    const auto next = message(NLMSG_DONE);
    run.insert(run.end(), next.begin(), next.end());
    dump.take(run);
    ASSERT_EQ(dump.objects().size(), 1U);
    EXPECT_EQ(dump.objects()[0].size(), length);
    EXPECT_FALSE(dump.is_done());
}

TEST_F(NetlinkDumpTest, TruncatedMessageIsPassedOver) {
    auto cut = message(RTM_NEWLINK);
    cut.resize(10);
    dump.take(cut);
    EXPECT_TRUE(dump.objects().empty());
}

}  // namespace
}  // namespace holdfast::kernel
