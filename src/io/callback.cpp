#include "holdfast/io/callback.hpp"

namespace holdfast::io {

Lifetime::~Lifetime() {
    for (Guard* guard = innermost_; guard != nullptr; guard = guard->outer_) guard->owner_ = nullptr;
}

Lifetime::Guard::Guard(Lifetime& owner) : owner_(&owner), outer_(std::exchange(owner.innermost_, this)) {}

Lifetime::Guard::~Guard() {
    if (owner_ != nullptr) owner_->innermost_ = outer_;
}

}  // namespace holdfast::io
