"""The whole daemon: virtual routers and virtual servers in one configuration."""

import signal

from .events import SORRY, noted
from .scenario import PAIR, VIP, block, down, globals_, notes, reload, scenario, service, step, told, unchecked, up
from .sequences import group
from .tables import plain

LINK = ("link set eth0 multicast on arp on",)


def instance(name="VI_1", vrid=33, *lines, priority=100, address=VIP):
    return block(f"vrrp_instance {name}", "interface eth0", f"virtual_router_id {vrid}", f"priority {priority}",
                 "advert_int 1", *lines, f"virtual_ipaddress {{\n    {address}/32\n}}") + "\n"


OFF, ON = (step("the link goes", ("ip", "link set eth0 down"), quiet=5), step("the link returns", ("ip", "link set eth0 up"),
         quiet=6))
WHOLE = dict(part="all", prepare=LINK, unordered=True, servers=PAIR)
ROUTER = 'notify "@DIR@/note router"'

scenario("an instance with its service", notes(lines=("notify_fifo @DIR@/fifo",)).replace("lvs_notify_fifo @DIR@/fifo", "") +
         instance("VI_1", 33, ROUTER) + noted(SORRY), step("MASTER", quiet=5), down("one"), OFF, ON, up("one"),
         dump=True, known=("^leftovers",), **WHOLE)
scenario("ha_suspend follows an instance", notes() + instance("VI_1", 33, ROUTER) + noted("ha_suspend", SORRY),
         step("MASTER", quiet=5), down("one"), OFF, up("one"), ON, down("two"), dump=True, **WHOLE)
scenario("ha_suspend of two services and a group", notes() + instance() + instance("VI_2", 34, address="10.1.0.202") +
         group("10.1.0.204-205 80") + noted("ha_suspend") + noted(head="group G") + noted("ha_suspend", head="10.1.0.202 80"),
         step("MASTER", quiet=5), OFF, down("one"), ON, up("one"), dump=True, **WHOLE)
scenario("ha_suspend and a reload as BACKUP", notes() + instance() + noted("ha_suspend"), step("MASTER", quiet=5), OFF,
         down("one"), reload(notes() + instance() + noted("ha_suspend", "quorum 3"), quiet=5), ON, dump=True,
         ignore=(r"^\(VI_1\): entering FAULT",), **WHOLE)
scenario("a priority that follows a file of the checkers", notes() + block("track_file F", 'file "@DIR@/value"', "weight 1") +
         "\n" + instance("VI_1", 33, ROUTER, "track_file {\n    F weight 1\n}") +
         noted(servers=[told(1, "weight 5", check=block("FILE_CHECK", "track_file F")), told(2)]), step("MASTER", quiet=5),
         step("3", ("write", "value", "3\n"), quiet=4), step("-20", ("write", "value", "-20\n"), quiet=4),
         dump=True, **WHOLE)
for option in ("-I", "-V", "-P", "-C"):
    scenario(f"the whole daemon with {option}", notes() + instance("VI_1", 33, ROUTER) + noted(SORRY), step("MASTER", quiet=5),
             down("one"), options=(option,), **WHOLE)
scenario("LVS in a file with -P", notes() + instance("VI_1", 33, ROUTER) + noted(SORRY), step("MASTER", quiet=5), down("one"),
         reload(notes() + instance("VI_1", 33, ROUTER) + noted(SORRY, "quorum 9"), quiet=5),
         **{**WHOLE, "part": "vrrp"})
scenario("routers in a file with -C", notes() + instance("VI_1", 33, ROUTER) + noted(SORRY), step("nothing", quiet=5),
         down("one"), **{**WHOLE, "part": "check"})
scenario("routers come with a reload", notes() + noted(), reload(notes() + instance("VI_1", 33, ROUTER) + noted(), quiet=6),
         down("one"), reload(notes() + noted(), quiet=4), dump=True, **WHOLE)
scenario("services come with a reload", notes() + instance("VI_1", 33, ROUTER), step("MASTER", quiet=5),
         reload(notes() + instance("VI_1", 33, ROUTER) + noted(SORRY), quiet=4), down("one"),
         reload(notes() + instance("VI_1", 33, ROUTER), quiet=4), **WHOLE)
scenario("nothing at all, then everything", globals_(), reload(notes() + instance("VI_1", 33, ROUTER) + noted(), quiet=6),
         reload(globals_(), quiet=4), **WHOLE)
for name, number in (("SIGINT", signal.SIGINT), ("SIGTERM", signal.SIGTERM)):
    scenario(f"the whole daemon ended by {name}", notes() + instance("VI_1", 33, ROUTER) + noted("omega"),
             step("MASTER", quiet=5), step(name, ("signal", number), quiet=4),
             known=("2 SIG.*: notes",), **WHOLE)
scenario("signals to the checkers and the routers", notes() + instance("VI_1", 33, ROUTER) + noted(), step("MASTER", quiet=5),
         step("SIGHUP to the checkers", ("signal_file", "checkers", signal.SIGHUP), quiet=4), down("one"),
         step("SIGHUP to the routers", ("signal_file", "vrrp", signal.SIGHUP), quiet=4),
         step("SIGUSR2", ("signal", signal.SIGUSR2)), ignore=("^Reinitializing",), **WHOLE)
scenario("fifos of each and of all", globals_("notify_fifo @DIR@/fifo", "lvs_notify_fifo @DIR@/lvs",
         "vrrp_notify_fifo @DIR@/vrrp") + instance("VI_1", 33, ROUTER) + noted(), step("MASTER", quiet=5), down("one"), OFF,
         **WHOLE)
scenario("a fifo of all with a script", globals_("notify_fifo @DIR@/fifo", 'notify_fifo_script "@DIR@/note fifo script"') +
         instance("VI_1", 33, ROUTER) + noted(), step("MASTER", quiet=5), down("one"),
         ignore=("fifo script terminated",), known=("^leftovers",), **WHOLE)
scenario("sync daemons and two instances", globals_("lvs_sync_daemon eth0 inst VI_2 id 7") + instance() +
         instance("VI_2", 34, "track_file {\n    F\n}", address="10.1.0.202").join((block("track_file F", 'file "@DIR@/value"',
         "weight 0") + "\n", "")) + plain(),
         step("MASTER", quiet=5), step("VI_2 in FAULT", ("write", "value", "1\n"), quiet=4),
         step("VI_2 again", ("write", "value", "0\n"), quiet=6), reload(globals_("lvs_sync_daemon eth0 inst VI_1") + instance() +
         plain(), quiet=5),
         looks=("-Sn", "-L --daemon"), ignore=("^Reinitializing",),
         known=("4 reload: ipvsadm -L", "stop: ipvsadm -L"), **WHOLE)
scenario("lvs_sync_daemon_interface of an instance", globals_() + instance("VI_1", 33, "lvs_sync_daemon_interface eth0") +
         plain(), step("MASTER", quiet=5), OFF, ON, looks=("-Sn", "-L --daemon"), **WHOLE)
scenario("lvs_flush and an instance", globals_("lvs_flush", "lvs_flush_on_stop", "lvs_timeouts tcp 77") + instance() + plain() +
         service(head=f"{VIP} 81", servers=unchecked()), step("MASTER", quiet=5),
         before=(("ipvsadm", "-A -t 10.1.0.250:80 -s rr"),), looks=("-Sn", "-L --timeout"), **WHOLE)
scenario("mails of both", notes(mail=True) + instance("VI_1", 33, ROUTER) + noted("omega"), step("MASTER", quiet=5), down("one"),
         OFF, ON, known=("^stop: mails",), **WHOLE)
