// What other programs read: docs/keywords.json for editors, and the dictionary of the fuzz targets.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "generators.hpp"

namespace holdfast::keywords {
namespace {

using nlohmann::ordered_json;

std::string_view word_of(config::Importance importance) {
    switch (importance) {
        case config::Importance::everyday:
            return "everyday";
        case config::Importance::common:
            return "common";
        case config::Importance::rare:
            return "rare";
    }
    return "";
}

std::string_view word_of(config::Repeat repeat) {
    switch (repeat) {
        case config::Repeat::last_wins:
            return "last_wins";
        case config::Repeat::replaces:
            return "replaces";
        case config::Repeat::once:
            return "once";
        case config::Repeat::adds_up:
            return "adds_up";
    }
    return "";
}

ordered_json describe(const config::Row& row, const std::string& path) {
    ordered_json aliases = ordered_json::array();
    for (const config::Alias& alias : row.aliases)
        if (!alias.name.empty()) aliases.push_back(alias.name);
    const bool is_list = row.block != nullptr && row.block->entry != nullptr;
    ordered_json json;
    json["path"] = path;
    json["kind"] = row.block == nullptr ? "value" : is_list ? "list" : "block";
    json["aliases"] = aliases;
    json["syntax"] = row.facts.syntax;
    json["default"] = row.facts.fallback;
    json["summary"] = row.facts.summary;
    json["use"] = word_of(row.facts.importance);
    json["repeat"] = word_of(row.facts.repeat);
    json["reload"] = row.facts.reload == config::Reload::live ? "live" : "restart";
    json["since"] = row.facts.since;
    json["obsolete"] = row.facts.obsolete;
    json["example"] = row.facts.example;
    if (row.block != nullptr) json["inside"] = row.block->inside;
    if (is_list) json["entry"] = row.block->entry_syntax;
    return json;
}

ordered_json describe(const config::Option& option, const std::string& path) {
    ordered_json aliases = ordered_json::array();
    for (const std::string_view alias : option.aliases)
        if (!alias.empty()) aliases.push_back(alias);
    ordered_json json;
    json["path"] = path + "/" + std::string(option.name);
    json["kind"] = "word";
    json["aliases"] = aliases;
    json["syntax"] = option.syntax;
    json["summary"] = option.summary;
    json["use"] = word_of(option.importance);
    json["obsolete"] = option.obsolete;
    json["example"] = option.example;
    return json;
}

void add(const config::Block& block, const std::string& prefix, std::string& out) {
    const auto line = [&out](const ordered_json& json) {
        out += (out.empty() ? "    " : ",\n    ") + json.dump();
    };
    for (const config::Row& row : block.rows) {
        const std::string path = prefix + std::string(row.facts.name);
        line(describe(row, path));
        if (row.block == nullptr) continue;
        add(*row.block, path + "/", out);
        for (const config::Option& option : row.block->options) line(describe(option, path));
    }
}

void add_words(const config::Block& block, std::set<std::string>& words) {
    for (const config::Row& row : block.rows) {
        words.emplace(row.facts.name);
        for (const config::Alias& alias : row.aliases)
            if (!alias.name.empty()) words.emplace(alias.name);
        const std::string_view example = row.facts.example;
        if (const size_t blank = example.find(' '); blank != std::string_view::npos && row.block == nullptr)
            words.emplace(example.substr(blank + 1));
        if (row.block == nullptr) continue;
        words.insert(std::string(example) + "\n" + std::string(row.block->inside) + "\n}\n");
        for (const config::Option& option : row.block->options) {
            words.emplace(option.name);
            for (const std::string_view alias : option.aliases)
                if (!alias.empty()) words.emplace(alias);
            if (!option.example.empty()) words.emplace(option.example);
        }
        add_words(*row.block, words);
    }
}

/// A string of libFuzzer's dictionaries.
std::string libfuzzer_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (c < ' ' || c == 127)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out + "\"";
}

// What belongs to the language and not to a keyword.
constexpr std::string_view kLanguage[] = {
    "include ", "includea ", "includem ", "includew ", "includeb ", "includer ", "\n=== a.conf\n",
    "\n=== d/b.conf\n", "a.conf", "d/*.conf", "{a,b}.conf", "main.conf", "@one ", "@^one ", "$x=", "${x}",
    "$x ", "$y=", "${y}", " \\\n", "\\#", "\\!", "\\\"", "${_PWD}", "${_INSTANCE}", "${_RANDOM 3 5}",
    "${_ENV HOME}", "${_HASH}", "${_BANG}", "~SEQ(n, 1, 3) ", "~SEQ(n, -2) ", "~SEQx(n, 8, 0x12) ",
    "~LST(v, a, b) ", "~LST({A,B}, {1,2}, {3}) ", "$n", "${n}", "}\n", "} ", "{", "{\n", "\"\"", "\r\n",
    std::string_view("\0", 1),
    // Values that are at the edge somewhere.
    "-1", "0", "255", "256", "65535", "65536", "4294967295", "4294967296", "0.000001", "99999999999999999999",
    "0x7f", "on", "off", "reverse", "weight ", "2001:db8::1/64", "224.0.0.18", "ff02::12"};

}  // namespace

std::string keyword_json() {
    std::string lines;
    add(config::root_block(), "", lines);
    return "{\n  \"$schema\": \"keywords.schema.json\",\n  \"compatible_with\": \"keepalived 2.4.3\",\n  "
           "\"keywords\": [\n" +
           lines + "\n  ]\n}\n";
}

std::string dictionary() {
    std::string out =
        "# Written by `./dev generate`: the language, then every keyword, list word and example value.\n";
    for (const std::string_view word : kLanguage) out += libfuzzer_string(word) + '\n';
    std::set<std::string> words;
    add_words(config::root_block(), words);
    for (const std::string& word : words) out += libfuzzer_string(word) + '\n';
    return out;
}

}  // namespace holdfast::keywords
