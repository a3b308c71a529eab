// Loads a configuration as `holdfast -t` would: prints the reports, exits with their code. With --dump it
// prints what was understood, with --all the remarks as well, with --repeat N it loads N times (for
// measuring).
#include <cstdio>
#include <cstdlib>
#include <string>

#include "holdfast/config/dump.hpp"
#include "holdfast/config/load.hpp"

int main(int argc, char** argv) {
    namespace config = holdfast::config;
    config::LoadOptions options;
    options.test_only = true;
    bool print = false;
    bool all = false;
    int repeat = 1;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--dump")
            print = true;
        else if (argument == "--all")
            all = true;
        else if (argument == "-e")
            options.all_config = true;
        else if (argument == "-i" && i + 1 < argc)
            options.config_id = argv[++i];
        else if (argument == "--repeat" && i + 1 < argc)
            repeat = std::atoi(argv[++i]);
        else
            options.path = argument;
    }
    const config::SystemFileReader reader;
    const config::SystemEnvironment environment;
    config::LoadResult result;
    for (int i = 0; i < repeat; ++i) result = config::load(options, reader, environment);
    if (all)
        for (const config::Diagnostic& diagnostic : result.diagnostics.all())
            std::fputs((config::render_line(diagnostic) + "\n").c_str(), stderr);
    else
        std::fputs(config::render(result.diagnostics).c_str(), stderr);
    if (print && result.config) std::fputs(config::dump(*result.config).c_str(), stdout);
    return result.test_exit_code;
}
