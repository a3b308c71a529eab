// libipset, loaded when first needed. In a file of its own because its headers and the kernel's contradict
// each other.
#pragma once

#include <memory>
#include <span>

#include "holdfast/base/result.hpp"
#include "holdfast/kernel/iptables_plan.hpp"

namespace holdfast::kernel {

class IpSets {
  public:
    /// Fails without the library.
    static Result<std::unique_ptr<IpSets>> open();
    IpSets(const IpSets&) = delete;
    IpSets& operator=(const IpSets&) = delete;
    ~IpSets();

    /// Makes the changes in order, until one fails.
    Result<> apply(std::span<const IpSetChange> changes);

  private:
    class Library;
    explicit IpSets(std::unique_ptr<Library> library);
    std::unique_ptr<Library> library_;
};

}  // namespace holdfast::kernel
