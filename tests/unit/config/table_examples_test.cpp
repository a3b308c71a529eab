// Every row of the tables shows an example and says what would be wrong; both are loaded the way `-t` does.
#include <cstdio>

#include "holdfast/config/diff.hpp"
#include "holdfast/config/dump.hpp"
#include "holdfast/config/examples.hpp"
#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

class TableExamples : public testing::Test {
  protected:
    LoadResult load(const std::string& text) {
        MemoryFiles files;
        files.add("/etc/keepalived/keepalived.conf", text);
        return config::load({}, files, environment);
    }
    static std::string about(const Example& example, const LoadResult& result) {
        return example.path + ": " + example.shown + "\n" + render(result.diagnostics) + example.text;
    }

    void SetUp() override {
        environment.add_program("/proc/sys/net/ipv4/igmp_link_local_mcast_reports", 0644);
    }

    FakeEnvironment environment;
};

void visit_rows(const Block& block, std::string path, const auto& visit) {
    for (const Row& row : block.rows) {
        visit(path + std::string(row.facts.name), row);
        if (row.block != nullptr) visit_rows(*row.block, path + std::string(row.facts.name) + "/", visit);
    }
}

TEST(TableRows, ShowAnExampleAndTellWhatIsWrong) {
    visit_rows(root_block(), "", [](const std::string& path, const Row& row) {
        EXPECT_TRUE(row.facts.example.starts_with(row.facts.name)) << path << ": " << row.facts.example;
        BadLines bad;
        if (row.spoil != nullptr) row.spoil(bad);
        const bool flag = row.words == 0;  // Whatever follows such a keyword means nothing.
        EXPECT_TRUE(!bad.empty() || !row.facts.wrong.empty() || flag || row.spoil != nullptr ||
                    row.facts.name == "reload_check_config" || row.facts.name == "reload_file")
            << path << " has no bad value and does not say that nothing is wrong";
        if (row.block == nullptr) return;
        EXPECT_EQ(row.facts.example.back(), '{') << path;
        for (const Option& option : row.block->options) {
            const std::string text(option.example.empty() ? row.block->inside : option.example);
            EXPECT_NE((" " + text + " ").find(" " + std::string(option.name) + " "), std::string::npos)
                << path << ": " << option.name << " is not in its example: " << text;
            EXPECT_TRUE(!option.wrong.empty() || option.example.empty()) << path << ": " << option.name;
        }
    });
}

TEST_F(TableExamples, LoadWithoutAReport) {
    size_t count = 0;
    for (const Example& example : legal_examples()) {
        const LoadResult result = load(example.text);
        EXPECT_TRUE(result.config.has_value()) << about(example, result);
        EXPECT_EQ(result.test_exit_code, example.verdict == Verdict::clean ? 0 : 5) << about(example, result);
        ++count;
    }
    std::printf("%zu examples\n", count);
    EXPECT_GT(count, 680U);
}

TEST_F(TableExamples, SurviveADump) {
    for (const Example& example : legal_examples()) {
        const LoadResult result = load(example.text);
        if (!result.config) continue;
        const std::string text = dump(*result.config);
        const LoadResult again = load(text);
        ASSERT_TRUE(again.config.has_value()) << about(example, again) << text;
        EXPECT_TRUE(diff(*result.config, *again.config).empty()) << about(example, again) << text;
        EXPECT_EQ(dump(*again.config), text) << example.path;
    }
}

TEST_F(TableExamples, OfWrongUseAreReportedWhereTheyStand) {
    size_t count = 0;
    for (const Example& example : wrong_examples()) {
        const LoadResult result = load(example.text);
        ++count;
        bool on_line = false;
        bool on_word = false;
        for (const Diagnostic& diagnostic : result.diagnostics.all()) {
            if (diagnostic.span.position.line != example.line) continue;
            if (diagnostic.severity == Severity::remark && example.verdict != Verdict::remarked) continue;
            on_line = true;
            on_word = on_word || example.column == 0 || diagnostic.span.position.column == example.column;
        }
        EXPECT_TRUE(on_line) << "no report on line " << example.line << " of " << about(example, result);
        EXPECT_TRUE(!on_line || on_word)
            << "no report at column " << example.column << " of " << about(example, result);
        const int expected = example.verdict == Verdict::remarked  ? 0
                             : example.verdict == Verdict::stopped ? 2
                                                                   : 5;
        if (expected == 5)
            EXPECT_TRUE(result.test_exit_code == 5 || result.test_exit_code == 4) << about(example, result);
        else
            EXPECT_EQ(result.test_exit_code, expected) << about(example, result);
    }
    std::printf("%zu wrong uses\n", count);
    EXPECT_GT(count, 1500U);
}

}  // namespace
}  // namespace holdfast::config
