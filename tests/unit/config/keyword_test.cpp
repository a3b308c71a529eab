// The tables themselves: complete, consistent, searchable, and the engine that walks them.
#include "holdfast/config/keyword.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

std::string path_of(const Block& block, const Row& row) {
    return block.name.empty() ? std::string(row.facts.name)
                              : std::string(block.name) + '/' + std::string(row.facts.name);
}

TEST(KeywordTables, EveryRowSaysWhatItIs) {
    size_t rows = 0;
    for_each_row(root_block(), [&](const Block& block, const Row& row) {
        ++rows;
        EXPECT_FALSE(row.facts.name.empty()) << block.name;
        EXPECT_FALSE(row.facts.summary.empty()) << path_of(block, row);
        EXPECT_NE(row.apply == nullptr, row.block == nullptr) << path_of(block, row);
        EXPECT_EQ(row.block != nullptr, row.enter != nullptr) << path_of(block, row);
    });
    EXPECT_GT(rows, 400U);
}

TEST(KeywordTables, NoBlockHasANameTwice) {
    std::set<const Block*> seen;
    for_each_row(root_block(), [&](const Block& block, const Row&) {
        if (!seen.insert(&block).second) return;
        std::set<std::string_view> names;
        for (const Row& row : block.rows) {
            EXPECT_TRUE(names.insert(row.facts.name).second) << path_of(block, row);
            for (const Alias& alias : row.aliases) {
                if (alias.name.empty()) continue;
                EXPECT_TRUE(names.insert(alias.name).second) << alias.name;
            }
        }
    });
}

TEST(KeywordTables, FindByNameAndAlias) {
    const Row* server = find(root_block(), "virtual_server");
    ASSERT_NE(server, nullptr);
    const Row* scheduler = find(*server->block, "lb_algo");
    ASSERT_NE(scheduler, nullptr);
    EXPECT_EQ(find(*server->block, "lvs_sched"), scheduler);
    Alias alias;
    const Row* globals = find(root_block(), "global_defs");
    ASSERT_NE(find(*globals->block, "lvs_process_name", &alias), nullptr);
    EXPECT_EQ(alias.spelling, Spelling::old_logged);
    EXPECT_EQ(find(root_block(), "Virtual_server"), nullptr);
    EXPECT_EQ(closest(*server->block, "delay_lop"), "delay_loop");
    EXPECT_EQ(closest(*server->block, "xyzzy"), "");
}

// Every keyword of the compatibility list is a row, an alias, an option of an entry, or an entry.
TEST(KeywordTables, KnowTheCompatibilityList) {
    const char* folder = std::getenv("HOLDFAST_SHARED");
    std::ifstream file(std::string(folder != nullptr ? folder : HOLDFAST_SOURCE_DIR "/../shared") +
                       "/compat/keywords.tsv");
    if (!file) GTEST_SKIP() << "the compatibility list is not on this machine";
    std::string line;
    std::getline(file, line);
    size_t known = 0;
    while (std::getline(file, line)) {
        const std::string path = line.substr(0, line.find('\t'));
        std::istringstream parts(path);
        const Block* block = &root_block();
        bool in_entry = false;
        for (std::string part; block != nullptr && std::getline(parts, part, '/');) {
            if (in_entry) {
                const bool option =
                    std::any_of(block->options.begin(), block->options.end(), [&](const Option& candidate) {
                        return candidate.name == part ||
                               std::find(candidate.aliases.begin(), candidate.aliases.end(), part) !=
                                   candidate.aliases.end();
                    });
                // TYPE and ACTION stand for several words, range for the form of an address.
                EXPECT_TRUE(option || part == "TYPE" || part == "ACTION" || part == "range" ||
                            part == "fwmark")
                    << path;
                break;
            }
            if (part == "<entry>") {
                EXPECT_NE(block->entry, nullptr) << path;
                in_entry = true;
                continue;
            }
            // virtual_server fwmark N and virtual_server group NAME are forms of the header.
            if (block->name == "virtual_server" && (part == "fwmark" || part == "group")) break;
            const Row* row = find(*block, part);
            EXPECT_NE(row, nullptr) << path;
            block = row != nullptr && row->block != nullptr ? row->block : nullptr;
        }
        ++known;
    }
    EXPECT_EQ(known, 658U);
}

class KeywordEngine : public KeywordTest {};

TEST_F(KeywordEngine, ReportsAnUnknownKeywordOnceAndSkipsItsBlock) {
    load_instance(" prioritie 10\n unknown_block {\n  priority 7\n  { deeper }\n }\n priority 20\n");
    EXPECT_THAT(reports(), testing::ElementsAre(testing::HasSubstr("unknown keyword prioritie"),
                                                testing::HasSubstr("unknown keyword unknown_block")));
    EXPECT_EQ(result.diagnostics.all()[0].suggestion, "priority");
    EXPECT_EQ(instance().router.priority.value, 20);
    EXPECT_EQ(result.test_exit_code, 5);
    EXPECT_FALSE(result.fatal);
}

TEST_F(KeywordEngine, StopsAtAMissingWord) {
    load_instance(" priority\n unknown_after_that 1\n");
    EXPECT_THAT(reports(), testing::ElementsAre(testing::HasSubstr("a word is missing after priority")));
    EXPECT_EQ(result.test_exit_code, 2);
    EXPECT_TRUE(result.fatal);
    EXPECT_EQ(result.fatal_exit_code, 2);
    EXPECT_FALSE(result.config);
}

TEST_F(KeywordEngine, ReportsSeveralKeywordsOnOneLineOnce) {
    load_instance(" state BACKUP priority 120 advert_int 2\n");
    EXPECT_EQ(instance().router.priority.value, 100);
    expect_report(ReportClass::notice, "only state is read, priority and what follows are lost");
    EXPECT_EQ(result.diagnostics.all()[0].advice,
              "write one directive per line:\nstate BACKUP\npriority 120\nadvert_int 2\n");
    EXPECT_EQ(result.test_exit_code, 0);
}

TEST_F(KeywordEngine, TakesGlobalsWhereverTheyStand) {
    load_instance("", "");
    load(
        "vrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.1\n "
        "}\n}\nglobal_defs {\n vrrp_garp_master_repeat 2\n}\n");
    expect_clean();
    EXPECT_EQ(instance().router.garp.master_repeat, 2U);
}

TEST_F(KeywordEngine, SkipsPartsThatDoNotRun) {
    options.vrrp = false;
    load(
        "vrrp_instance V {\n nonsense\n}\nvirtual_server 10.0.0.1 80 {\n lb_algo rr\n lb_kind NAT\n protocol "
        "TCP\n real_server 192.0.2.1 80 {\n }\n}\n");
    expect_clean();
    EXPECT_TRUE(result.config->instances.empty());
    EXPECT_EQ(result.config->virtual_servers.size(), 1U);
}

TEST_F(KeywordEngine, ReportsOldSpellings) {
    load_instance(" vmac_garp_intvl 10\n", "global_defs {\n lvs_process_name x\n}\n");
    expect_report(ReportClass::deprecated, "vmac_garp_intvl is the old name of garp_extra_if");
    EXPECT_THAT(
        remarks(),
        testing::Contains(testing::HasSubstr("lvs_process_name is the old name of checker_process_name")));
}

TEST_F(KeywordEngine, RefusesABlockWhereThereIsNone) {
    load_instance(" priority 10 {\n  state BACKUP\n }\n");
    expect_report(ReportClass::brace, "priority does not open a block");
    EXPECT_EQ(instance().router.priority.value, 10);
}

}  // namespace
}  // namespace holdfast::config
