// holdctl's end of the control socket: blocking, with a limit on how long the daemon may be silent.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "holdfast/base/result.hpp"
#include "holdfast/io/fd.hpp"

namespace holdfast::ctl {

/// Why there is no answer; `status` is holdctl's exit status.
struct NoAnswer {
    int status = 0;
    std::string message{};
};

/// The control socket on which this process listens; nothing when it has none, or is not ours to look into.
std::optional<std::string> socket_of_process(uint32_t pid);

class Client {
  public:
    /// How long a daemon may say nothing before it counts as hanging.
    static constexpr std::chrono::seconds kPatience{10};

    /// Connects, and looks who listens: only root's and our own processes are believed.
    static std::expected<Client, NoAnswer> connect(const std::string& path);

    /// One request, one line of answer without its newline. An answer that a reload broke off is asked for
    /// again.
    std::expected<std::string, NoAnswer> ask(const std::string& request);
    /// One request and lines without end: `take` gets each; returns when the daemon goes.
    NoAnswer follow(const std::string& request, const std::function<void(const std::string&)>& take);

  private:
    Client(std::string path, io::Fd socket) : path_(std::move(path)), socket_(std::move(socket)) {}
    std::optional<NoAnswer> send(const std::string& request);
    /// The next line; an empty message means that the daemon hung up.
    std::expected<std::string, NoAnswer> read_line(bool patient);

    std::string path_;
    io::Fd socket_;
    std::string buffer_;
    size_t searched_ = 0;  ///< No newline before it.
};

}  // namespace holdfast::ctl
