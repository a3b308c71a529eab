// Values that are usually absent. A configuration may hold a hundred thousand real servers of which three
// have a script or a host name of their own; what they do not have must cost them a pointer, not its full
// size.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace holdfast {

/// std::optional<T> in the size of a pointer; the value, when there is one, lives on the heap. Copies are
/// deep.
template <class T>
class Rare {
  public:
    using value_type = T;

    Rare() = default;
    Rare(std::nullopt_t) {}
    template <class U>
        requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Rare> &&
                 !std::is_same_v<std::remove_cvref_t<U>, std::optional<T>> &&
                 !std::is_same_v<std::remove_cvref_t<U>, std::nullopt_t>)
    Rare(U&& value) : value_(std::make_unique<T>(std::forward<U>(value))) {}
    Rare(std::optional<T> value) {
        if (value) value_ = std::make_unique<T>(std::move(*value));
    }
    Rare(const Rare& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    Rare(Rare&&) noexcept = default;
    Rare& operator=(const Rare& other) {
        if (this != &other) value_ = other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
        return *this;
    }
    Rare& operator=(Rare&&) noexcept = default;
    ~Rare() = default;

    bool has_value() const { return value_ != nullptr; }
    explicit operator bool() const { return has_value(); }
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return value_.get(); }
    const T* operator->() const { return value_.get(); }
    T& value() { return *value_; }
    const T& value() const { return *value_; }
    template <class... Arguments>
    T& emplace(Arguments&&... arguments) {
        value_ = std::make_unique<T>(std::forward<Arguments>(arguments)...);
        return *value_;
    }
    void reset() { value_.reset(); }

    friend bool operator==(const Rare& a, const Rare& b) {
        return a.has_value() == b.has_value() && (!a.has_value() || *a == *b);
    }
    friend bool operator==(const Rare& a, std::nullopt_t) { return !a.has_value(); }

  private:
    std::unique_ptr<T> value_;
};

/// A std::vector in the size of a pointer, for a list that is usually empty. Reads as a vector.
template <class T>
class RareList {
  public:
    using value_type = T;
    using iterator = typename std::vector<T>::iterator;
    using const_iterator = typename std::vector<T>::const_iterator;

    RareList() = default;
    RareList(std::initializer_list<T> values) {
        if (values.size() > 0) list_.emplace(values);
    }

    const std::vector<T>& list() const {
        static const std::vector<T> kEmpty;
        return list_ ? *list_ : kEmpty;
    }
    operator const std::vector<T>&() const { return list(); }
    bool empty() const { return !list_ || list_->empty(); }
    size_t size() const { return list().size(); }
    const_iterator begin() const { return list().begin(); }
    const_iterator end() const { return list().end(); }
    const T& operator[](size_t index) const { return list()[index]; }
    const T& at(size_t index) const { return list().at(index); }

    /// To change what is there; nothing is made for an empty list.
    iterator begin() { return list_ ? list_->begin() : iterator(); }
    iterator end() { return list_ ? list_->end() : iterator(); }
    void push_back(T value) { made().push_back(std::move(value)); }
    template <class... Arguments>
    T& emplace_back(Arguments&&... arguments) {
        return made().emplace_back(std::forward<Arguments>(arguments)...);
    }
    template <class Is>
    void erase_if(const Is& is_it) {
        if (list_) std::erase_if(*list_, is_it);
        if (empty()) list_.reset();
    }

    friend bool operator==(const RareList& a, const RareList& b) { return a.list() == b.list(); }

  private:
    std::vector<T>& made() { return list_ ? *list_ : list_.emplace(); }
    Rare<std::vector<T>> list_;
};

/// A std::string in the size of a pointer, for a field that is usually empty. Reads as a string.
class RareText {
  public:
    RareText() = default;
    template <class Text>
        requires(std::is_convertible_v<const Text&, std::string_view> &&
                 !std::is_same_v<std::remove_cvref_t<Text>, RareText>)
    RareText(const Text& text) {
        assign(text);
    }
    template <class Text>
        requires(std::is_convertible_v<const Text&, std::string_view> &&
                 !std::is_same_v<std::remove_cvref_t<Text>, RareText>)
    RareText& operator=(const Text& text) {
        assign(text);
        return *this;
    }

    const std::string& string() const {
        static const std::string kEmpty;
        return text_ ? *text_ : kEmpty;
    }
    operator const std::string&() const { return string(); }
    operator std::string_view() const { return string(); }
    bool empty() const { return !text_; }
    size_t size() const { return string().size(); }
    const char* c_str() const { return string().c_str(); }
    void clear() { text_.reset(); }

    friend bool operator==(const RareText& a, const RareText& b) { return a.string() == b.string(); }
    template <class Text>
        requires(std::is_convertible_v<const Text&, std::string_view> &&
                 !std::is_same_v<std::remove_cvref_t<Text>, RareText>)
    friend bool operator==(const RareText& a, const Text& b) {
        return a.string() == std::string_view(b);
    }
    friend std::string operator+(const std::string& a, const RareText& b) { return a + b.string(); }
    friend std::string operator+(const RareText& a, const std::string& b) { return a.string() + b; }

  private:
    void assign(std::string_view text) {
        // Through a temporary: `text` may be our own.
        text_ = text.empty() ? Rare<std::string>() : Rare<std::string>(std::string(text));
    }
    Rare<std::string> text_;
};

}  // namespace holdfast
