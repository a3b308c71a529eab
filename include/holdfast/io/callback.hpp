// Calling back safely: everything in io/ may be destroyed by the very callback it runs.
#pragma once

#include <functional>
#include <utility>

#include "holdfast/base/require.hpp"

namespace holdfast::io {

/// Lets a member function find out, after calling out, whether its object still exists.
///
///     Lifetime::Guard guard(lifetime_);
///     handler_.on_connected();        // may destroy *this
///     if (guard.is_dead()) return;
class Lifetime {
  public:
    Lifetime() = default;
    Lifetime(const Lifetime&) = delete;
    Lifetime& operator=(const Lifetime&) = delete;
    ~Lifetime();

    class Guard {
      public:
        // Out of line: GCC 12, seeing through them, warn that a pointer to a local outlives it.
        explicit Guard(Lifetime& owner);
        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;
        ~Guard();
        bool is_dead() const { return owner_ == nullptr; }

      private:
        friend class Lifetime;
        Lifetime* owner_;
        Guard* outer_;
    };

  private:
    Guard* innermost_ = nullptr;
};

template <class Signature>
class Callback;

/// A std::function that may destroy its owner (and so itself) while it runs. Not reentrant.
template <class... Arguments>
class Callback<void(Arguments...)> {
  public:
    explicit Callback(std::function<void(Arguments...)> function) : function_(std::move(function)) {
        require(static_cast<bool>(function_), "a callback is given");
    }

    /// Runs the function; false when that destroyed this Callback.
    bool operator()(Arguments... arguments) {
        Lifetime::Guard guard(lifetime_);
        // It runs from the stack, so its captures outlive the owner if need be.
        auto running = std::exchange(function_, nullptr);
        require(static_cast<bool>(running), "a callback does not run inside itself");
        running(std::forward<Arguments>(arguments)...);
        if (guard.is_dead()) return false;
        function_ = std::move(running);
        return true;
    }

  private:
    std::function<void(Arguments...)> function_;
    Lifetime lifetime_;
};

}  // namespace holdfast::io
