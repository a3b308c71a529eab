#include "holdfast/kernel/announcer.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "holdfast/kernel/frames.hpp"

namespace holdfast::kernel {

namespace {

/// Frames per sendmmsg.
constexpr size_t kBatch = 64;

/// Asks the kernel about an interface through any socket.
std::optional<InterfaceFacts> ask_kernel(int fd, InterfaceIndex interface) {
    ifreq request{};
    request.ifr_ifindex = static_cast<int>(interface.value);
    if (ioctl(fd, SIOCGIFNAME, &request) != 0) return std::nullopt;
    InterfaceFacts facts;
    if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) return std::nullopt;
    facts.arp = (request.ifr_flags & IFF_NOARP) == 0;
    if (ioctl(fd, SIOCGIFHWADDR, &request) != 0) return std::nullopt;
    facts.hardware_type = request.ifr_hwaddr.sa_family;
    std::memcpy(facts.mac.bytes.data(), request.ifr_hwaddr.sa_data, facts.mac.bytes.size());
    return facts;
}

/// The frames of one system call; reused by every call, so nothing is allocated per frame.
struct FrameBatch {
    struct Slot {
        std::array<uint8_t, kNeighbourAdvertisementSize> frame{};
        sockaddr_ll to{};
        iovec piece{};
    };
    std::array<Slot, kBatch> slots;
    std::array<mmsghdr, kBatch> messages{};
    size_t count = 0;

    void add(const vrrp::Announcement& announcement, const MacAddress& mac) {
        Slot& slot = slots[count];
        const bool is_arp = announcement.address.is_v4();
        const auto frame = is_arp ? build_gratuitous_arp(announcement.address, mac, slot.frame)
                                  : build_neighbour_advertisement(announcement.address, mac,
                                                                  announcement.router, slot.frame);
        slot.to = {};
        slot.to.sll_family = AF_PACKET;
        slot.to.sll_protocol = htons(is_arp ? ETH_P_ARP : ETH_P_IPV6);
        slot.to.sll_ifindex = static_cast<int>(announcement.interface.value);
        slot.piece = {slot.frame.data(), frame.size()};
        msghdr& header = messages[count].msg_hdr;
        header = {};
        header.msg_name = &slot.to;
        header.msg_namelen = sizeof slot.to;
        header.msg_iov = &slot.piece;
        header.msg_iovlen = 1;
        ++count;
    }
};

}  // namespace

Result<> Announcer::open() {
    if (socket_) return {};
    // Protocol 0: nothing is ever received.
    io::Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("cannot open a packet socket for ARP and neighbour advertisements", errno);
    // A burst for a thousand addresses goes into the device queue at once; the default holds some 250 frames
    // of it.
    const int room = 4 << 20;
    if (setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0)
        (void)setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    socket_ = std::move(fd);
    return {};
}

std::optional<InterfaceFacts> Announcer::facts(InterfaceIndex interface) const {
    return facts_ ? facts_(interface) : ask_kernel(socket_.get(), interface);
}

void Announcer::send(std::span<const vrrp::Announcement> announcements) {
    if (!socket_) {
        dropped_ += announcements.size();
        return;
    }
    static_assert(kNeighbourAdvertisementSize >= kArpFrameSize);
    FrameBatch batch;
    const auto flush = [&] {
        size_t done = 0;
        while (done < batch.count) {
            const int sent =
                sendmmsg(socket_.get(), &batch.messages[done], static_cast<unsigned>(batch.count - done), 0);
            if (sent > 0) {
                sent_ += static_cast<uint64_t>(sent);
                done += static_cast<size_t>(sent);
            } else if (sent < 0 && errno == EINTR) {
                continue;
            } else {
                // The frame at `done` cannot leave (interface down, queue full). Bursts repeat; the others go
                // on.
                ++dropped_;
                ++done;
            }
        }
        batch.count = 0;
    };

    // Bursts mention the same interface a thousand times.
    InterfaceIndex known{};
    std::optional<InterfaceFacts> about;
    for (const vrrp::Announcement& announcement : announcements) {
        if (announcement.interface != known || !known) {
            known = announcement.interface;
            about = facts(known);
        }
        if (!about || !about->arp || about->hardware_type != ARPHRD_ETHER) {
            ++dropped_;
            continue;
        }
        batch.add(announcement, announcement.mac == MacAddress{} ? about->mac : announcement.mac);
        if (batch.count == kBatch) flush();
    }
    flush();
}

}  // namespace holdfast::kernel
