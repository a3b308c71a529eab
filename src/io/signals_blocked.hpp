#pragma once

#include <csignal>

namespace holdfast::io {

/// No signal reaches this thread, nor one or a child that it starts, until this goes. A fault of its own is
/// nobody else's to take.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t signals;
        sigfillset(&signals);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS})
            sigdelset(&signals, fault);
        pthread_sigmask(SIG_SETMASK, &signals, &former_);
    }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &former_, nullptr); }

  private:
    sigset_t former_{};
};

}  // namespace holdfast::io
