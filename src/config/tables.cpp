#include "tables.hpp"

namespace holdfast::config {

std::vector<Row> joined(std::initializer_list<std::span<const Row>> tables) {
    std::vector<Row> all;
    for (const std::span<const Row> table : tables) all.insert(all.end(), table.begin(), table.end());
    return all;
}

}  // namespace holdfast::config
