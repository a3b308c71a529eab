// Values that never change and have several holders: the settings of a generation, which its instances, their
// machines and the reconcilers all look at. One copy serves all of them, and none outlives its use.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace holdfast {

/// A pointer to a constant T, never null, that keeps alive what the T is a part of. A plain T becomes one of
/// its own, so that whoever takes a Shared<T> can be given a T.
template <class T>
class Shared {
  public:
    using value_type = T;

    Shared()
        requires std::default_initializable<T>
        : Shared(T{}) {}
    template <class U>
        requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, Shared>)
    Shared(U&& value) : value_(std::make_shared<const T>(std::forward<U>(value))) {}

    /// `value` is not null.
    static Shared of(std::shared_ptr<const T> value) { return Shared(std::move(value)); }

    /// Something that belongs to the value: a member, or what one of its lists holds.
    template <class Part>
    Shared<Part> part(const Part& part) const {
        return Shared<Part>(std::shared_ptr<const Part>(value_, &part));
    }

    /// All that one of its lists holds.
    template <class List>
    std::vector<Shared<typename List::value_type>> parts(const List& list) const {
        std::vector<Shared<typename List::value_type>> parts;
        parts.reserve(list.size());
        for (const auto& each : list) parts.push_back(part(each));
        return parts;
    }

    const T& operator*() const { return *value_; }
    const T* operator->() const { return value_.get(); }
    operator const T&() const { return *value_; }

    friend bool operator==(const Shared& a, const Shared& b) {
        return a.value_ == b.value_ || *a.value_ == *b.value_;
    }

  private:
    template <class Whole>
    friend class Shared;
    explicit Shared(std::shared_ptr<const T> value) : value_(std::move(value)) {}

    std::shared_ptr<const T> value_;
};

}  // namespace holdfast
