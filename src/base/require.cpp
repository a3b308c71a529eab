#include "holdfast/base/require.hpp"

#include <cstdio>
#include <cstdlib>

namespace holdfast {

void broken_rule(const char* rule, CodePosition where) {
    std::fprintf(stderr, "%s:%d: broken rule: %s\n", where.file, where.line, rule);
    std::abort();
}

}  // namespace holdfast
