// The table `filter` of iptables or ip6tables, through libip4tc or libip6tc: reads it, changes the copy, and
// writes it back in one piece.
#pragma once

#include <linux/netfilter/x_tables.h>

#include <cstdint>
#include <memory>
#include <string>

#include "holdfast/base/result.hpp"
#include "holdfast/io/shared_library.hpp"
#include "holdfast/kernel/iptables_plan.hpp"

struct xtc_handle;  // Of libiptc.

namespace holdfast::kernel {

class FilterTable {
  public:
    /// Loads the library; `verdict` tells whether it is there.
    explicit FilterTable(Family family);
    FilterTable(const FilterTable&) = delete;
    FilterTable& operator=(const FilterTable&) = delete;
    ~FilterTable() { forget(); }

    Result<> verdict() const { return library_.verdict(); }

    /// Reads the table. Everything below is about what was read, until `commit` or `forget`.
    Result<> read();
    bool has_chain(const std::string& chain) const { return is_chain_(chain.c_str(), table_) != 0; }
    /// Whether the rule is there. A rule with a set that does not exist is not.
    bool contains(const IptablesRule& rule);
    Result<> change(const RuleChange& change);
    /// Writes the table. EAGAIN in `os_error` when somebody else has changed it since it was read.
    Result<> commit();
    void forget();

  private:
    io::SharedLibrary library_;
    xtc_handle* table_ = nullptr;
    xtc_handle* (*init_)(const char* table) = nullptr;
    void (*free_)(xtc_handle*) = nullptr;
    int (*is_chain_)(const char* chain, xtc_handle*) = nullptr;
    int (*insert_)(const char* chain, const void* entry, unsigned place, xtc_handle*) = nullptr;
    int (*append_)(const char* chain, const void* entry, xtc_handle*) = nullptr;
    int (*check_)(const char* chain, const void* entry, unsigned char* mask, xtc_handle*) = nullptr;
    int (*remove_)(const char* chain, const void* entry, unsigned char* mask, xtc_handle*) = nullptr;
    int (*commit_)(xtc_handle*) = nullptr;
    const char* (*text_of_)(int error) = nullptr;
};

}  // namespace holdfast::kernel
