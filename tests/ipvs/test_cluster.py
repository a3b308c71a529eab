"""A cluster with real traffic: the sample files, servers that come and go, a master that dies."""

import os

from cluster import CONF, VIP, real_server, servers_of, table, tcp_check, virtual_server, wait_for_table
from lab import WebServer, request, wait_until

HTTP, HTTPS = f"{VIP}:80", f"{VIP}:443"
BOTH = ["192.0.2.11:80", "192.0.2.12:80"]


def has(service, *servers):
    return lambda lines: servers_of(lines, service) == sorted(servers)


def test_the_direct_routing_cluster_of_the_sample_files(cluster):
    first, second, client = cluster.director(1), cluster.director(2), cluster.client()
    cluster.real(1, 80, 443), cluster.real(2, 80, 443)
    master = cluster.start(first, (CONF / "dr_master.conf").read_text())
    backup = cluster.start(second, (CONF / "dr_backup.conf").read_text())
    master.wait_for_state("MASTER", 8)

    # Both services, both servers, on both directors.
    for director in (first, second):
        wait_for_table(director, has(HTTP, *BOTH), 8, "both servers of port 80")
        wait_for_table(director, has(HTTPS, "192.0.2.11:443", "192.0.2.12:443"), 8, "both servers of port 443")
    assert f"-A -t {HTTP} -s wrr" in table(first)
    assert f"-a -t {HTTP} -r 192.0.2.11:80 -g -w 1" in table(first)

    # Requests through the address alternate.
    wait_until(lambda: request(client, VIP, 80), 5, "an answer")
    assert sorted(cluster.answers(client, 80)) == ["real1", "real1", "real2", "real2"]
    a, b, c, d = cluster.answers(client, 443)
    assert a == c != b == d

    # A server that stops leaves, and comes back.
    cluster.web[1].stop()
    wait_for_table(first, has(HTTP, "192.0.2.12:80"), 12, "only the second server left")
    wait_for_table(first, has(HTTPS, "192.0.2.12:443"), 12, "only the second server left")
    assert cluster.answers(client) == ["real2"] * 4
    cluster.web[1].start()
    wait_for_table(first, has(HTTP, *BOTH), 8, "both servers again")

    # The master dies: the backup serves. It returns: the address and the traffic return.
    master.kill()
    backup.wait_for_state("MASTER", 8)
    wait_until(lambda: second.holds(VIP), 2, "the address on the backup")
    wait_until(lambda: request(client, VIP, 80), 5, "an answer")
    assert sorted(cluster.answers(client)) == ["real1", "real1", "real2", "real2"]
    master.start()
    backup.wait_for_state("BACKUP", 10)
    wait_until(lambda: first.holds(VIP) and not second.holds(VIP), 3, "the address on the master alone")
    wait_for_table(first, has(HTTP, *BOTH), 8, "both servers again")
    wait_until(lambda: request(client, VIP, 80), 5, "an answer")
    assert sorted(cluster.answers(client)) == ["real1", "real1", "real2", "real2"]

    # Nothing is left by either.
    assert master.stop() == 0 and backup.stop() == 0
    assert table(first) == table(second) == []
    assert not first.holds(VIP) and not second.holds(VIP)


def dr_service(*lines, servers=None):
    return virtual_server(f"{VIP} 80", "delay_loop 1", "lb_algo rr", "lb_kind DR", "protocol TCP", *lines,
                          *(servers or [real_server("192.0.2.11", 80), real_server("192.0.2.12", 80)]))


def director_with_servers(cluster):
    director = cluster.director(1)
    cluster.real(1, 80), cluster.real(2, 80)
    return director


def test_a_sorry_server_serves_while_all_others_are_down(cluster):
    director, client = director_with_servers(cluster), cluster.client()
    director.ip(f"addr add {VIP}/24 dev eth0")
    cluster.real(3, 80)
    cluster.start(director, dr_service("sorry_server 192.0.2.13 80"), part="check")
    wait_for_table(director, has(HTTP, *BOTH), 6, "both servers")
    cluster.web[1].stop(), cluster.web[2].stop()
    wait_for_table(director, has(HTTP, "192.0.2.13:80"), 10, "the sorry server alone")
    assert request(client, VIP, 80) == "real3"
    cluster.web[2].start()
    wait_for_table(director, has(HTTP, "192.0.2.12:80"), 8, "the second server alone")
    assert request(client, VIP, 80) == "real2"


def test_the_sorry_server_serves_below_the_quorum(cluster):
    director = director_with_servers(cluster)
    up, down = (director.script(name, f"echo {name} >> {director.folder}/quorum") for name in ("up", "down"))
    daemon = cluster.start(director, "global_defs {\n script_user root\n}\n" + dr_service(
        "quorum 2", f"quorum_up {up}", f"quorum_down {down}", "sorry_server 192.0.2.13 80"), part="check")
    wait_for_table(director, has(HTTP, *BOTH), 6, "both servers")
    cluster.web[1].stop()
    wait_for_table(director, has(HTTP, "192.0.2.13:80"), 10, "the sorry server instead of one server of two")
    daemon.wait_for_log("Lost quorum 2-0=2 > 1 for VS")
    cluster.web[1].start()
    wait_for_table(director, has(HTTP, *BOTH), 8, "both servers again")
    wait_until(lambda: (director.folder / "quorum").read_text().split() == ["up", "down", "up"], 3, "the scripts")


def test_an_inhibited_server_keeps_its_entry_with_weight_0(cluster):
    director = director_with_servers(cluster)
    cluster.start(director, dr_service(servers=[real_server("192.0.2.11", 80, "weight 3", "inhibit_on_failure"),
                                                real_server("192.0.2.12", 80)]), part="check")
    up, inhibited = (f"-a -t {HTTP} -r 192.0.2.11:80 -g -w {weight}" for weight in (3, 0))
    wait_for_table(director, lambda lines: up in lines, 6, "weight 3")
    cluster.web[1].stop()
    wait_for_table(director, lambda lines: inhibited in lines, 10, "weight 0")
    cluster.web[1].start()
    wait_for_table(director, lambda lines: up in lines, 8, "weight 3 again")


def test_alpha_servers_start_down(cluster):
    director = cluster.director(1)
    cluster.real(1, 80)  # The second server does not exist.
    cluster.start(director, dr_service("alpha"), part="check")
    wait_for_table(director, has(HTTP, "192.0.2.11:80"), 6, "the living server")
    assert servers_of(table(director), HTTP) == ["192.0.2.11:80"]


def test_network_address_translation_rewrites_the_port(cluster):
    director = cluster.lab.node("director1", "192.0.2.1/24", f"{VIP}/24", "10.0.0.1/24")
    director.sysctl(ipv4__ip_forward=1, ipv4__conf__all__send_redirects=0, ipv4__conf__eth0__send_redirects=0)
    client = cluster.client()
    for number in (1, 2):
        node = cluster.lab.node(f"real{number}", f"10.0.0.1{number}/24", gateway="10.0.0.1")
        cluster.web[number] = WebServer(node, 8080)
    cluster.start(director, virtual_server(
        f"{VIP} 80", "delay_loop 1", "lb_algo rr", "lb_kind NAT", "protocol TCP",
        real_server("10.0.0.11", 8080), real_server("10.0.0.12", 8080)), part="check")
    wait_for_table(director, has(HTTP, "10.0.0.11:8080", "10.0.0.12:8080"), 6, "both servers")
    assert f"-a -t {HTTP} -r 10.0.0.11:8080 -m -w 1" in table(director)
    assert sorted(cluster.answers(client)) == ["real1", "real1", "real2", "real2"]


def test_a_firewall_mark_selects_the_service(cluster):
    director, client = director_with_servers(cluster), cluster.client()
    director.ip(f"addr add {VIP}/24 dev eth0")
    director.run(["iptables-legacy", "-t", "mangle", "-A", "PREROUTING", "-d", VIP, "-j", "MARK", "--set-mark", "7"])
    cluster.start(director, virtual_server(
        "fwmark 7", "delay_loop 1", "lb_algo rr", "lb_kind DR", "protocol TCP",
        *(real_server(f"192.0.2.1{n}", 80, tcp_check(connect_port=80), check=False) for n in (1, 2))), part="check")
    wait_for_table(director, lambda lines: "-A -f 7 -s rr" in lines and len(lines) == 3, 6, "the service of the mark")
    assert sorted(cluster.answers(client)) == ["real1", "real1", "real2", "real2"]


def test_persistence_keeps_a_client_with_its_server(cluster):
    director, client = director_with_servers(cluster), cluster.client()
    director.ip(f"addr add {VIP}/24 dev eth0")
    cluster.start(director, dr_service("persistence_timeout 50"), part="check")
    wait_for_table(director, lambda lines: f"-A -t {HTTP} -s rr -p 50" in lines and len(lines) == 3, 6, "persistence")
    assert len(set(cluster.answers(client, times=5))) == 1


def test_ipv6(cluster):
    director, client = cluster.director(1), cluster.client()
    vip = "2001:db8::100"
    director.ip(f"addr add {vip}/64 dev eth0 nodad")
    director.sysctl(ipv6__conf__all__forwarding=1)
    cluster.real(1, 80, vips=[f"{vip}/128"]), cluster.real(2, 80, vips=[f"{vip}/128"])
    cluster.start(director, virtual_server(
        f"{vip} 80", "delay_loop 1", "lb_algo rr", "lb_kind DR", "protocol TCP",
        real_server("2001:db8::11", 80), real_server("2001:db8::12", 80)), part="check")
    wait_for_table(director, has(f"[{vip}]:80", "[2001:db8::11]:80", "[2001:db8::12]:80"), 6, "both servers")
    assert all(line.split()[0] in ("-A", "-a") for line in table(director))
    # The servers hold the address on lo too; the neighbour entry says who is to be asked.
    mac = director.run(["cat", "/sys/class/net/eth0/address"]).strip()
    client.ip(f"neigh replace {vip} lladdr {mac} dev eth0 nud permanent")
    assert sorted(cluster.answers(client, address=vip)) == ["real1", "real1", "real2", "real2"]


def test_sighup_with_another_weight_edits_only_that_entry(cluster):
    director, client = director_with_servers(cluster), cluster.client()
    director.ip(f"addr add {VIP}/24 dev eth0")
    daemon = cluster.start(director, dr_service(), part="check")
    wait_for_table(director, has(HTTP, *BOTH), 6, "both servers")
    assert all(cluster.answers(client))

    daemon.configure(dr_service(servers=[real_server("192.0.2.11", 80, "weight 5"), real_server("192.0.2.12", 80)]))
    daemon.reload()
    wait_for_table(director, lambda lines: f"-a -t {HTTP} -r 192.0.2.11:80 -g -w 5" in lines, 6, "weight 5")
    assert f"-a -t {HTTP} -r 192.0.2.12:80 -g -w 1" in table(director)
    # Statistics count from the creation of an entry: they survive when it was not created anew. The kernel
    # publishes them every 2 s.
    def counted():
        lines = director.run(["ipvsadm", "-Ln", "--stats"]).splitlines()
        return [int(words[2]) for words in map(str.split, lines) if words[:1] == ["->"] and words[-1].isdigit()]

    wait_until(lambda: counted() == [2, 2], 5, "two connections counted on each", interval=0.3)


def test_sighup_adds_and_removes_services_and_servers(cluster):
    director = director_with_servers(cluster)
    daemon = cluster.start(director, dr_service(), part="check")
    wait_for_table(director, has(HTTP, *BOTH), 6, "both servers")
    other = virtual_server(f"{VIP} 81", "lb_algo rr", "lb_kind DR", "protocol TCP",
                           real_server("192.0.2.12", 81, check=False))
    daemon.configure(dr_service(servers=[real_server("192.0.2.12", 80)]) + other)
    daemon.reload()
    wait_for_table(director, lambda lines: has(HTTP, "192.0.2.12:80")(lines)
                   and has(f"{VIP}:81", "192.0.2.12:81")(lines), 6, "the new table")
    daemon.configure(other)
    daemon.reload()
    wait_for_table(director, lambda lines: len(lines) == 2, 6, "one service with one server")


def test_stopping_leaves_nothing_of_ours_and_all_of_others(cluster):
    director = director_with_servers(cluster)
    director.run(["ipvsadm", "-A", "-t", "192.0.2.200:99", "-s", "rr"])
    foreign = table(director)
    daemon = cluster.start(director, dr_service(), part="check")
    wait_for_table(director, has(HTTP, *BOTH), 6, "both servers")
    assert daemon.stop() == 0
    assert table(director) == foreign


def test_dont_release_ipvs_leaves_the_table(cluster):
    director = director_with_servers(cluster)
    daemon = cluster.start(director, dr_service(), part="check", options=["-I"])
    wait_for_table(director, has(HTTP, *BOTH), 6, "both servers")
    before = table(director)
    assert daemon.stop() == 0
    assert table(director) == before


def test_the_fifo_and_notify_scripts_tell_of_servers_and_quorum(cluster):
    director = cluster.director(1)
    cluster.real(1, 80)
    down = director.script("down", f"echo down >> {director.folder}/server")
    fifo = director.folder / "fifo"
    director.run(["mkfifo", "-m", "600", fifo])
    reader = open(fifo, "r+b", buffering=0)
    os.set_blocking(reader.fileno(), False)
    cluster.start(director, f"global_defs {{\n script_user root\n lvs_notify_fifo {fifo}\n}}\n" + dr_service(
        servers=[real_server("192.0.2.11", 80, f"notify_down {down}")]), part="check")
    text = bytearray()

    def lines():
        text.extend(reader.read() or b"")
        return bytes(text).replace(b"\0", b"").decode().splitlines()

    wait_until(lambda: f"VS [{VIP}]:tcp:80 UP" in lines(), 6, "the service is up")
    cluster.web[1].stop()
    wait_until(lambda: f"VS [{VIP}]:tcp:80 DOWN" in lines(), 10, "the service is down")
    assert lines()[-2] == f"RS [192.0.2.11]:tcp:80 [{VIP}]:tcp:80 DOWN"
    wait_until(lambda: (director.folder / "server").exists(), 3, "notify_down")
    cluster.web[1].start()
    wait_until(lambda: lines()[-2:] == [f"RS [192.0.2.11]:tcp:80 [{VIP}]:tcp:80 UP", f"VS [{VIP}]:tcp:80 UP"], 8,
               "server, then service")
    reader.close()
