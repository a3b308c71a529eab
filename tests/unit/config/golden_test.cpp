// The mistakes people make, and the whole text that `-t` answers with. Each tests/golden/config/NAME.conf is
// read in a made-up machine and compared byte by byte with NAME.expected; UPDATE_GOLDEN=1 writes the answers
// anew, to be judged by reading the difference.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

namespace fs = std::filesystem;

std::string contents_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

class Golden : public testing::Test {
  protected:
    Golden() {
        environment.interfaces["tun0"].ethernet = false;
        environment.interfaces["tun0"].multicast = false;
        environment.add_program("/etc/ka/check.sh", 0755);
        environment.add_program("/etc/ka/plain.txt", 0644);
        environment.add_program("/etc/ka/open.sh", 0777);
        for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
            const std::string name = entry.path().filename();
            files.add("/etc/keepalived/" + name, contents_of(entry.path()));
            if (entry.path().extension() == ".conf") cases.push_back(name);
        }
        std::sort(cases.begin(), cases.end());
    }

    std::string judge(const std::string& name) {
        LoadOptions options;
        options.path = name;
        options.test_only = true;
        const LoadResult result = load(options, files, environment);
        return render(result.diagnostics) + "exit status " + std::to_string(result.test_exit_code) + "\n";
    }

    static inline const fs::path kFolder = fs::path(HOLDFAST_SOURCE_DIR) / "tests/golden/config";
    FakeEnvironment environment;
    MemoryFiles files{"/etc/keepalived"};
    std::vector<std::string> cases;
};

TEST_F(Golden, EveryTypicalMistakeIsExplainedAsAgreed) {
    EXPECT_GE(cases.size(), 40U);
    for (const std::string& name : cases) {
        const fs::path expected = (kFolder / name).replace_extension(".expected");
        const std::string answer = judge(name);
        if (std::getenv("UPDATE_GOLDEN") != nullptr) {
            std::ofstream(expected, std::ios::binary) << answer;
            continue;
        }
        EXPECT_EQ(answer, contents_of(expected)) << name;
    }
}

// One mistake, one report: the files that need more say so in their first line.
TEST_F(Golden, OneMistakeIsOneReport) {
    for (const std::string& name : cases) {
        const std::string text = contents_of(kFolder / name);
        size_t wanted = 1;
        if (const size_t at = text.find("# reports: "); at != std::string::npos)
            wanted = std::stoul(text.substr(at + 11));
        LoadOptions options;
        options.path = name;
        options.test_only = true;
        const LoadResult result = load(options, files, environment);
        const auto shown = std::ranges::count_if(result.diagnostics.all(), [](const Diagnostic& diagnostic) {
            return diagnostic.severity != Severity::remark;
        });
        EXPECT_EQ(static_cast<size_t>(shown), wanted) << name << "\n" << render(result.diagnostics);
    }
}

}  // namespace
}  // namespace holdfast::config
