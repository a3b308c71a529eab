// What the kernel says about changes of its rules, read from bytes.
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <cstring>
#include <random>

#include "holdfast/kernel/nft_monitor.hpp"

namespace holdfast::kernel {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes message(int type, uint32_t port, const std::string& text, uint16_t attribute = NFTA_TABLE_NAME,
              uint8_t family = NFPROTO_IPV4) {
    const size_t padded = (text.size() + 1 + 3) & ~size_t{3};
    nlmsghdr header{};
    header.nlmsg_len = static_cast<uint32_t>(sizeof header + sizeof(nfgenmsg) + sizeof(nlattr) + padded);
    header.nlmsg_type = static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
    header.nlmsg_pid = port;
    nfgenmsg general{};
    general.nfgen_family = family;
    nlattr name{};
    name.nla_len = static_cast<uint16_t>(sizeof name + text.size() + 1);
    name.nla_type = attribute;
    Bytes bytes(header.nlmsg_len);
    uint8_t* to = bytes.data();
    std::memcpy(to, &header, sizeof header);
    std::memcpy(to += sizeof header, &general, sizeof general);
    std::memcpy(to += sizeof general, &name, sizeof name);
    std::memcpy(to += sizeof name, text.data(), text.size());
    return bytes;
}

Bytes end_of_transaction(uint32_t port, const std::string& program) {
    return message(NFT_MSG_NEWGEN, port, program, NFTA_GEN_PROC_NAME, NFPROTO_UNSPEC);
}

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

NftNews read(const Bytes& bytes) {
    NftNews news;
    news.read(bytes, "keepalived");
    return news;
}

TEST(NftNews, RemovalsByOthersAreToldWithTheirProgram) {
    for (const int type :
         {NFT_MSG_DELTABLE, NFT_MSG_DELCHAIN, NFT_MSG_DELRULE, NFT_MSG_DELSET, NFT_MSG_DELSETELEM}) {
        const NftNews news = read(message(type, 7, "keepalived") + end_of_transaction(7, "nft"));
        EXPECT_EQ(news.remover(9), "nft");
        EXPECT_EQ(news.remover(7), std::nullopt) << "our own doing";
    }
    EXPECT_EQ(read(message(NFT_MSG_DELRULE, 7, "keepalived")).remover(9), "");
}

TEST(NftNews, OtherTablesAndAdditionsDoNotCount) {
    EXPECT_EQ(read(message(NFT_MSG_DELTABLE, 7, "mine")).remover(9), std::nullopt);
    EXPECT_EQ(read(message(NFT_MSG_DELTABLE, 7, "keepalived2")).remover(9), std::nullopt);
    EXPECT_EQ(read(message(NFT_MSG_DELTABLE, 7, "keepalived", NFTA_TABLE_NAME, NFPROTO_INET)).remover(9),
              std::nullopt);
    EXPECT_EQ(read(message(NFT_MSG_NEWSETELEM, 7, "keepalived")).remover(9), std::nullopt);
}

TEST(NftNews, WhoeverMakesTheTableIsKnownByHisPort) {
    const NftNews news = read(message(NFT_MSG_DELTABLE, 4, "keepalived") + end_of_transaction(4, "sh") +
                              message(NFT_MSG_NEWTABLE, 5, "keepalived") + end_of_transaction(5, "holdfast"));
    EXPECT_EQ(news.maker(), 5U);
    EXPECT_EQ(news.remover(news.maker()), "sh");
    EXPECT_EQ(read(message(NFT_MSG_NEWTABLE, 5, "mine")).maker(), 0U);
}

TEST(NftNews, TwoAtOnceAreTwo) {
    const NftNews news = read(message(NFT_MSG_DELRULE, 4, "keepalived") + end_of_transaction(4, "holdfast") +
                              message(NFT_MSG_DELRULE, 5, "keepalived") + end_of_transaction(5, "nft"));
    EXPECT_EQ(news.remover(4), "nft");
    EXPECT_EQ(news.remover(5), "holdfast");
}

TEST(NftNews, NonsenseIsPassedOver) {
    const Bytes good = message(NFT_MSG_DELRULE, 4, "keepalived") + end_of_transaction(4, "nft");
    for (size_t length = 0; length < good.size(); ++length) {
        // Exactly as long as it is, so that reading beyond it is noticed.
        const auto copy = std::make_unique<uint8_t[]>(length);
        std::memcpy(copy.get(), good.data(), length);
        NftNews news;
        news.read({copy.get(), length}, "keepalived");
        if (length < 36) {  // The first message.
            EXPECT_EQ(news.remover(9), std::nullopt);
        }
    }
    std::mt19937 random(1);
    for (int i = 0; i < 20000; ++i) {
        Bytes bytes = good;
        for (int j = 0; j < 3; ++j) bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
        (void)read(bytes);
    }
}

}  // namespace
}  // namespace holdfast::kernel
