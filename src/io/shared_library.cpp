#include "holdfast/io/shared_library.hpp"

#include <dlfcn.h>

namespace holdfast::io {
namespace {

std::string last_problem() {
    const char* text = dlerror();
    return text == nullptr ? "cannot load a library" : text;
}

}  // namespace

// What is missing must be known now and not when it is first called: RTLD_NOW.
SharedLibrary::SharedLibrary(const std::string& name)
    : handle_(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
    if (handle_ == nullptr) problem_ = last_problem();
}

Result<> SharedLibrary::verdict() const {
    if (!problem_.empty()) return fail(problem_);
    return {};
}

void* SharedLibrary::address(const char* name) {
    if (handle_ == nullptr) return nullptr;
    void* found = dlsym(handle_, name);
    if (found == nullptr && problem_.empty()) problem_ = last_problem();
    return found;
}

}  // namespace holdfast::io
