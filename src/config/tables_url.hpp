// The block that describes one request of HTTP_GET and SSL_GET. Internal to config/.
#pragma once

#include "tables.hpp"

namespace holdfast::config {

extern const Block kUrl;
extern const Block kTlsUrl;

UrlDraft* open_url(Loading& loading, CheckerDraft&, const Line&);
void close_url(Loading& loading, CheckerDraft& checker, UrlDraft& url, const Line& line);

}  // namespace holdfast::config
