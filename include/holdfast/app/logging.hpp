// Where log lines go: syslog, console, file (compat/runtime.md, section 7). The reference runs as several
// processes whose syslog names differ; here one process writes under the same names, so that greps and
// filters keep working: each line says which part speaks.
//
// A `Log` is passed by reference to whoever logs. Lines up to about 200 bytes are written without allocating;
// the syslog line is one datagram written without waiting (a full journal loses lines rather than adverts).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "holdfast/base/result.hpp"

namespace holdfast::app {

/// syslog's numbers.
enum class LogLevel : uint8_t { alert = 1, error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// Whose line it is: idents Keepalived, Keepalived_vrrp, Keepalived_healthcheckers, Keepalived_bfd.
enum class Part : uint8_t { daemon, vrrp, checkers, bfd };

struct LogSettings {
    bool syslog = true;         ///< false with -G and -t.
    int facility = 3 << 3;      ///< LOG_DAEMON; -S.
    bool console = false;       ///< -l with -n: standard error, `Sat Nov 21 06:19:50 2026: text`.
    std::string file;           ///< -g; empty = none.
    bool flush_file = false;    ///< --flush-log-file
    uint32_t detail = 0;        ///< Number of -D.
    bool quiet = false;         ///< -t: nothing is logged at all.
    std::string net_namespace;  ///< Appended to idents: `Keepalived_vrrp_NS_INSTANCE`.
    std::string instance;
    std::string syslog_socket = "/dev/log";  ///< For tests.
};

class Log {
  public:
    /// Opens what the settings name. A log file that cannot be opened is reported through the other channels
    /// and left out.
    explicit Log(LogSettings settings);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void write(Part part, LogLevel level, std::string_view text);
    void info(Part part, std::string_view text) { write(part, LogLevel::info, text); }
    /// Written only with at least one -D (with two for `extra`).
    void detail(Part part, std::string_view text) {
        if (detail_ > 0) write(part, LogLevel::info, text);
    }
    void extra_detail(Part part, std::string_view text) {
        if (detail_ > 1) write(part, LogLevel::info, text);
    }
    bool has_detail() const { return detail_ > 0; }
    bool has_extra_detail() const { return detail_ > 1; }

    /// After the configuration is read: other idents (namespace, instance). Logs `Changing syslog ident to X`
    /// first.
    void set_names(std::string net_namespace, std::string instance);
    /// Daemonising closes the console; the syslog datagrams then carry the new pid.
    void after_fork();
    void flush();
    /// Every line, after it was written, for tests, the control socket and `holdctl log`. One listener.
    void on_line(std::function<void(Part, LogLevel, std::string_view)> listener);
    /// While one exists, lines for console and file wait until they fill a write of some size, for whoever
    /// has thousands of them. Syslog has each at once.
    class Gathering {
      public:
        explicit Gathering(Log& log) : log_(log) { log_.gather(true); }
        ~Gathering() { log_.gather(false); }
        Gathering(const Gathering&) = delete;
        Gathering& operator=(const Gathering&) = delete;

      private:
        Log& log_;
    };
    /// Lines that syslog or the file refused.
    uint64_t lost() const;

  private:
    void gather(bool more);

    struct Sinks;
    std::unique_ptr<Sinks> sinks_;
    uint32_t detail_ = 0;
};

/// `Keepalived_vrrp`, with `_NETNS` and `_INSTANCE` when they are not empty.
std::string log_ident(Part part, std::string_view net_namespace, std::string_view instance);

}  // namespace holdfast::app
