// SSL: the client certificate of all SSL_GET.
#include "tables_virtual_server.hpp"

namespace holdfast::config {
namespace {

TlsDraft* open_tls(Loading& loading, Draft& draft, const Line& line) {
    if (draft.config.tls) loading.error(line, 0, "SSL was given before; this one replaces it");
    loading.tls_workbench = {};
    return &loading.tls_workbench;
}

void close_tls(Loading&, Draft& draft, TlsDraft& tls, const Line&) {
    draft.config.tls = std::move(tls.value);
}

using TL = TlsSettings;
// clang-format off: one row, one line
const Row kTlsRows[] = {
    keyword<Field<&TlsDraft::value, &TL::password>, SoftWord{}>({"password", "STRING", "none", "Pass phrase of the key file.", rare, replaces}).example("password secret"),
    keyword<Field<&TlsDraft::value, &TL::ca>, SoftWord{}>({"ca", "PATH", "none", "Certificate authorities.", common, replaces}).example("ca /etc/ssl/certs/ca-certificates.crt"),
    keyword<Field<&TlsDraft::value, &TL::certificate>, SoftWord{}>({"certificate", "PATH", "none", "Client certificate.", common, replaces}).example("certificate /etc/ssl/client.pem"),
    keyword<Field<&TlsDraft::value, &TL::key>, SoftWord{}>({"key", "PATH", "none", "Its private key.", common, replaces}).example("key /etc/ssl/client.key"),
};
// clang-format on

void show_tls(const Draft& draft, const Row& row, Writer& writer) {
    if (!draft.config.tls) return;
    const TlsDraft tls{*draft.config.tls};
    writer.open(row.facts.name);
    show_rows(kTls, &tls, writer);
    writer.close();
}

}  // namespace

const Block kTls = Block{"SSL", kTlsRows}.around("ca /etc/ssl/certs/ca-certificates.crt");

// clang-format off: one row, one line
constinit const Row kTlsRootRow = block<Draft, TlsDraft, open_tls, close_tls, show_tls>({"SSL", "{ ... }", "", "Client certificate of SSL_GET.", common, replaces}, kTls).of(Part::checkers).example("SSL {", kNothingWrong);
// clang-format on

}  // namespace holdfast::config
