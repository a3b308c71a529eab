// A file descriptor with an owner.
#pragma once

#include <utility>

namespace holdfast::io {

/// Owns one descriptor and closes it. Movable, not copyable; the default owns nothing (-1).
class Fd {
  public:
    constexpr Fd() = default;
    /// Takes ownership of `number`; a negative number (a failed system call) owns nothing.
    constexpr explicit Fd(int number) : number_(number < 0 ? kNone : number) {}
    Fd(Fd&& other) noexcept : number_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    constexpr int get() const { return number_; }
    constexpr explicit operator bool() const { return number_ != kNone; }
    /// Gives up ownership without closing.
    [[nodiscard]] constexpr int release() { return std::exchange(number_, kNone); }
    /// Closes what is owned, then owns `number`. Keeps errno as it was.
    void reset(int number = kNone);

  private:
    static constexpr int kNone = -1;
    int number_ = kNone;
};

}  // namespace holdfast::io
