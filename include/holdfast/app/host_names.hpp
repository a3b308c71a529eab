// The names that a configuration may leave to the machine: router_id, smtp_helo_name and
// notification_email_from.
#pragma once

#include <functional>
#include <string>

#include "holdfast/config/config.hpp"

namespace holdfast::app {

class HostNames {
  public:
    /// `local_name` asks the machine for its canonical name, which may ask a name server and so take time; it
    /// is called at most once, and not for a reload while others wait for our adverts. Empty = not known.
    HostNames(std::function<std::string()> local_name, std::string plain_name, std::string user)
        : local_name_(std::move(local_name)), plain_name_(std::move(plain_name)), user_(std::move(user)) {}

    /// Fills in what is needed and not configured. `at_start`: there is time to ask.
    void complete(config::GlobalSettings& global, bool at_start);

    /// Of this machine and user.
    static HostNames of_system();

  private:
    std::function<std::string()> local_name_;
    std::string plain_name_;  ///< gethostname(2).
    std::string user_;        ///< Whom mails come from.
    std::string known_;
};

}  // namespace holdfast::app
