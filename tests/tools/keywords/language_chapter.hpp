// What keepalived.conf(5) says about the language, before the keywords.
#pragma once

#include <string_view>

namespace holdfast::keywords {

inline constexpr std::string_view kLanguageChapter = R"ROFF(.SH NAME
keepalived.conf \- configuration of holdfast and keepalived
.SH DESCRIPTION
The file
.I /etc/keepalived/keepalived.conf
tells
.BR holdfast (8)
which Virtual Routers to run, which addresses, routes and rules belong to them, which services to balance and how to
check their servers. It is the language of keepalived 2.4.3; a file that works there works here.
.PP
A first example, one half of a pair of routers that share an address:
.PP
.RS
.EX
global_defs {
    enable_script_security
    script_user nobody
}
vrrp_instance office {
    interface eth0
    virtual_router_id 51
    priority 150
    virtual_ipaddress {
        192.0.2.1/24
    }
    notify_master "/usr/local/bin/role master"
}
.EE
.RE
.PP
.B holdfast \-t
checks a file without running it, names every mistake with its line and column, and tells by its exit status whether
there was one. With
.B \-\-json
the answer is one JSON object.
.SH LANGUAGE
.SS Lines, words and blocks
A line is one directive: a keyword and the words that belong to it, separated by blanks or tabs. Indentation means
nothing. Keywords and values are case sensitive. Several directives cannot share a line; further words of a line are not
read. A line has at most 1023 bytes.
.PP
.B {
opens a block, at the end of the line of its keyword or at the beginning of the next one;
.B }
closes it. Some blocks hold keywords, others are lists with one entry per line. Unknown keywords are reported and skipped,
with their block if they open one.
.SS Comments
.B #
and
.B !
begin a comment anywhere outside double quotes, also in the middle of a word. A backslash before them makes them ordinary
characters.
.SS Quoting
Double quotes make one word of what stands between them. Single quotes are ordinary characters, except in the values of
scripts and of
.BR regex :
there both kinds group words, and the escapes
.BR \ea ,
.BR \eb ,
.BR \eE ,
.BR \ef ,
.BR \en ,
.BR \er ,
.BR \et ,
.BR \ev ,
.BI \e NNN
(octal),
.BI \ex HH
and
.BI \ec X
(control) are known; a backslash before any other character gives that character. A script with arguments is written as
one quoted word, in which single quotes protect arguments with blanks:
.PP
.RS
.EX
notify_master "/usr/local/bin/role master 'first office'"
.EE
.RE
.SS Numbers, times and switches
Whole numbers are decimal. Times are in seconds with up to six decimals unless a keyword says otherwise. A value outside
its range is reported and the default stays in force. Where the syntax says
.I [BOOL]
the words
.BR on ,
.BR true ,
.BR yes ,
.BR off ,
.B false
and
.B no
are known, and the keyword alone means on.
.SS Including files
.BI include " PATTERN"
reads further files at that place, in the middle of a block too. A relative name counts from the folder of the file it
stands in.
.BR * ,
.B ?
and
.B [...]
match names in alphabetical order,
.B {a,b}
lists alternatives in theirs. Only plain files without an execute bit are read. A missing file is a remark, unless the
keyword asks for more:
.BR includer ,
the files must be readable;
.BR includem ,
a name without wildcards must exist;
.BR includew ,
wildcards must match;
.BR includeb ,
every alternative must match;
.BR includea ,
all of this. The letters may be combined.
.SS Conditions
A line that begins with
.BI @ ID
counts only if
.I ID
is the configuration id, one with
.BI @^ ID
only if it is not. The id is given with
.BR "\-\-config-id" ,
or it is the host name up to its first dot. The mark can stand before any line; to leave out a block, mark each of its
lines:
.PP
.RS
.EX
@north priority 150
@^north priority 100
.EE
.RE
.SS Definitions
.BI $ NAME = VALUE
at the beginning of a line defines a name of letters, digits and underscores.
.BI ${ NAME }
is replaced by the value anywhere,
.BI $ NAME
where a blank, a comma, a closing parenthesis or the end of the line follows. Values are expanded when they are used, so
they may use other names, and a later definition counts for what comes after it. A value that ends in a backslash goes on
in the next line, and each of its lines becomes a line of its own:
.PP
.RS
.EX
$LAN=eth0
$COMMON= \e
    interface ${LAN} \e
    advert_int 1
vrrp_instance a {
    $COMMON
    virtual_router_id 7
}
.EE
.RE
.PP
Defined by themselves are
.BR ${_PWD} ,
the folder of the file;
.BR ${_INSTANCE} ,
the configuration id;
.BR "${_RANDOM MIN MAX}" ,
a random number;
.BR "${_ENV NAME}" ,
a variable of the environment;
.B ${_HASH}
and
.BR ${_BANG} ,
the two characters that begin comments.
.SS Repetition
A line with
.BI ~SEQ( "NAME, START, STEP, END" )
is repeated for each number of a sequence, where START and STEP may be left out.
.BI ~SEQx( ... )
writes the numbers in hexadecimal.
.BI ~LST( "NAME, A, B, ..." )
goes through a list, and
.BI ~LST({ "A, B" "}, {" "1, x" "}, {" "2, y" })
through a list of tuples:
.PP
.RS
.EX
virtual_ipaddress {
    ~SEQ(n, 10, 12) 192.0.2.$n
    ~LST({ADDR, IF}, {192.0.2.1, eth0}, {192.0.2.2, eth1}) ${ADDR}/24 dev ${IF}
}
.EE
.RE
.SS Scripts
A keyword that runs a program takes its path with arguments, and after it a user and a group. The default user is
.BR script_user .
.BI : GROUP
with a colon adds the supplementary groups of the user. With
.B enable_script_security
a program that root would run is refused when others could change it or a folder on its path.
.SH KEYWORDS
Each entry shows what follows the keyword. Words in capitals stand for values, brackets enclose what may be left out,
.B |
separates alternatives and dots mean repetition. Keywords marked \(lqrestart\(rq cannot be changed by a reload.
)ROFF";

}  // namespace holdfast::keywords
