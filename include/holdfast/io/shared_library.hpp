// Libraries that few configurations need, loaded when one of them does: what is linked costs memory and time
// at every start, of `-t` as well.
#pragma once

#include <string>

#include "holdfast/base/result.hpp"

namespace holdfast::io {

/// A library that is loaded and stays so until the process ends; copies are the same library. Fill a table of
/// function pointers, whose types come from the library's header, with find(), then ask verdict().
class SharedLibrary {
  public:
    /// `name` as the linker would ask for it, "libssl.so.3". A library that is missing is told by verdict().
    explicit SharedLibrary(const std::string& name);

    /// Points `function` to the library's `name`, or leaves it null.
    template <class Function>
    void find(Function*& function, const char* name) {
        function = reinterpret_cast<Function*>(address(name));
    }

    /// Fails when the library, or something that was looked for in it, is missing; the message says which.
    Result<> verdict() const;

  private:
    void* address(const char* name);
    void* handle_;
    std::string problem_;  ///< The first; empty: none.
};

}  // namespace holdfast::io
