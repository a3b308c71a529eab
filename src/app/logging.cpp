#include "holdfast/app/logging.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "syslog_sink.hpp"

namespace holdfast::app {

namespace {

constexpr size_t kParts = 4;

// Lines into a stdio stream, with the reference's time stamps: `Sat Nov 21 06:19:50 2026: ` on the console,
// `Sat Nov 21 06:19:50.123456789 2026: ` in the file.
class StreamSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    StreamSink(std::FILE* stream, bool owned, bool nanoseconds, bool flush_always)
        : stream_(stream), owned_(owned), nanoseconds_(nanoseconds), flush_always_(flush_always) {}
    ~StreamSink() override {
        write_out();
        if (owned_) std::fclose(stream_);
    }
    StreamSink(const StreamSink&) = delete;
    StreamSink& operator=(const StreamSink&) = delete;

    /// Lines wait as long as there was one more `true` than `false`.
    void gather(bool more) {
        gatherers_ += more ? 1 : -1;
        if (gatherers_ == 0) write_out();
    }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        append_stamp(message.time);
        text_.append(message.payload.data(), message.payload.size());
        text_ += '\n';
        if (gatherers_ == 0 || text_.size() >= kGathered) write_out();
    }
    void flush_() override {
        write_out();
        std::fflush(stream_);
    }

  private:
    void append_stamp(spdlog::log_clock::time_point time) {
        const std::time_t now = spdlog::log_clock::to_time_t(time);
        if (now != second_) {
            second_ = now;
            std::tm local{};
            localtime_r(&now, &local);
            std::array<char, 64> text{};
            const auto put = [&](std::string& to, const char* format) {
                to.assign(text.data(), std::strftime(text.data(), text.size(), format, &local));
            };
            put(until_second_, nanoseconds_ ? "%a %b %d %T" : "%a %b %e %T");
            put(year_, " %Y: ");
        }
        text_ += until_second_;
        if (nanoseconds_) {
            const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
            text_ += fmt::format(".{:09}", since.count() % 1'000'000'000);
        }
        text_ += year_;
    }

    void write_out() {
        if (text_.empty()) return;
        std::fwrite(text_.data(), 1, text_.size(), stream_);
        if (flush_always_) std::fflush(stream_);
        text_.clear();
    }

    static constexpr size_t kGathered = 16384;

    std::FILE* stream_;
    bool owned_;
    bool nanoseconds_;
    bool flush_always_;
    int gatherers_ = 0;
    std::string text_;         ///< Not written yet.
    std::time_t second_ = -1;  ///< What the stamp below says.
    std::string until_second_;
    std::string year_;
};

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::alert:
            return spdlog::level::critical;
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::notice:
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::debug:
            return spdlog::level::debug;
    }
    return spdlog::level::info;
}

// Appends to a log file without following a link at its name. The descriptor is not inherited.
Result<std::FILE*> open_log_file(const std::string& path) {
    const int descriptor =
        open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail_errno("Unable to open log file " + path, errno);
    std::FILE* stream = fdopen(descriptor, "a");
    if (stream == nullptr) {
        const int number = errno;
        close(descriptor);
        return fail_errno("Unable to open log file " + path, number);
    }
    return stream;
}

}  // namespace

struct Log::Sinks {
    LogSettings settings;
    std::vector<spdlog::sink_ptr> sinks;
    std::shared_ptr<SyslogSink> syslog;
    std::shared_ptr<StreamSink> console;
    std::shared_ptr<StreamSink> file;
    std::array<std::unique_ptr<spdlog::logger>, kParts> loggers;
    std::function<void(Part, LogLevel, std::string_view)> listener;

    // Loggers are never registered with spdlog's global registry: a Log can exist twice.
    void make_loggers() {
        for (size_t i = 0; i < kParts; ++i) {
            loggers[i] = std::make_unique<spdlog::logger>(
                log_ident(static_cast<Part>(i), settings.net_namespace, settings.instance), sinks.begin(),
                sinks.end());
            loggers[i]->set_level(spdlog::level::trace);
        }
    }
};

std::string log_ident(Part part, std::string_view net_namespace, std::string_view instance) {
    std::string ident = "Keepalived";
    switch (part) {
        case Part::daemon:
            break;
        case Part::vrrp:
            ident += "_vrrp";
            break;
        case Part::checkers:
            ident += "_healthcheckers";
            break;
        case Part::bfd:
            ident += "_bfd";
            break;
    }
    for (std::string_view name : {net_namespace, instance}) {
        if (!name.empty()) ident += fmt::format("_{}", name);
    }
    return ident;
}

Log::Log(LogSettings settings) : sinks_(std::make_unique<Sinks>()), detail_(settings.detail) {
    sinks_->settings = std::move(settings);
    const LogSettings& wanted = sinks_->settings;
    Result<> file_opened;
    if (!wanted.quiet) {
        if (wanted.syslog) {
            sinks_->syslog = std::make_shared<SyslogSink>(wanted.syslog_socket, wanted.facility);
            sinks_->sinks.push_back(sinks_->syslog);
        }
        if (wanted.console) {
            sinks_->console = std::make_shared<StreamSink>(stderr, false, false, true);
            sinks_->sinks.push_back(sinks_->console);
        }
        if (!wanted.file.empty()) {
            auto stream = open_log_file(wanted.file);
            if (stream) {
                sinks_->file = std::make_shared<StreamSink>(*stream, true, true, wanted.flush_file);
                sinks_->sinks.push_back(sinks_->file);
            } else {
                file_opened = Failure(stream.error());
            }
        }
    }
    sinks_->make_loggers();
    if (!file_opened) write(Part::daemon, LogLevel::error, file_opened.error().message);
}

Log::~Log() = default;

void Log::write(Part part, LogLevel level, std::string_view text) {
    if (sinks_->settings.quiet) return;
    sinks_->loggers[static_cast<size_t>(part)]->log(level_of(level),
                                                    spdlog::string_view_t(text.data(), text.size()));
    if (sinks_->listener) sinks_->listener(part, level, text);
}

void Log::set_names(std::string net_namespace, std::string instance) {
    info(Part::daemon,
         fmt::format("Changing syslog ident to {}", log_ident(Part::daemon, net_namespace, instance)));
    sinks_->settings.net_namespace = std::move(net_namespace);
    sinks_->settings.instance = std::move(instance);
    sinks_->make_loggers();
}

void Log::after_fork() {
    if (sinks_->syslog) sinks_->syslog->refresh_pid();
    if (sinks_->console) {
        std::erase(sinks_->sinks, spdlog::sink_ptr(sinks_->console));
        sinks_->console.reset();
        sinks_->make_loggers();
    }
}

void Log::flush() {
    for (const auto& sink : sinks_->sinks) sink->flush();
}

void Log::gather(bool more) {
    for (const auto& stream : {sinks_->console, sinks_->file})
        if (stream) stream->gather(more);
}

void Log::on_line(std::function<void(Part, LogLevel, std::string_view)> listener) {
    sinks_->listener = std::move(listener);
}

uint64_t Log::lost() const {
    return sinks_->syslog ? sinks_->syslog->lost() : 0;
}

}  // namespace holdfast::app
