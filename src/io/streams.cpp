#include "holdfast/io/streams.hpp"

namespace holdfast::io {

std::string_view to_string(StreamFailure failure) {
    switch (failure) {
        case StreamFailure::refused:
            return "refused";
        case StreamFailure::timeout:
            return "timeout";
        case StreamFailure::unreachable:
            return "unreachable";
        case StreamFailure::out_of_descriptors:
            return "out of descriptors";
        case StreamFailure::not_started:
            return "not started";
        case StreamFailure::handshake:
            return "no TLS";
        case StreamFailure::other:
            return "other";
    }
    return "";
}

std::unique_ptr<Datagrams> Streams::open_datagrams(const DatagramRequest&, DatagramHandler&) {
    return nullptr;
}

}  // namespace holdfast::io
