// The state of one load: the draft being filled, the questions already asked, and how to complain. Internal
// to config/.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "drafts.hpp"
#include "explained.hpp"
#include "holdfast/config/codec.hpp"
#include "holdfast/config/environment.hpp"
#include "holdfast/config/keyword.hpp"
#include "holdfast/config/load.hpp"
#include "holdfast/config/syntax.hpp"
#include "holdfast/config/words.hpp"
#include "written.hpp"

namespace holdfast::config {

inline constexpr size_t kWholeLine = static_cast<size_t>(-1);

/// What check_script() found out about a command, as far as it matters here.
struct ScriptVerdict {
    bool usable = false;     ///< Found and executable by its user, and allowed by enable_script_security.
    bool is_script = false;  ///< A program or script exists (usable or not): what SECURITY VIOLATION counts.
    bool insecure = false;   ///< Others than root can change it, and root would run it.
    /// Why it is not usable, empty when it is; check_script() has made a remark of it.
    std::string problem{};
    /// The kind of problem keepalived also reports for a vrrp_script: missing, or refused for security.
    bool serious = false;
};

/// Where a script is named: a keyword of a block, or of global_defs when the block has no place.
struct ScriptPlace {
    Place block{};
    std::string_view keyword;
    Place find(Loading& loading) const;
};

/// What a report may say besides its text; as in Diagnostic.
struct Hints {
    std::string suggestion{};
    std::optional<Note> note{};
    std::string advice{};
};

class Loading {
  public:
    Loading(const LoadOptions& load_options, const Environment& outside, const Document& text,
            Diagnostics& reports)
        : options(load_options),
          environment(outside),
          document(text),
          diagnostics(reports),
          sink_(&reports),
          written_(text) {}

    const LoadOptions& options;
    const Environment& environment;
    const Document& document;
    Diagnostics& diagnostics;
    Draft draft;
    std::vector<std::string> left_out;  ///< As LoadResult has it.
    // Blocks that are collected here and moved into the draft when they end well.
    FileDraft file_workbench;
    ProcessDraft process_workbench;
    TrackGroupDraft group_workbench;
    BfdDraft bfd_workbench;
    GarpGroupDraft garp_workbench;
    CheckerDraft checker_workbench;
    UrlDraft url_workbench;
    ConnectDraft host_workbench;
    RealServerDraft real_server_workbench;
    check::VirtualServerGroup server_group_workbench;
    TlsDraft tls_workbench;
    /// Not null: text that has been read for good need not stay in memory, this can read it again.
    const FileReader* files = nullptr;
    /// What each track_* list holds so far.
    std::set<std::pair<const void*, std::string>> tracked;

    // Complaints. After stop() nothing is added any more: what follows is consequence.
    void report(ReportClass report_class, const Line& line, size_t word, std::string message);
    void report(ReportClass report_class, Place place, std::string message, Hints hints = {});
    void add(Diagnostic diagnostic);
    /// A consequence of what was reported before: hidden, but it counts for the exit status.
    void hide(ReportClass report_class, Severity severity);
    /// What an object lacks is no news when one of these keywords went wrong in its block.
    bool is_explained(Place place, std::initializer_list<std::string_view> keywords) const {
        return explained.has_failed(place.begin, keywords);
    }
    /// The report that says that a line holds several directives; its consequences are hidden behind it.
    void add_garbled(Diagnostic diagnostic);
    Explained explained;
    /// The directive outside every block that is being read.
    std::optional<Directive> outermost;
    /// Where a keyword of a block stands, for a report about it; the place of the block when it is not found.
    Place place_of(Place block, std::string_view keyword, uint32_t word = Place::kNone) {
        return shown(block) ? written_.keyword(block, keyword, word) : block;
    }
    /// Where an entry of one of the block's lists stands; no place when it is not found.
    Place place_of_entry(Place block, std::string_view list, const std::function<bool(const Words&)>& is) {
        return shown(block) ? written_.entry(block, list, is) : Place{};
    }
    /// Where a keyword of global_defs stands; no place when it is not found.
    Place global_place(std::string_view keyword, uint32_t word = Place::kNone) {
        return shown() ? written_.outside("global_defs", keyword, word) : Place{};
    }
    /// Reports are kept, so that it is worth looking for what they need.
    bool shown() const { return !stopped_ && sink_->dropped() == 0; }
    /// And reports about this block are no consequence of others.
    bool shown(Place block) const { return shown() && !explained.is_consequence(block.begin); }
    /// A report about a place, not added yet.
    Diagnostic diagnostic(Severity severity, ReportClass report_class, Place place,
                          std::string message) const;
    /// Where reports go from now on; returns where they went before.
    Diagnostics* redirect(Diagnostics* sink) { return std::exchange(sink_, sink); }
    void error(const Line& line, size_t word, std::string message) {
        report(ReportClass::general, line, word, std::move(message));
    }
    void error(Place place, std::string message, Hints hints = {}) {
        report(ReportClass::general, place, std::move(message), std::move(hints));
    }
    /// Two wishes do not go together and one was settled: reported as any error (`-t` exits 5), but
    /// everything works, so it does not keep a reload from going live.
    void corrected(Place place, std::string message, Hints hints = {});
    /// "`message`" with a place; nothing when there is none.
    std::optional<Note> note(Place place, std::string message) const {
        if (place.begin == nullptr) return std::nullopt;
        return document.note(place.text(), std::move(message));
    }
    void remark(const Line& line, size_t word, std::string message) {
        report(ReportClass::remark, line, word, std::move(message));
    }
    void remark(Place place, std::string message) { report(ReportClass::remark, place, std::move(message)); }
    /// A required word is missing: processing ends here, in a normal start too (exit 2).
    void missing_word(const Line& line, size_t word);
    /// Something without which the VRRP part must not run; reported like an error.
    void fatal(Place place, std::string message);
    bool stopped() const { return stopped_; }
    bool fatal_found() const { return fatal_; }
    void set_fatal() { fatal_ = true; }

    /// The interface named by a word; missing ones are noted, because the VRRP part must not run with them
    /// unless dynamic_interfaces is set. False = it cannot be used; the caller reports what that means.
    bool interface_usable(std::string_view name);
    const std::optional<InterfaceFacts>& interface(std::string_view name);
    bool interface_missing() const { return interface_missing_; }

    /// USER [[:]GROUP] from words first.. of a line; nothing when one is unknown (a remark says so).
    std::optional<notify::Identity> identity(const Line& line, size_t first);
    std::optional<notify::Identity> identity(const Line& line, std::string_view user, std::string_view group);
    /// script_user, keepalived_script or the daemon's own; nothing when script security forbids the latter.
    std::optional<notify::Identity> default_identity(const Line& line);
    void set_default_identity(std::optional<notify::Identity> identity);
    /// The default identity was made before set_supplementary_groups was read.
    void add_supplementary_groups() {
        if (default_identity_) default_identity_->supplementary_groups = true;
    }

    /// Looks at the file behind a command; resolves its path.
    ScriptVerdict check_script(notify::Command& command, const ScriptPlace& place);

    std::optional<uint32_t> named_number(NameTable table, std::string_view name, uint32_t max);

  private:
    void report(Severity severity, ReportClass report_class, Place place, std::string message, Hints hints);
    Diagnostics* sink_;
    Written written_;
    std::optional<size_t> garbled_report_;
    bool stopped_ = false;
    bool fatal_ = false;
    bool interface_missing_ = false;
    bool default_identity_known_ = false;
    std::optional<notify::Identity> default_identity_;
    std::unordered_map<std::string, std::optional<InterfaceFacts>> interfaces_;
    std::unordered_map<std::string, std::optional<UserFacts>> users_;
    std::unordered_map<std::string, std::optional<uint32_t>> groups_;
    struct KnownScript {
        ScriptVerdict verdict;
        std::string program;
        std::string path;
    };
    std::unordered_map<std::string, KnownScript> scripts_;
};

/// One directive, with the rule that a missing word ends the load.
class Line {
  public:
    Line(Loading& loading, const Directive& directive)
        : loading_(&loading), directive_(directive), words_(directive.words()) {}
    size_t size() const { return words_.size(); }
    bool has(size_t index) const { return index < size(); }
    /// A word that must be there: stops the load and gives "" when it is not.
    std::string_view word(size_t index) const {
        if (has(index)) return words_[index];
        loading_->missing_word(*this, index);
        return {};
    }
    std::string_view keyword() const { return words_.at_or_empty(0); }
    const Directive& directive() const { return directive_; }
    Place place() const { return place(Place::kNone); }
    Place place(size_t word) const {
        const std::string_view text = directive_.text();
        return {text.data(), static_cast<uint32_t>(text.size()), static_cast<uint32_t>(word)};
    }

  private:
    Loading* loading_;
    Directive directive_;
    Words words_;
};

/// Reads the directives of a block into `target`.
void read_block(Loading& loading, const Block& block, void* target, const DirectiveRange& directives);
/// Reads the root in two rounds: first what everything else takes its defaults from (global_defs ...), then
/// the rest.
void read_root(Loading& loading);

// From drafts to the final Config, and what can only be judged when all is read. Each returns nothing:
// complaints go to `loading`, results into its draft's config.
void resolve_globals(Loading& loading);
void resolve_checkers(Loading& loading);
/// At the end of its block: what does not depend on later blocks is settled at once, so that a large file
/// needs no room for all its drafts. The reports stay with the draft until resolve_checkers().
void settle_early(Loading& loading, VirtualServerDraft& server);
void resolve_vrrp(Loading& loading);

// Words shared by several tables.
std::string join(const Line& line, size_t first);

}  // namespace holdfast::config
