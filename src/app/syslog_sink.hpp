// A spdlog sink that speaks syslog's datagrams itself. spdlog's own sink uses syslog(3), which knows one name
// per process and may block; this one takes the name from the logger and never waits.
#pragma once

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <cstdint>
#include <string>

namespace holdfast::app {

class SyslogSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    SyslogSink(std::string socket, int facility) : socket_(std::move(socket)), facility_(facility) {}
    ~SyslogSink() override;
    SyslogSink(const SyslogSink&) = delete;
    SyslogSink& operator=(const SyslogSink&) = delete;

    uint64_t lost() const { return lost_; }
    /// The pid in the next lines is the forked child's.
    void refresh_pid();

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}

  private:
    bool connect();
    void disconnect();
    bool send(const char* header, size_t length, const spdlog::details::log_msg& message) const;

    std::string socket_;
    int facility_;
    int descriptor_ = -1;
    int pid_ = 0;
    uint64_t lost_ = 0;
};

}  // namespace holdfast::app
