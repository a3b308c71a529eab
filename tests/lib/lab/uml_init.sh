#!/bin/sh
# First process of a user-mode-linux guest (see uml.py). SHARED comes from the kernel's command line.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run LANG=C.UTF-8

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/out /run/tmp /run/lock /run/modules/lib/modules
chmod 1777 /run/tmp
export TMPDIR=/run/tmp
mount -t hostfs none /run/out -o "$SHARED"
[ -c /dev/null ] || mount -t devtmpfs dev /dev

# The modules of this kernel lie outside /lib/modules. The kernel itself loads more through the wrapper.
ln -s "/usr/lib/uml/modules/$(uname -r)" "/run/modules/lib/modules/$(uname -r)"
printf '#!/bin/sh\nexec /sbin/modprobe -d /run/modules "$@"\n' > /run/modprobe
chmod 755 /run/modprobe
echo /run/modprobe > /proc/sys/kernel/modprobe
/run/modprobe -a -q ipv6 af_packet bridge veth dummy macvlan ip_tables iptable_mangle iptable_filter xt_mark xt_MARK \
    ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_sh ip_vs_dh ip_vs_mh ip_vs_sed ip_vs_nq ip_vs_fo ip_vs_ovf \
    ip_vs_lblc ip_vs_lblcr 2>/dev/null

# Without an interface that is up, adding real servers fails with EINVAL.
ip link set lo up

cd /
echo "guest: begin"
/bin/sh /run/out/guest-command
echo $? > /run/out/guest-status.new
echo "guest: end"
mv /run/out/guest-status.new /run/out/guest-status
sync
# LINUX_REBOOT_CMD_POWER_OFF. There is no halt program on a Debian without an init system.
/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321FEDC)'
