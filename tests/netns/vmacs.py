"""Words for tests about VMACs: what links, addresses, knobs and frames there are."""

import contextlib
import json
import socket
import threading

from lab import netlink
from routers import instance

MAC4 = "00:00:5e:00:01:33"
MAC6 = "00:00:5e:00:02:33"
VIP6 = ("fe80::51", "fd00::100/64")


def link(node, name):
    """What `ip -d link` says of an interface; None without it."""
    found = json.loads(node.run(["ip", "-d", "-j", "link", "show"]) or "[]")
    return next((one for one in found if one["ifname"] == name), None)


def vmacs(node):
    """The names of all macvlans."""
    found = json.loads(node.run(["ip", "-d", "-j", "link", "show"]) or "[]")
    return sorted(one["ifname"] for one in found if one.get("linkinfo", {}).get("info_kind") == "macvlan")


def addresses_on(node, name):
    found = json.loads(node.run(["ip", "-j", "addr", "show", "dev", name], check=False) or "[]")
    return [f"{a['local']}/{a['prefixlen']}" for one in found for a in one.get("addr_info", [])]


def knob(node, path):
    return node.run(["cat", f"/proc/sys/net/{path}"]).strip()


def vmac_instance(priority=100, *, extra="", **others):
    return instance(priority, extra="use_vmac\n    " + extra, **others)


def six(priority=100, *, extra="", **others):
    return instance(priority, addresses=VIP6, extra="use_vmac\n    " + extra, **others)


@contextlib.contextmanager
def frames_of(node):
    """All frames that come in at a node's eth0, as bytes."""
    with netlink.entered(node.namespace):
        listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        listener.bind(("eth0", 0))
    seen, done = [], threading.Event()

    def listen():
        listener.settimeout(0.05)
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                seen.append(listener.recv(2048))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
        listener.close()


def source_macs(frames, is_it, among=None):
    found = {":".join(f"{byte:02x}" for byte in frame[6:12]) for frame in frames if is_it(frame)}
    return found & among if among else found


def is_advert4(frame):
    return frame[12:14] == b"\x08\x00" and frame[23] == 112


def is_advert6(frame):
    return frame[12:14] == b"\x86\xdd" and frame[20] == 112


def is_igmp(frame):
    return frame[12:14] == b"\x08\x00" and frame[23] == 2


def is_mld_or_solicitation(frame):
    """MLDv2 reports (behind a hop-by-hop header) and router solicitations."""
    if frame[12:14] != b"\x86\xdd":
        return False
    return (frame[20] == 0 and frame[54] == 58 and frame[62] == 143) or (frame[20] == 58 and frame[54] == 133)
