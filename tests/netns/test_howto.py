"""Old how-to files as they stand: accepted with the reference's meaning or its warning."""

import pytest
from lab import wait_until
from routers import VIP, instance, master_down_interval

HOW_TO = """! Configuration File for keepalived

global_defs {
   notification_email {
     acassen@firewall.loc
     failover@firewall.loc
     sysadmin@firewall.loc
   }
   notification_email_from Alexandre.Cassen@firewall.loc
   smtp_server 192.168.200.1
   smtp_connect_timeout 30
   router_id LVS_DEVEL
   vrrp_skip_check_adv_addr
   vrrp_strict
   vrrp_garp_interval 0
   vrrp_gna_interval 0
}

vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority %d
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        10.1.0.100/24
    }
}
"""


def test_the_sample_file_that_distributions_installed_elects_a_master(routers):
    first = routers.start(routers.first, HOW_TO % 100)
    second = routers.start(routers.second, HOW_TO % 90)
    routers.wait_for_holder(routers.first, timeout=10)
    second.wait_for_state("BACKUP", timeout=10)
    advert = routers.capture.last_advert("first")
    # Strict: RFC 3768 knows no password any more.
    assert (advert.version, advert.auth_type) == (2, 0)
    assert first.running and second.running


def test_vrrp_strict_with_version_3(routers):
    strict = "global_defs {\n vrrp_strict\n vrrp_version 3\n}\n"
    routers.start(routers.first, strict + instance(150))
    second = routers.start(routers.second, strict + instance(100))
    routers.wait_for_holder(routers.first)
    second.wait_for_state("BACKUP")


def test_vrrp_iptables_is_accepted(ours):
    daemon = ours.start(ours.first, "global_defs {\n vrrp_iptables\n}\n" + instance(100))
    daemon.wait_for_state("MASTER")
    assert daemon.stop() == 0


# Debian's 2.2.7 drops adverts with another number of addresses; 2.4.3 reports and obeys them.
@pytest.mark.parametrize("routers", ["ours-ours", "keepalived-ours"], indirect=True)
def test_skip_check_adv_addr_accepts_a_peer_with_other_addresses(routers):
    relaxed = "global_defs {\n vrrp_skip_check_adv_addr\n}\n"
    routers.start(routers.first, relaxed + instance(150, addresses=[f"{VIP}/24", "10.1.0.101/24"]))
    second = routers.start(routers.second, relaxed + instance(100))
    second.wait_for_state("BACKUP")
    wait_until(lambda: routers.first.holds(VIP), 4, "the address on first")
    routers.stays_with(routers.first, 2 * master_down_interval(100))
    assert not routers.second.holds(VIP)


@pytest.mark.parametrize("routers", ["ours-ours", "keepalived-ours"], indirect=True)
def test_a_peer_with_other_addresses_is_reported_and_still_obeyed(routers):
    routers.start(routers.first, instance(150, addresses=[f"{VIP}/24", "10.1.0.101/24"]))
    routers.wait_for_holder(routers.first)
    second = routers.start(routers.second, instance(100))
    second.wait_for_log("expected 1 VIPs but received 2")
    routers.stays_with(routers.first, 2 * master_down_interval(100))
    assert second.states() == ["BACKUP"]
