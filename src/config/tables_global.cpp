// global_defs: its rows, gathered from the files by topic.
#include "tables_global.hpp"

namespace holdfast::config {
namespace {

std::span<const Row> rows() {
    static const std::vector<Row> all =
        joined({kGlobalProcessRows, kGlobalMailRows, kGlobalScriptsRows, kGlobalLvsRows, kGlobalVrrpRows,
                kGlobalFirewallRows, kGlobalAgentsRows, kGlobalFilesRows});
    return all;
}

}  // namespace

const Block kGlobalDefs = Block{"global_defs", rows()}.around("enable_script_security\nscript_user root");

}  // namespace holdfast::config
