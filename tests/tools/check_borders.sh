#!/bin/bash
# Holds the borders that the linker cannot see: machines include no socket or clock header, read no clock, log nothing
# and know no module above them (docs/architecture.md).
cd "$(dirname "$0")/../.." || exit 2
status=0
complain() {  # TITLE, lines on standard input
    local lines
    lines=$(cat)
    [ -z "$lines" ] || { printf '%s\n%s\n' "$1" "$lines"; status=1; }
}
machines=$(printf 'src/%s include/holdfast/%s ' $(for m in vrrp bfd track check ipvs netstate notify; do echo "$m $m"; done))
complain "system headers in a machine:" < <(grep -rnE '#include <(sys/|netinet/|arpa/|net/|linux/|unistd\.h|poll\.h|time\.h|spdlog/)' $machines)
complain "a clock read by a machine:" < <(grep -rnE '(steady|system)_clock::now|clock_gettime' $machines src/config include/holdfast/config)
complain "a machine that knows a module above it:" < <(grep -rnE '#include "holdfast/(config|io|kernel|agents|app)/' $machines)
complain "configuration that reaches the edges:" < <(grep -rnE '#include "holdfast/(io|kernel|agents|app)/' src/config include/holdfast/config)
complain "io or kernel that knows the composition:" < <(grep -rnE '#include "holdfast/(config|agents|app)/' src/io include/holdfast/io src/kernel include/holdfast/kernel)
complain "io that knows machines:" < <(grep -rnE '#include "holdfast/(vrrp|bfd|track|check|ipvs|netstate|notify)/' src/io include/holdfast/io)
[ $status = 0 ] && echo "borders hold"
exit $status
