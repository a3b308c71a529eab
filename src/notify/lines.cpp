// The words of scripts and FIFOs.
#include <fmt/format.h>

#include "holdfast/notify/queue.hpp"

namespace holdfast::notify {

namespace {

std::string_view subject_word(Subject subject) {
    return subject == Subject::group ? "GROUP" : "INSTANCE";
}

}  // namespace

std::string_view to_string(Word word) {
    switch (word) {
        case Word::master:
            return "MASTER";
        case Word::backup:
            return "BACKUP";
        case Word::fault:
            return "FAULT";
        case Word::stop:
            return "STOP";
        case Word::deleted:
            return "DELETED";
        case Word::master_rx_lower_pri:
            return "MASTER_RX_LOWER_PRI";
        case Word::master_priority:
            return "MASTER_PRIORITY";
        case Word::backup_priority:
            return "BACKUP_PRIORITY";
    }
    return "{UNKNOWN}";
}

std::string fifo_line(Subject subject, std::string_view name, Word word, uint8_t priority) {
    return fmt::format("{} \"{}\" {} {}\n", subject_word(subject), name, to_string(word),
                       subject == Subject::group ? 0 : priority);
}

std::string fifo_line_virtual_server(std::string_view virtual_server, bool up) {
    return fmt::format("VS {} {}\n", virtual_server, up ? "UP" : "DOWN");
}

std::string fifo_line_real_server(std::string_view real_server, std::string_view virtual_server, bool up) {
    return fmt::format("RS {} {} {}\n", real_server, virtual_server, up ? "UP" : "DOWN");
}

std::vector<std::string> generic_arguments(Subject subject, std::string_view name, Word word,
                                           uint8_t priority) {
    return {std::string(subject_word(subject)), std::string(name), std::string(to_string(word)),
            subject == Subject::group ? "0" : fmt::format("{}", priority)};
}

}  // namespace holdfast::notify
