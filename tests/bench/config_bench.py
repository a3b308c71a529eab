#!/usr/bin/python3
"""Reading a configuration, side by side with keepalived: `-t` on generated files of growing size.

    ./dev bench config [--quick] [--only SHAPE[,SHAPE]] [--runs N] [--json FILE]

Both programs read the same file, in turns, in a network namespace of their own. Each run is one process; its wall
time, its processor time (user and system) and its largest resident memory come from wait4(2), its children included.
The least of the runs counts for time, the largest for memory. "exponent" is the slope between this size and the one
before it on a doubly logarithmic scale: 1.0 is linear. What the program costs without any configuration is printed
first, and is not taken off anything.

HOLDFAST and REFERENCE name the programs. The reference is not asked again about a shape once a run took longer than
LIMIT seconds; its column then says so.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 20.0


# --- files ------------------------------------------------------------------------------------------------------


def virtual_servers(services, servers, lines_each):
    """`lines_each`: the shape of a real server, about that many lines."""
    out = ["global_defs {\n    router_id bench\n}\n"]
    for s in range(services):
        out.append(
            f"virtual_server 10.{s >> 8 & 255}.{s & 255}.1 80 {{\n"
            "    delay_loop 10\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n"
        )
        for r in range(servers):
            address = f"172.{16 + (r >> 16 & 15)}.{r >> 8 & 255}.{r & 255}"
            if lines_each == 9:
                out.append(
                    f"    real_server {address} {8080 + (s & 1023)} {{\n        weight 1\n"
                    "        TCP_CHECK {\n            connect_timeout 3\n            retry 2\n"
                    "            delay_before_retry 2\n        }\n    }\n"
                )
            else:
                out.append(
                    f"    real_server {address} 8080 {{\n        weight 1\n"
                    "        TCP_CHECK {\n            connect_timeout 3\n        }\n    }\n"
                )
        out.append("}\n")
    return "".join(out)


def instances(count):
    out = ["global_defs {\n    router_id bench\n    dynamic_interfaces\n}\n"]
    for i in range(count):
        out.append(
            f"vrrp_instance VI_{i} {{\n    state BACKUP\n    interface bench{i // 255}\n"
            f"    virtual_router_id {i % 255 + 1}\n    priority 100\n    advert_int 1\n"
            f"    virtual_ipaddress {{\n        10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}/32\n    }}\n}}\n"
        )
    return "".join(out)


def tracked_instances(count):
    """Instances in pairs of sync groups, each with a script, an interface and a process to follow."""
    out = ["global_defs {\n    router_id bench\n    dynamic_interfaces\n    enable_script_security\n    script_user root\n}\n"]
    for i in range(count // 4):
        out.append(f"vrrp_script check_{i} {{\n    script /bin/true\n    interval 2\n}}\n")
    for i in range(0, count, 2):
        out.append(f"vrrp_sync_group G_{i} {{\n    group {{\n        VI_{i}\n        VI_{i + 1}\n    }}\n}}\n")
    for i in range(count):
        out.append(
            f"vrrp_instance VI_{i} {{\n    interface bench{i // 255}\n"
            f"    virtual_router_id {i % 255 + 1}\n    priority 100\n"
            f"    track_script {{\n        check_{i // 4}\n    }}\n    track_interface {{\n        lan{i % 7}\n    }}\n"
            f"    virtual_ipaddress {{\n        10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}/32\n    }}\n}}\n"
        )
    return "".join(out)


# Shape: title, sizes, text of a size.
SHAPES = {
    "small": ("1 instance", [1], instances),
    "services10": ("N virtual servers x 10 real servers", [125, 250, 500, 1000, 2000, 4000, 8000],
                   lambda n: virtual_servers(n, 10, 9)),
    "services100": ("N virtual servers x 100 real servers", [25, 50, 100, 200], lambda n: virtual_servers(n, 100, 9)),
    "services1000": ("N virtual servers x 1000 real servers", [12, 25, 50, 100],
                     lambda n: virtual_servers(n, 1000, 9)),
    "large": ("N virtual servers x 16 real servers (2284: 300 000 lines)", [286, 571, 1142, 2284],
              lambda n: virtual_servers(n, 16, 9)),
    "one": ("1 virtual server x N real servers", [2000, 4000, 8000, 16000], lambda n: virtual_servers(1, n, 9)),
    "vrrp": ("N vrrp_instances", [500, 1000, 2000, 4000, 8000, 16000, 32000], instances),
    "tracked": ("N vrrp_instances with scripts, interfaces and sync groups", [500, 1000, 2000, 4000],
                tracked_instances),
}
QUICK = 4  # Sizes of a shape with --quick, from the smallest.


# --- runs -------------------------------------------------------------------------------------------------------


# A child starts with the memory of its parent, and Linux counts that as its peak; so the parent has to be small.
MEASURE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec * 1e-6; }
int main(int count, char** arguments) {
    struct timespec began, ended;
    struct rusage used;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &began);
    pid_t child = count > 1 ? vfork() : -1;
    if (child == 0) {
        int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, 0), dup2(nothing, 1), dup2(nothing, 2);
        execv(arguments[1], arguments + 1);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0) return 1;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%.6f %.6f %ld %d\n", (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) * 1e-9,
           seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return 0;
}
"""


def build_measure(folder):
    source = folder / "measure.c"
    source.write_text(MEASURE)
    subprocess.run(["gcc", "-O1", "-o", str(folder / "measure"), str(source)], check=True)
    return str(folder / "measure")


def run_once(measure, program, arguments):
    """(wall s, processor s, peak KiB, exit status) of one run."""
    done = subprocess.run([measure, program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True)
    wall, processor, memory, status = done.stdout.split()
    return float(wall), float(processor), int(memory), int(status)


class Column:
    """One program on one shape."""

    def __init__(self, program):
        self.program = program
        self.stopped = False
        self.points = []  # (size, wall, cpu, KiB, exit status)

    def measure(self, size, samples):
        if samples:
            self.points.append((size, min(s[0] for s in samples), min(s[1] for s in samples),
                                max(s[2] for s in samples), samples[0][3]))
        else:
            self.points.append(None)

    def exponent(self):
        if len(self.points) < 2 or self.points[-1] is None or self.points[-2] is None:
            return None
        (small, _, cpu_small, *_), (large, _, cpu_large, *_) = self.points[-2], self.points[-1]
        if cpu_small <= 0 or large == small:
            return None
        return math.log(cpu_large / cpu_small) / math.log(large / small)


def describe(point, exponent):
    if point is None:
        return f"{'over ' + str(int(LIMIT)) + ' s':>35}"
    _, wall, cpu, memory, _ = point
    shown = f"{exponent:5.2f}" if exponent is not None else "    -"
    return f"{wall * 1e3:9.1f} {cpu * 1e3:9.1f} {memory / 1024:8.1f} {shown}"


def bench(shape, ours, reference, runs, folder, quick, measure):
    title, sizes, generate = SHAPES[shape]
    columns = [Column(ours), Column(reference)]
    print(f"\n{title}   [{shape}]")
    print(f"{'N':>7} {'MB':>6}  |{'holdfast: wall ms    cpu ms   RSS MB   exp':>42}  |"
          f"{'reference: wall ms   cpu ms   RSS MB   exp':>42}  |  cpu   RSS  ours/reference")
    results = []
    for size in sizes[:QUICK] if quick else sizes:
        path = folder / f"{shape}-{size}.conf"
        path.write_text(generate(size))
        samples = [[], []]
        for _ in range(runs):
            for column, taken in zip(columns, samples):
                if column.stopped:
                    continue
                sample = run_once(measure, column.program, ["-t", "-f", str(path)])
                taken.append(sample)
                column.stopped = sample[0] > LIMIT
        for column, taken in zip(columns, samples):
            column.measure(size, taken)
        mine, theirs = columns[0].points[-1], columns[1].points[-1]
        text = f"{size:>7} {path.stat().st_size / 1e6:6.2f}  | {describe(mine, columns[0].exponent()):>41}  | "
        text += f"{describe(theirs, columns[1].exponent()):>41}  |"
        ratios = None
        if mine and theirs:
            ratios = (mine[2] / theirs[2], mine[3] / theirs[3])
            text += f" {ratios[0]:5.3f} {ratios[1]:5.2f}"
            if mine[4] != theirs[4]:
                text += f"  exit {mine[4]} against {theirs[4]}"
        print(text, flush=True)
        results.append({"shape": shape, "size": size, "ours": mine, "reference": theirs, "ratios": ratios})
        path.unlink()
    return results


def main():
    parser = argparse.ArgumentParser(description="-t on generated files, side by side with keepalived")
    parser.add_argument("--only", default=",".join(SHAPES), help="shapes, separated by commas: " + ", ".join(SHAPES))
    parser.add_argument("--runs", type=int, default=3, help="runs of each program per file")
    parser.add_argument("--quick", action="store_true", help="only the smaller sizes")
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    unknown = [shape for shape in options.only.split(",") if shape not in SHAPES]
    if unknown:
        parser.error(f"no shape {', '.join(unknown)}")

    if os.environ.get("CONFIG_BENCH_NAMESPACE") != "1":
        # Interfaces of the machine would be seen by -t; and nothing here may be seen by the machine.
        os.environ["CONFIG_BENCH_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, __file__, *sys.argv[1:]])

    ours = os.environ.get("HOLDFAST", str(ROOT / "build/release/bin/holdfast"))
    reference = os.environ.get("REFERENCE", "/usr/sbin/keepalived")
    for program in (ours, reference):
        if not os.access(program, os.X_OK):
            sys.exit(f"config_bench: there is no program {program}")
    print(f"holdfast:  {ours}\nreference: {reference}")
    with tempfile.TemporaryDirectory(prefix="config-bench-") as folder:
        results = []
        measure = build_measure(Path(folder))
        for shape in options.only.split(","):
            results += bench(shape, ours, reference, options.runs, Path(folder), options.quick, measure)
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
