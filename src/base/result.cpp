#include "holdfast/base/result.hpp"

#include <cstring>

namespace holdfast {

Failure fail_errno(std::string what, int number, CodePosition raised) {
    what += ": ";
    what += std::strerror(number);
    return Failure(Error{std::move(what), number, raised});
}

}  // namespace holdfast
