#include "holdfast/io/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace holdfast::io {

namespace {

int open_eventfd() {
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    return fd;
}

}  // namespace

Wakeup::Wakeup(EventLoop& loop, std::function<void()> callback)
    : callback_(std::move(callback)),
      fd_(open_eventfd()),
      watch_(loop, fd_.get(), {.readable = true}, [this](Events) { on_ready(); }) {}

void Wakeup::wake() {
    const uint64_t one = 1;
    // EAGAIN means that 2^64 - 2 wakes are pending; then the loop wakes anyway.
    const ssize_t written = ::write(fd_.get(), &one, sizeof one);
    require(written == sizeof one || errno == EAGAIN, "an eventfd can be written");
}

void Wakeup::on_ready() {
    uint64_t count = 0;
    // Reset before calling back, so that a wake during the callback is not lost.
    if (::read(fd_.get(), &count, sizeof count) != sizeof count) return;
    callback_();
}

}  // namespace holdfast::io
