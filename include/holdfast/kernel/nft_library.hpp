// libnftables, opened when it is first needed: a daemon without rules does not pay for it.
#pragma once

#include <memory>
#include <string>

#include "holdfast/base/result.hpp"

namespace holdfast::kernel {

class NftLibrary {
  public:
    NftLibrary();
    NftLibrary(const NftLibrary&) = delete;
    NftLibrary& operator=(const NftLibrary&) = delete;
    ~NftLibrary();

    /// Carries out commands of nft(8), one a line, in one transaction of the kernel.
    Result<> run(const std::string& script);

  private:
    class Context;
    std::unique_ptr<Context> context_;
};

}  // namespace holdfast::kernel
