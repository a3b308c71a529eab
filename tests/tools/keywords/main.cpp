// holdfast_keywords: what the keyword tables say, for people and programs.
//
//   holdfast_keywords --generate ROOT     write every generated file of the source tree
//   holdfast_keywords --check ROOT        compare instead; names the files that are not current, exit 1
//   holdfast_keywords --examples FOLDER   one file per example of a keyword or list word
//   holdfast_keywords --bad-values FOLDER one file per wrong use; the first line names the expected exit
//   status of -t
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <vector>

#include "generators.hpp"
#include "holdfast/config/examples.hpp"

namespace {

using namespace holdfast;
namespace files = std::filesystem;

std::optional<std::string> contents(const files::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

bool write(const files::path& path, const std::string& text) {
    files::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << text;
    return static_cast<bool>(file.flush());
}

struct Generated {
    std::string_view path;
    std::function<std::string()> text;
};

std::vector<Generated> generated(const files::path& root) {
    return {
        {"docs/compatibility.md",
         [root] { return keywords::compatibility_list(keywords::index_tests(root / "tests")); }},
        {"docs/man/keepalived.conf.5", keywords::configuration_manual},
        {"docs/man/holdfast.8", keywords::daemon_manual},
        {"docs/completion/holdfast", keywords::completion},
        {"docs/keywords.json", keywords::keyword_json},
        {"tests/fuzz/config.dict", keywords::dictionary},
    };
}

int generate(const files::path& root) {
    for (const Generated& file : generated(root)) {
        const std::string text = file.text();
        if (contents(root / file.path) == text) continue;
        if (!write(root / file.path, text)) {
            fmt::print(stderr, "{} cannot be written\n", (root / file.path).string());
            return 1;
        }
        fmt::print("{}\n", file.path);
    }
    return 0;
}

int check(const files::path& root) {
    int status = 0;
    for (const Generated& file : generated(root)) {
        if (contents(root / file.path) == file.text()) continue;
        fmt::print(stderr, "{} is not current: ./dev generate writes it anew\n", file.path);
        status = 1;
    }
    return status;
}

int exit_status(config::Verdict verdict) {
    switch (verdict) {
        case config::Verdict::clean:
        case config::Verdict::remarked:
            return 0;
        case config::Verdict::reported:
            return 5;
        case config::Verdict::stopped:
            return 2;
    }
    return 0;
}

int write_examples(const files::path& folder, const std::vector<config::Example>& examples) {
    size_t number = 0;
    for (const config::Example& example : examples) {
        std::string name = example.path;
        for (char& c : name)
            if (c == '/' || c == ':' || c == ' ') c = '.';
        const std::string head = fmt::format("# expect {} at line {}\n# {}\n", exit_status(example.verdict),
                                             example.line + 2, example.shown);
        if (!write(folder / fmt::format("{:04}_{}.conf", number++, name), head + example.text)) {
            fmt::print(stderr, "{} cannot be written to\n", folder.string());
            return 1;
        }
    }
    fmt::print("{} files\n", examples.size());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc == 3 ? argv[1] : "";
    if (mode == "--generate") return generate(argv[2]);
    if (mode == "--check") return check(argv[2]);
    if (mode == "--examples") return write_examples(argv[2], config::legal_examples());
    if (mode == "--bad-values") return write_examples(argv[2], config::wrong_examples());
    fmt::print(stderr, "usage: {} --generate ROOT | --check ROOT | --examples FOLDER | --bad-values FOLDER\n",
               argv[0]);
    return 2;
}
