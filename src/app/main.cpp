// holdfast, also under the name keepalived.
#include <malloc.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "holdfast/app/config_test.hpp"
#include "holdfast/app/genhash.hpp"
#include "holdfast/app/options.hpp"
#include "holdfast/app/runtime.hpp"

int main(int argc, char** argv) {
    using namespace holdfast::app;
    // One heap for all threads: another one would be extended page by page, a system call each, and what one
    // thread frees would be of no use to the others.
    ::mallopt(M_ARENA_MAX, 1);
    try {
        const std::vector<std::string> arguments(argv, argv + argc);
        const ParsedOptions parsed = parse_options(arguments);
        std::fputs(parsed.standard_output.c_str(), stdout);
        std::fputs(parsed.standard_error.c_str(), stderr);
        switch (parsed.next) {
            case ParsedOptions::Next::exit:
                return parsed.exit_status;
            case ParsedOptions::Next::genhash:
                return run_genhash(arguments, parsed.genhash_from);
            case ParsedOptions::Next::run:
                break;
        }
        return parsed.options.config_test ? test_configuration(parsed.options)
                                          : run_daemon(parsed.options, arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "holdfast: %s\n", error.what());
        return exit_status::kFatal;
    }
}
