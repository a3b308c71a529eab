/* What a network namespace does, with times: for the benchmarks, where an interpreter would be too slow.

    observer watch          adverts, gratuitous ARP and IPv4 addresses until standard input ends; then one line each
    observer stamp FILE PROGRAM [ARGUMENT...]   writes the time to FILE and becomes the program

Times are nanoseconds of CLOCK_REALTIME, packets carry those of the kernel. Lines of `watch`:

    TIME < VRID PRIORITY    an advert came in        TIME + ADDRESS    an address was added
    TIME > VRID PRIORITY    an advert went out       TIME - ADDRESS    and removed
    TIME ! ADDRESS          a gratuitous ARP went out
*/
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kMost = 1 << 20, kProtocolVrrp = 112, kBatch = 64, kLongest = 256 };

struct Record {
    int64_t time;
    char kind;
    uint8_t vrid, priority;
    uint32_t address;
};

static struct Record* records;
static size_t count;

static int64_t nanoseconds(struct timespec t) { return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec; }

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return nanoseconds(t);
}

static void record(int64_t time, char kind, uint8_t vrid, uint8_t priority, uint32_t address) {
    if (count < kMost) records[count++] = (struct Record){time, kind, vrid, priority, address};
}

static void fail(const char* what) {
    perror(what);
    exit(1);
}

static int open_packets(void) {
    int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    if (fd < 0) fail("packet socket");
    /* ARP, or IPv4 with protocol 112: what else there is does not cost the kernel a copy. */
    struct sock_filter wanted[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_ARP, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 3),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kProtocolVrrp, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, kLongest),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {sizeof wanted / sizeof wanted[0], wanted};
    int on = 1, room = 32 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
        fail("packet socket options");
    return fd;
}

static int open_addresses(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR};
    int room = 32 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    if (fd < 0 || bind(fd, (struct sockaddr*)&to, sizeof to) != 0) fail("netlink socket");
    return fd;
}

static void look(const uint8_t* frame, size_t size, int outgoing, int64_t time) {
    if (size < 42) return;
    if (frame[12] == 8 && frame[13] == 6) {
        uint32_t sender, target;
        memcpy(&sender, frame + 28, 4);
        memcpy(&target, frame + 38, 4);
        if (outgoing && sender == target) record(time, '!', 0, 0, target);
        return;
    }
    const uint8_t* vrrp = frame + 14 + (frame[14] & 15) * 4;
    if (vrrp + 8 <= frame + size) record(time, outgoing ? '>' : '<', vrrp[1], vrrp[2], 0);
}

static void read_packets(int fd) {
    static uint8_t frames[kBatch][kLongest];
    static uint8_t control[kBatch][128];
    static struct sockaddr_ll from[kBatch];
    static struct iovec pieces[kBatch];
    static struct mmsghdr messages[kBatch];
    int got;
    do {
        for (int i = 0; i < kBatch; ++i) {
            pieces[i] = (struct iovec){frames[i], kLongest};
            messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i],
                .msg_iov = &pieces[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = 128};
        }
        got = recvmmsg(fd, messages, kBatch, MSG_DONTWAIT, NULL);
        for (int i = 0; i < got; ++i) {
            struct cmsghdr* part = CMSG_FIRSTHDR(&messages[i].msg_hdr);
            struct timespec stamp = {0, 0};
            if (part != NULL && part->cmsg_type == SO_TIMESTAMPNS) memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
            look(frames[i], messages[i].msg_len, from[i].sll_pkttype == PACKET_OUTGOING, nanoseconds(stamp));
        }
    } while (got == kBatch);
}

static void read_addresses(int fd) {
    static uint8_t buffer[65536];
    ssize_t size;
    while ((size = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
        int64_t time = now();
        int left = (int)size;
        for (struct nlmsghdr* m = (struct nlmsghdr*)buffer; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
            if (m->nlmsg_type != RTM_NEWADDR && m->nlmsg_type != RTM_DELADDR) continue;
            struct ifaddrmsg* about = NLMSG_DATA(m);
            int room = (int)IFA_PAYLOAD(m);
            for (struct rtattr* a = IFA_RTA(about); RTA_OK(a, room); a = RTA_NEXT(a, room)) {
                if (a->rta_type != IFA_LOCAL) continue;
                uint32_t address;
                memcpy(&address, RTA_DATA(a), 4);
                record(time, m->nlmsg_type == RTM_NEWADDR ? '+' : '-', 0, 0, address);
            }
        }
    }
}

static void print(void) {
    for (size_t i = 0; i < count; ++i) {
        const struct Record* r = &records[i];
        if (r->kind == '<' || r->kind == '>') {
            printf("%lld %c %u %u\n", (long long)r->time, r->kind, r->vrid, r->priority);
        } else {
            char text[INET_ADDRSTRLEN];
            printf("%lld %c %s\n", (long long)r->time, r->kind, inet_ntop(AF_INET, &r->address, text, sizeof text));
        }
    }
}

int main(int argc, char** argv) {
    if (argc >= 4 && strcmp(argv[1], "stamp") == 0) {
        FILE* file = fopen(argv[2], "w");
        if (file == NULL) fail(argv[2]);
        fprintf(file, "%lld\n", (long long)now());
        fclose(file);
        execv(argv[3], argv + 3);
        fail(argv[3]);
    }
    if (argc != 2 || strcmp(argv[1], "watch") != 0) return 2;
    records = malloc(sizeof(struct Record) * kMost);
    struct pollfd waits[] = {{open_packets(), POLLIN, 0}, {open_addresses(), POLLIN, 0}, {0, POLLIN, 0}};
    puts("ready");
    fflush(stdout);
    do {
        if (poll(waits, 3, -1) < 0) fail("poll");
        read_addresses(waits[1].fd);
        read_packets(waits[0].fd);
    } while (waits[2].revents == 0);
    print();
    return 0;
}
