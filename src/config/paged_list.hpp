// Many large values that stay where they are, in pieces that go back to the system one by one: what is made
// of them then takes the room they leave. Freed to the allocator they would stay resident, between the
// strings and lists that live on.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace holdfast::config {

/// Going through the list gives pointers to the values.
template <class T>
class PagedList {
  public:
    PagedList() = default;
    PagedList(PagedList&& other) noexcept
        : pieces_(std::move(other.pieces_)), size_(std::exchange(other.size_, 0)) {}
    PagedList& operator=(PagedList&& other) noexcept {
        std::swap(pieces_, other.pieces_);
        std::swap(size_, other.size_);
        return *this;
    }
    PagedList(const PagedList&) = delete;
    PagedList& operator=(const PagedList&) = delete;
    ~PagedList() {
        hand_over([](T&) {});
    }

    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    T& emplace_back() {
        if (size_ % kPerPiece == 0) pieces_.push_back(map_piece());
        T* value = std::construct_at(place(size_));
        ++size_;
        return *value;
    }

    /// Gives each value to `take` and destroys it; the list is empty then.
    template <class Take>
    void hand_over(Take&& take) {
        const size_t count = std::exchange(size_, 0);
        for (size_t i = 0; i < count; ++i) {
            T* value = place(i);
            take(*value);
            std::destroy_at(value);
            if ((i + 1) % kPerPiece == 0) pieces_[i / kPerPiece].reset();
        }
        pieces_.clear();
    }

    template <class Value>
    class Iterator {
      public:
        Iterator(const PagedList& list, size_t index) : list_(&list), index_(index) {}
        Value* operator*() const { return list_->place(index_); }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        bool operator==(const Iterator& other) const { return index_ == other.index_; }

      private:
        const PagedList* list_;
        size_t index_;
    };
    Iterator<T> begin() { return {*this, 0}; }
    Iterator<T> end() { return {*this, size_}; }
    Iterator<const T> begin() const { return {*this, 0}; }
    Iterator<const T> end() const { return {*this, size_}; }

  private:
    static constexpr size_t kPieceBytes = size_t{64} * 1024;
    static constexpr size_t kPerPiece = kPieceBytes / sizeof(T);
    static_assert(kPerPiece > 0);

    struct Unmap {
        void operator()(void* piece) const { ::munmap(piece, kPieceBytes); }
    };
    using Piece = std::unique_ptr<void, Unmap>;

    static Piece map_piece() {
        void* piece =
            ::mmap(nullptr, kPieceBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (piece == MAP_FAILED) throw std::bad_alloc();
        return Piece(piece);
    }
    T* place(size_t index) const {
        return static_cast<T*>(pieces_[index / kPerPiece].get()) + index % kPerPiece;
    }

    std::vector<Piece> pieces_;
    size_t size_ = 0;
};

}  // namespace holdfast::config
