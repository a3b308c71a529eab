// The engine behind the tables: it walks the block tree, finds rows, and lets them act.
#include "holdfast/config/keyword.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "loading.hpp"
#include "unfold.hpp"
#include "writer.hpp"

namespace holdfast::config {
namespace {

struct Found {
    const Row* row = nullptr;
    Alias alias;
};
using Index = std::unordered_map<std::string_view, Found>;

void add_blocks(const Block& block, std::unordered_map<const Block*, Index>& all) {
    auto [place, fresh] = all.try_emplace(&block);
    if (!fresh) return;
    Index index;
    for (const Row& row : block.rows) {
        index.try_emplace(row.facts.name, Found{&row, {}});
        for (const Alias& alias : row.aliases)
            if (!alias.name.empty()) index.try_emplace(alias.name, Found{&row, alias});
    }
    place->second = std::move(index);
    for (const Row& row : block.rows)
        if (row.block != nullptr) add_blocks(*row.block, all);
}

// Built once from constant data and never changed: shared by all loads.
const std::unordered_map<const Block*, Index>& indexes() {
    static const std::unordered_map<const Block*, Index> all = [] {
        std::unordered_map<const Block*, Index> blocks;
        add_blocks(root_block(), blocks);
        return blocks;
    }();
    return all;
}

void report_alias(Loading& loading, const Line& line, const Row& row, const Alias& alias) {
    if (alias.name.empty() || alias.spelling == Spelling::equal) return;
    std::string message = fmt::format("{} is the old name of {}", alias.name, row.facts.name);
    if (alias.spelling == Spelling::old_reported)
        loading.report(ReportClass::deprecated, line, 0, std::move(message));
    else
        loading.remark(line, 0, std::move(message));
}

/// Marks a directive as the one being read, for as long as it lives.
class Reading {
  public:
    Reading(Loading& loading, const Line& line) : explained_(loading.explained) {
        explained_.enter(line.directive().text().data(), line.keyword());
    }
    ~Reading() { explained_.leave(); }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

  private:
    Explained& explained_;
};

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// The path of the block that has this keyword: an everyday one, or the one with the shortest path; nothing
/// when there is none.
std::optional<std::string_view> home_of(std::string_view keyword) {
    constexpr std::string_view kEveryday[] = {"", "global_defs", "vrrp_instance", "virtual_server"};
    std::optional<std::string_view> best;
    for (const std::string_view name : kEveryday) {
        for (const auto& [block, index] : indexes())
            if (block->name == name && index.contains(keyword)) return name;
    }
    for (const auto& [block, index] : indexes()) {
        if (!index.contains(keyword)) continue;
        if (!best || std::pair(block->name.size(), block->name) < std::pair(best->size(), *best))
            best = block->name;
    }
    return best;
}

void report_unknown(Loading& loading, const Block& block, const Line& line) {
    const std::string_view keyword = line.keyword();
    Diagnostic diagnostic = loading.document.report(
        Severity::error, ReportClass::unknown_keyword, line.directive(), 0,
        block.name.empty() ? fmt::format("unknown keyword {}", keyword)
                           : fmt::format("unknown keyword {} in {}", keyword, block.name));
    if (loading.diagnostics.dropped() != 0) {
        // Comparing with every keyword takes its time; what is not shown needs no suggestion.
    } else if (keyword.starts_with(kByteOrderMark)) {
        diagnostic.message = "the file begins with a byte order mark, which becomes part of its first word";
        diagnostic.advice = "save the file as UTF-8 without byte order mark";
        diagnostic.source_line = diagnostic.source_line.substr(kByteOrderMark.size());
        diagnostic.span.length -= static_cast<uint32_t>(kByteOrderMark.size());
        loading.explained.failed(keyword.substr(kByteOrderMark.size()));
    } else if (const std::string_view near = closest(block, keyword); !near.empty()) {
        diagnostic.suggestion = near;
        loading.explained.failed(near);
    } else if (const auto home = home_of(keyword)) {
        diagnostic.advice = home->empty() ? fmt::format("{} stands outside every block", keyword)
                                          : fmt::format("{} belongs into a {} block", keyword, *home);
    }
    loading.add(std::move(diagnostic));
}

// Several directives written on one line are one directive with words that mean nothing. keepalived does not
// say so, only what the block then lacks; here one report says it when such a word is itself a keyword of the
// block, and shows how the lines should be. What follows from it counts, but is not shown.
void report_flattened(Loading& loading, const Block& block, const Row& row, const Line& line) {
    if (row.raw || row.words == kAnyWords) return;
    size_t lost = static_cast<size_t>(row.words) + 1;
    while (lost < line.size() && find(block, line.word(lost)) == nullptr) ++lost;
    if (lost >= line.size()) return;
    Diagnostic diagnostic = loading.document.report(
        Severity::warning, ReportClass::notice, line.directive(), lost,
        fmt::format("several directives stand on one line: only {} is read, {} and what follows are lost",
                    line.keyword(), line.word(lost)));
    // The whole block is shown when it is all on this line.
    const auto& frames = loading.explained.frames();
    const std::optional<Directive>& outermost = loading.outermost;
    const bool whole = outermost && outermost->position().line == diagnostic.span.position.line &&
                       outermost->position().file == diagnostic.span.position.file;
    diagnostic.advice = "write one directive per line:\n" +
                        (whole ? unfold(root_block(), *outermost) : unfold(block, line.directive()));
    loading.add_garbled(std::move(diagnostic));
    for (const Explained::Frame& frame : frames) loading.explained.damage(frame.begin);
    loading.explained.garble(whole ? outermost->text().data() : line.directive().text().data());
}

void read_list(Loading& loading, const Block& block, void* target, const DirectiveRange& entries) {
    for (const Directive directive : entries) {
        if (loading.stopped()) return;
        const Line line(loading, directive);
        const Reading reading(loading, line);
        if (line.size() != 0) block.entry(loading, target, line);
    }
}

void read_row(Loading& loading, const Block& block, const Found& found, void* target, const Line& line) {
    const Row& row = *found.row;
    const Directive& directive = line.directive();
    const Reading reading(loading, line);
    report_alias(loading, line, row, found.alias);

    if (row.block == nullptr) {
        // The language reader accepts a backslash before a quote for the readers of scripts; here it is a
        // lone quote.
        if (!row.raw && directive.unmatched_quote() && directive.text().find('\\') != std::string_view::npos)
            loading.report(ReportClass::quote, line, kWholeLine, "a double quote has no partner");
        row.apply(loading, target, row, line);
        if (loading.stopped()) return;
        report_flattened(loading, block, row, line);
        if (directive.has_block()) {
            loading.report(ReportClass::brace, line, kWholeLine,
                           fmt::format("{} does not open a block", row.facts.name));
            read_block(loading, block, target, directive.children());
        }
        return;
    }

    const bool is_list = row.block->entry != nullptr;
    if (!directive.has_block()) {  // The reader reports a missing brace that it has put in itself.
        std::string message = fmt::format("{} needs an opening brace", row.facts.name);
        if (is_list)
            loading.remark(line, 0, std::move(message));
        else
            loading.report(ReportClass::brace, line, 0, std::move(message));
    }
    void* child = row.enter(loading, target, row, line);
    if (child == nullptr || loading.stopped()) return;
    if (is_list)
        read_list(loading, *row.block, child, directive.children());
    else
        read_block(loading, *row.block, child, directive.children());
    if (!loading.stopped() && row.leave != nullptr) row.leave(loading, target, child, line);
}

bool part_runs(const LoadOptions& options, Part part) {
    switch (part) {
        case Part::all:
            return true;
        case Part::vrrp:
            return options.vrrp;
        case Part::checkers:
            return options.checkers;
        case Part::bfd:
            return options.bfd;
    }
    return true;
}

}  // namespace

const Row* find(const Block& block, std::string_view name, Alias* alias) {
    const Index& index = indexes().at(&block);
    const auto found = index.find(name);
    if (found == index.end()) return nullptr;
    if (alias != nullptr) *alias = found->second.alias;
    return found->second.row;
}

std::string_view closest(const Block& block, std::string_view name) {
    std::vector<std::string_view> names;
    names.reserve(block.rows.size() + block.options.size());
    for (const Row& row : block.rows) names.push_back(row.facts.name);
    for (const Option& option : block.options) names.push_back(option.name);
    return nearest(name, names).value_or(std::string_view{});
}

LanguageOptions::Standing standing(std::string_view parent, std::string_view keyword) {
    using Standing = LanguageOptions::Standing;
    // Asked for every directive of a file whose braces do not match. A handful of names (group, interfaces,
    // url) exist under several parents; any of them will do.
    static const auto blocks = [] {
        std::unordered_map<std::string_view, std::vector<const Index*>> by_name;
        for (const auto& [block, index] : indexes()) {
            const size_t slash = block->name.rfind('/');
            by_name[slash == std::string_view::npos ? block->name : block->name.substr(slash + 1)].push_back(
                &index);
        }
        return by_name;
    }();
    const auto named = blocks.find(parent);
    if (named == blocks.end()) return Standing::unknown;
    Standing best = Standing::unknown;
    for (const Index* index : named->second) {
        const auto found = index->find(keyword);
        if (found == index->end()) continue;
        if (found->second.row->block != nullptr) return Standing::block;
        best = Standing::value;
    }
    return best;
}

bool expects_block(std::string_view parent, std::string_view keyword) {
    return standing(parent, keyword) == LanguageOptions::Standing::block;
}

void read_block(Loading& loading, const Block& block, void* target, const DirectiveRange& directives) {
    const Index& index = indexes().at(&block);
    for (const Directive directive : directives) {
        if (loading.stopped()) return;
        const Line line(loading, directive);
        if (line.size() == 0) {
            loading.report(ReportClass::brace, line, kWholeLine, "a brace without a keyword");
            continue;
        }
        const auto found = index.find(line.keyword());
        if (found == index.end())
            report_unknown(loading, block, line);
        else
            read_row(loading, block, found->second, target, line);
    }
}

/// Directives that need not be given back.
constexpr uint32_t kForgetAtLeast = 2048;

void read_root(Loading& loading) {
    const Block& root = root_block();
    const Index& index = indexes().at(&root);
    for (const bool early : {true, false}) {
        std::optional<Directive> used_up;  // The first of those that are.
        uint32_t kept_from = 0;            // The first that was not given back.
        for (const Directive directive : loading.document.directives()) {
            if (loading.stopped()) return;
            // Pools of servers are what makes a file large, and hardly anything looks back into them.
            // Always from the first of them, so that no piece of storage stays because two steps share it.
            if (used_up && loading.files != nullptr && directive.index() - kept_from >= kForgetAtLeast) {
                loading.document.forget(*used_up, directive, *loading.files);
                kept_from = directive.index();
            }
            const auto found = index.find(directive.keyword());
            loading.outermost = directive;
            if (early || found == index.end() || found->second.row->part != Part::checkers)
                used_up.reset();
            else if (!used_up)
                kept_from = used_up.emplace(directive).index();
            if (found != index.end() && found->second.row->early == early) {
                if (part_runs(loading.options, found->second.row->part))
                    read_row(loading, root, found->second, &loading.draft, Line(loading, directive));
            } else if (found == index.end() && !early) {
                const Line line(loading, directive);
                if (line.size() == 0)
                    loading.report(ReportClass::brace, line, kWholeLine, "a brace without a keyword");
                else
                    report_unknown(loading, root, line);
            }
        }
    }
}

void show_rows(const Block& block, const void* target, Writer& writer) {
    for (const Row& row : block.rows)
        if (row.show != nullptr) row.show(target, row, writer);
}

}  // namespace holdfast::config
