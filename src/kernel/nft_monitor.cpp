#include "holdfast/kernel/nft_monitor.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace holdfast::kernel {

namespace {

/// In all messages about a table and what is in it, its name is attribute 1.
static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1 && NFTA_SET_TABLE == 1 &&
              NFTA_SET_ELEM_LIST_TABLE == 1);

constexpr size_t aligned(size_t length) {
    return (length + 3) & ~size_t{3};
}

/// The text of an attribute among those behind the header of a message; "" without it.
std::string_view text_of(std::span<const uint8_t> attributes, uint16_t type) {
    while (attributes.size() >= sizeof(nlattr)) {
        nlattr header{};
        std::memcpy(&header, attributes.data(), sizeof header);
        if (header.nla_len < sizeof header || header.nla_len > attributes.size()) return {};
        if ((header.nla_type & NLA_TYPE_MASK) == type) {
            const auto* text = reinterpret_cast<const char*>(attributes.data() + sizeof header);
            return {text, ::strnlen(text, header.nla_len - sizeof header)};
        }
        attributes = attributes.subspan(std::min(aligned(header.nla_len), attributes.size()));
    }
    return {};
}

bool is_removal(int type) {
    return type == NFT_MSG_DELTABLE || type == NFT_MSG_DELCHAIN || type == NFT_MSG_DELRULE ||
           type == NFT_MSG_DELSET || type == NFT_MSG_DELSETELEM;
}

}  // namespace

void NftNews::read(std::span<const uint8_t> messages, std::string_view table) {
    constexpr size_t kHeader = aligned(sizeof(nlmsghdr)) + aligned(sizeof(nfgenmsg));
    while (messages.size() >= sizeof(nlmsghdr)) {
        nlmsghdr header{};
        std::memcpy(&header, messages.data(), sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > messages.size()) return;
        const auto message = messages.first(header.nlmsg_len);
        messages = messages.subspan(std::min(aligned(header.nlmsg_len), messages.size()));
        if (header.nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES || message.size() < kHeader) continue;
        const int type = header.nlmsg_type & 0xff;
        const uint8_t family = message[aligned(sizeof(nlmsghdr))];  // nfgen_family
        const auto attributes = message.subspan(kHeader);
        if (type == NFT_MSG_NEWGEN) {
            const std::string_view program = text_of(attributes, NFTA_GEN_PROC_NAME);
            for (Removal& removal : removals_)
                if (removal.port == header.nlmsg_pid) removal.program = program;
        } else if ((family != NFPROTO_IPV4 && family != NFPROTO_IPV6) ||
                   text_of(attributes, NFTA_TABLE_NAME) != table) {
            continue;
        } else if (type == NFT_MSG_NEWTABLE) {
            maker_ = header.nlmsg_pid;
        } else if (is_removal(type) && (removals_.empty() || removals_.back().port != header.nlmsg_pid)) {
            removals_.push_back({header.nlmsg_pid, {}});
        }
    }
}

std::optional<std::string> NftNews::remover(uint32_t own_port) const {
    for (const Removal& removal : removals_)
        if (removal.port != own_port) return removal.program;
    return std::nullopt;
}

Result<std::unique_ptr<NftMonitor>> NftMonitor::open(io::EventLoop& loop, Handler handler) {
    io::Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    const int group = NFNLGRP_NFTABLES;
    if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
        return fail_errno("cannot watch the firewall", errno);
    return std::unique_ptr<NftMonitor>(new NftMonitor(loop, std::move(socket), std::move(handler)));
}

NftMonitor::NftMonitor(io::EventLoop& loop, io::Fd socket, Handler handler)
    : socket_(std::move(socket)),
      handler_(std::move(handler)),
      tell_(loop.turn_ends(), [this] { tell(); }),
      watch_(loop, socket_.get(), {.readable = true, .writable = false, .failed = false}, [this](io::Events) {
          const NftNews news = drain();
          if (!culprit_) culprit_ = news.remover(own_port_);
          tell();
      }) {}

Result<> NftMonitor::during(const std::string& table, const std::function<Result<>()>& transaction) {
    if (table == table_) {
        const NftNews before = drain();
        if (!culprit_) culprit_ = before.remover(own_port_);
    } else {
        table_ = table;
        (void)drain();
    }
    auto done = transaction();
    const NftNews after = drain();
    if (after.maker() != 0 && done) own_port_ = after.maker();
    if (!culprit_) culprit_ = after.remover(own_port_);
    // The transaction may have been the answer to it, but who knows in what order they came.
    if (culprit_) tell_.request();
    return done;
}

/// Everything that has arrived. Lost news (ENOBUFS) is not worth suspecting anybody for: a flood comes from
/// transactions as large as ours are at a take-over.
NftNews NftMonitor::drain() {
    NftNews news;
    std::array<uint8_t, 32768> buffer;
    while (true) {
        const ssize_t length = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (length < 0 && (errno == EINTR || errno == ENOBUFS)) continue;
        if (length <= 0) return news;
        news.read(std::span(buffer).first(static_cast<size_t>(length)), table_);
    }
}

void NftMonitor::tell() {
    if (!culprit_) return;
    const std::string program = *std::exchange(culprit_, std::nullopt);
    handler_(program);
}

}  // namespace holdfast::kernel
