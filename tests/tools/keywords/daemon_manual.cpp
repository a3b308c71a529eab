// docs/man/holdfast.8.
#include <fmt/format.h>

#include "generators.hpp"
#include "holdfast/app/options.hpp"
#include "holdfast/app/signals_table.hpp"

namespace holdfast::keywords {
namespace {

using app::OptionRow;

std::string sentence(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '\n' ? ' ' : c;
    if (!out.ends_with('.')) out += '.';
    return out;
}

std::string option_heading(const OptionRow& row) {
    std::string out;
    const std::string argument =
        row.argument_name.empty() ? "" : fmt::format("\\fI{}\\fP", roff(row.argument_name));
    if (row.letter != 0) out += fmt::format("\\fB\\-{}\\fP", row.letter);
    if (row.letter != 0 && row.argument == OptionRow::Argument::required) out += ' ' + argument;
    if (row.letter != 0 && row.argument == OptionRow::Argument::optional) out += '[' + argument + ']';
    if (row.letter != 0) out += ", ";
    out += fmt::format("\\fB\\-\\-{}\\fP", roff(row.name));
    if (row.argument == OptionRow::Argument::required) out += '=' + argument;
    if (row.argument == OptionRow::Argument::optional) out += "[=" + argument + ']';
    return out;
}

constexpr std::string_view kIntroduction = R"(.SH NAME
holdfast \- VRRP and IPVS daemon compatible with keepalived
.SH SYNOPSIS
.B holdfast
[\fIoption\fP ...]
.br
.B keepalived
[\fIoption\fP ...]
.SH DESCRIPTION
.B holdfast
reads the configuration of keepalived 2.4.3 and does what that program does: it runs VRRP routers that share addresses
between machines, programs services of the kernel's load balancer IPVS, and checks the health of the servers behind
them. It is one process. Called as
.B keepalived
it is the same program.
.PP
A configuration is described in
.BR keepalived.conf (5).
A reload that would bring in a new error is refused as a whole and the running configuration stays in force.
.SH OPTIONS
)";

constexpr std::string_view kEnd = R"(.SH EXIT STATUS
.TP
.B 0
Stopped in an orderly way, or
.B \-t
had nothing to report.
.TP
.B 1
The command line is wrong, or the daemon runs already.
.TP
.B 2
The configuration cannot be run with. With
.BR \-t :
a required word is missing.
.TP
.B 4
With
.BR \-t :
a file or an interface does not exist.
.TP
.B 5
With
.BR \-t :
an unknown keyword, a brace, a quote, a number, a value, or an old spelling was reported.
.TP
.B 6
The configuration file, or one whose include demands it, is missing. With
.BR \-t :
also a script that could be changed by others, or scripts without
.BR enable_script_security .
.SH FILES
.TP
.I /etc/keepalived/keepalived.conf
The configuration.
.TP
.I /run/keepalived.pid
The process id. The options
.BR \-r ,
.B \-c
and
.B \-b
name further files with the same number.
.TP
.I /tmp/keepalived.data\fR, \fP/tmp/keepalived.stats\fR, \fP/tmp/keepalived.json
What the signals write, unless
.BR state_dump_file ,
.B stats_dump_file
or
.B json_dump_file
name other places.
.SH EXAMPLES
Check a configuration:
.PP
.RS
.EX
holdfast \-t \-f /etc/keepalived/keepalived.conf
.EE
.RE
.PP
Run in the foreground with a detailed log:
.PP
.RS
.EX
holdfast \-n \-l \-D
.EE
.RE
.SH SEE ALSO
.BR keepalived.conf (5),
.BR ipvsadm (8),
.BR ip (8)
)";

}  // namespace

std::string daemon_manual() {
    std::string out = page_title("HOLDFAST", 8, "System administration") + std::string(kIntroduction);
    for (const OptionRow& row : app::option_table()) {
        if (!row.in_help) continue;
        out += fmt::format(".TP\n{}\n{}\n", option_heading(row), roff(sentence(row.summary)));
        if (!row.limits.empty()) out += roff(sentence(row.limits)) + '\n';
    }
    out += ".SH SIGNALS\n";
    for (const app::SignalRow& row : app::signals_table())
        out += fmt::format(".TP\n.B {}\n{} Its number is printed by\n.BR \"\\-\\-signum={}\" .\n", row.name,
                           roff(row.summary), row.name);
    out += ".PP\n.B SIGINT\nstops the daemon too.\n";
    return out + std::string(kEnd);
}

}  // namespace holdfast::keywords
